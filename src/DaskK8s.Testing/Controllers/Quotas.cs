using System.Globalization;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Enforces ResourceQuotas on new pods.</summary>
internal sealed class Quotas(ObjectStore store)
{
    public void Demand(ObjectKey pod, JsonObject value)
    {
        foreach (StoredObject quota in store.List(ResourceTypes.ResourceQuotas, pod.Namespace).Items)
        {
            List<string> asked = [];
            List<string> used = [];
            List<string> limited = [];
            foreach ((string resource, string hard) in quota.Value.Map("spec", "hard"))
            {
                decimal mine = AmountOf(value, resource);
                decimal sum = store.List(ResourceTypes.Pods, pod.Namespace).Items.Where(item => PodState.IsActive(item.Value)).Sum(item => AmountOf(item.Value, resource));
                if (mine > 0 && sum + mine > Quantity.Parse(hard))
                {
                    asked.Add($"{resource}={Show(mine)}");
                    used.Add($"{resource}={Show(sum)}");
                    limited.Add($"{resource}={hard}");
                }
            }

            if (asked.Count > 0)
            {
                throw ApiException.Forbidden(pod, $"exceeded quota: {quota.Key.Name}, requested: {string.Join(',', asked)}, used: {string.Join(',', used)}, limited: {string.Join(',', limited)}");
            }
        }
    }

    private static decimal AmountOf(JsonObject pod, string resource)
    {
        if (resource is "pods" or "count/pods")
        {
            return 1;
        }

        (string side, string name) = resource.Split('.', 2) switch
        {
            ["limits" or "requests", var rest] => (resource.Split('.', 2)[0], rest),
            _ => ("requests", resource),
        };
        return pod.Objects("spec", "containers").Sum(container => Quantity.Parse(container.Text("resources", side, name) ?? (side == "requests" ? container.Text("resources", "limits", name) : null)));
    }

    private static string Show(decimal amount) => Quantity.TryCanonical(amount.ToString(CultureInfo.InvariantCulture)) ?? "0";
}
