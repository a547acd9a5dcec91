using System.Text.Json.Nodes;

using DaskK8s.Scaling.Ownership;

namespace DaskK8s.Tests.Scaling.Ownership;

/// <summary>Asks for changes in the owner's name that are refused before anything is sent.</summary>
public sealed class OwnerApplyTests
{
    [Theory]
    [InlineData("apps/v1beta2", "helm", "Apply", "", "", "helm applied spec.replicas by apps/v1beta2")]
    [InlineData("apps/v1", "helm", "Apply", "scale", "", "by apps/v1 scale")]
    [InlineData("apps/v1", "kubectl", "Apply", "", "", "kubectl's last applied configuration would change")]
    [InlineData("apps/v1", "helm", "Update", "", "", "no manager owns spec.replicas by server-side apply")]
    [InlineData("apps/v1", "helm", "Apply", "", """{"manager":"new","operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV2","fieldsV2":{}}""", "cannot be understood")]
    [InlineData("apps/v1", "helm", "Apply", "", """{"manager":"hpa","operation":"Update","apiVersion":"apps/v1","subresource":"scale","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:replicas":{}}}}""", "several managers own spec.replicas: helm (Apply), hpa (Update)")]
    [InlineData("apps/v1", "helm", "Apply", "", """{"manager":"flux","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:replicas":{}}}}""", "several managers own spec.replicas: helm (Apply), flux (Apply)")]
    public async Task TryAsync_EntryThatIsNotCertain_SaysWhyAndSendsNothing(string version, string manager, string operation, string subresource, string other, string reason)
    {
        JsonObject live = Deployment("""{"f:spec":{"f:replicas":{}}}""");
        JsonNode entry = live["metadata"]!["managedFields"]![0]!;
        (entry["apiVersion"], entry["manager"], entry["operation"]) = (version, manager, operation);
        if (subresource.Length > 0)
        {
            entry["subresource"] = subresource;
        }

        if (other.Length > 0)
        {
            live["metadata"]!["managedFields"]!.AsArray().Add(JsonNode.Parse(other));
        }

        OwnerAttempt attempt = await new OwnerApply(null!).TryAsync(live, 3, TestContext.Current.CancellationToken);

        attempt.Accepted.Should().BeNull();
        attempt.Impossible.Should().Contain(reason);
    }

    [Theory]
    [InlineData("""{"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"gone\"}":{".":{},"f:image":{}}}}}}}""")]
    [InlineData("""{"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"w\"}":{"f:env":{"k:{\"name\":\"TWICE\"}":{".":{},"f:value":{}}}}}}}}}""")]
    [InlineData("""{"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"i:0":{}}}}}}""")]
    public async Task TryAsync_OwnedFieldNotFoundForCertain_SaysWhichAndSendsNothing(string fields)
    {
        OwnerAttempt attempt = await new OwnerApply(null!).TryAsync(Deployment(fields), 3, TestContext.Current.CancellationToken);

        attempt.Accepted.Should().BeNull();
        attempt.Impossible.Should().Contain("/f:spec/f:template/f:spec/f:containers/");
    }

    private static JsonObject Deployment(string fields) => (JsonObject)JsonNode.Parse($$"""
        {
          "apiVersion": "apps/v1", "kind": "Deployment",
          "metadata": {
            "name": "w", "namespace": "default", "uid": "u", "resourceVersion": "7",
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
            "managedFields": [ { "manager": "helm", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": {{fields}} } ]
          },
          "spec": { "replicas": 2, "template": { "spec": { "containers": [ { "name": "w", "env": [ { "name": "TWICE", "value": "a" }, { "name": "TWICE", "value": "b" } ] } ] } } }
        }
        """)!;
}
