using DaskK8s.Dask.Arrays;

namespace DaskK8s.Dask.Data;

/// <summary>What results are asked for: how workers encode them.</summary>
/// <param name="Format">The form; null for msgpack.</param>
/// <param name="Target">What the form makes.</param>
/// <param name="Large">Whether large arrays may come in pieces.</param>
internal sealed record ResultRequest(DaskFormat? Format, string? Target, bool Large)
{
    /// <summary>Returns how results of a type are asked for.</summary>
    public static ResultRequest For(Type type, IReadOnlyList<DaskFormat> formats)
    {
        foreach (DaskFormat format in formats)
        {
            if (format.GetTarget(type) is { } target)
            {
                return new ResultRequest(format, target, false);
            }
        }

        return new ResultRequest(null, null, type == typeof(object) || ArrayElement.IsArray(type));
    }

    /// <summary>Adds what the operations of the scheduler are told.</summary>
    public Dictionary<string, object?> Tell(Dictionary<string, object?> arguments)
    {
        if (Format is not null)
        {
            arguments["id"] = Format.Id;
            arguments["source"] = Format.Source;
            arguments["target"] = Target;
        }

        return arguments;
    }
}
