using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Answers access reviews, which determine what a user is allowed to do.</summary>
internal sealed class Reviews(Authorizer authorizer)
{
    public async Task HandleAsync(HttpContext context, RequestInfo info, RequestUser user)
    {
        if (info.Verb != "create")
        {
            throw ApiException.MethodNotAllowed(info.Type);
        }

        JsonObject review = RequestBody.Object(await RequestBody.BytesAsync(context).ConfigureAwait(false), context.Request.ContentType);
        review["kind"] = info.Type.Kind;
        review["apiVersion"] = info.Type.ApiVersion;
        review.Child("metadata")["creationTimestamp"] = null;
        review["status"] = Status(info.Type, review, user);
        await Respond.JsonAsync(context, 201, review).ConfigureAwait(false);
    }

    private JsonObject Status(ResourceType type, JsonObject review, RequestUser user)
    {
        if (type == ResourceTypes.SelfSubjectRulesReviews)
        {
            string home = review.Text("spec", "namespace") is { Length: > 0 } given ? given : throw ApiException.BadRequest("no namespace on request");
            JsonArray rules = user.IsMaster
                ? [new JsonObject { ["verbs"] = new JsonArray("*"), ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*") }]
                : [.. authorizer.RulesOf(user, home).Select(rule => rule.DeepClone())];
            return new JsonObject { ["resourceRules"] = rules, ["nonResourceRules"] = new JsonArray(), ["incomplete"] = false };
        }

        if (type == ResourceTypes.SelfSubjectReviews)
        {
            return new JsonObject { ["userInfo"] = new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. user.Groups.Select(group => (JsonNode)group)]) } };
        }

        RequestUser subject = type == ResourceTypes.SubjectAccessReviews
            ? new RequestUser(review.Text("spec", "user") ?? string.Empty, [.. (review.At("spec", "groups") as JsonArray)?.Select(group => group.Text() ?? string.Empty) ?? []])
            : user;
        if (review.At("spec", "resourceAttributes") is JsonObject asked)
        {
            string resource = asked.Text("resource") ?? string.Empty;
            if (asked.Text("subresource") is { Length: > 0 } subresource)
            {
                resource = $"{resource}/{subresource}";
            }

            return Answer(authorizer.Allows(subject, asked.Text("verb") ?? string.Empty, asked.Text("group") ?? string.Empty, resource, asked.Text("namespace") ?? string.Empty, asked.Text("name") ?? string.Empty));
        }

        return review.Text("spec", "nonResourceAttributes", "path") is { } path
            ? Answer(Authorizer.AllowsPath(subject, path))
            : throw ApiException.BadRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified");
    }

    private static JsonObject Answer(bool allowed) => allowed ? new JsonObject { ["allowed"] = true } : new JsonObject { ["allowed"] = false };
}
