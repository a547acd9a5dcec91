using DaskK8s.Dask.Arrays;

namespace DaskK8s.Dask.Data;

/// <summary>A request for results: how workers must encode them.</summary>
/// <param name="Format">The format; null for msgpack.</param>
/// <param name="Target">The format's target.</param>
/// <param name="Large">Whether large arrays may be sent in pieces.</param>
/// <param name="Lazily">Whether Dask's collections are computed while they are read.</param>
internal sealed record ResultRequest(DaskFormat? Format, string? Target, bool Large, bool Lazily)
{
    /// <summary>Returns the request for results of a type.</summary>
    public static ResultRequest For(Type type, IReadOnlyList<DaskFormat> formats)
    {
        foreach (DaskFormat format in formats)
        {
            if (format.GetTarget(type) is { } target)
            {
                return new ResultRequest(format, target, false, IsStream(type));
            }
        }

        return new ResultRequest(null, null, type == typeof(object) || ArrayElement.IsArray(type), false);
    }

    /// <summary>Determines whether results of a type are streamed.</summary>
    public static bool IsStream(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);

    /// <summary>Adds the request to the arguments of a scheduler operation.</summary>
    public Dictionary<string, object?> Tell(Dictionary<string, object?> arguments)
    {
        if (Format is not null)
        {
            arguments["id"] = Format.Id;
            arguments["source"] = Format.Source;
            arguments["target"] = Target;
            arguments["lazily"] = Lazily;
        }

        return arguments;
    }
}
