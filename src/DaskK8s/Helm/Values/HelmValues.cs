using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s;

/// <summary>The values of a release: the user-supplied ones, and the result of merging them with the chart's defaults.</summary>
/// <remarks>
/// Reading by path reads the computed values, as the chart's templates receive them; <see cref="ToYaml"/> writes the user-supplied
/// ones, as a file for <c>helm upgrade --values</c>. Objects of this class are immutable. Kubernetes treats values as secrets, so
/// <see cref="ToString"/> does not include them.
/// </remarks>
public sealed partial class HelmValues
{
    private readonly Lazy<ValueNode.Map> _computed;

    internal HelmValues(ValueNode.Map defaults, ValueNode.Map config, string? prefix = null)
        : this(defaults, config, prefix is null ? [] : [prefix])
    {
    }

    internal HelmValues(ValueNode.Map defaults, ValueNode.Map config, IReadOnlyList<string> path)
    {
        Defaults = defaults;
        Config = config;
        Path = path;
        _computed = new Lazy<ValueNode.Map>(() => ValueMerge.Coalesce(defaults, config));
    }

    /// <summary>Gets an empty set of values.</summary>
    public static HelmValues Empty { get; } = new(ValueNode.Map.Empty, ValueNode.Map.Empty);

    /// <summary>Gets only the user-supplied values, as <c>helm get values</c> does.</summary>
    public HelmValues UserSupplied => Defaults.Count == 0 ? this : new HelmValues(ValueNode.Map.Empty, Config, Path);

    /// <summary>Gets the chart's defaults with the user's values merged over them, as <c>helm get values --all</c> does.</summary>
    /// <value>A user's null deletes the default; maps are merged; lists are replaced as a whole.</value>
    public HelmValues Computed => new(ValueNode.Map.Empty, _computed.Value, Path);

    /// <summary>Gets a value indicating whether there are no values.</summary>
    public bool IsEmpty => Defaults.Count == 0 && Config.Count == 0;

    /// <summary>Gets the converter from values to the types that callers request.</summary>
    internal static ValueConverter Converter { get; } = new(typeof(HelmValues), map => new HelmValues(ValueNode.Map.Empty, map));

    internal ValueNode.Map Defaults { get; }

    internal ValueNode.Map Config { get; }

    /// <summary>Gets the keys that lead to the Dask chart's values; none for the top level.</summary>
    internal IReadOnlyList<string> Path { get; }

    /// <summary>Gets the prefix of a path into the Dask chart's values, in the syntax of <see cref="Get{T}"/>.</summary>
    internal string PathPrefix => string.Concat(Path.Select(static key => ValuePath.Escape(key) + "."));

    /// <summary>Gets the Dask chart's own defaults.</summary>
    internal ValueNode.Map DaskDefaults => DaskValues.Select(Defaults, Path);

    /// <summary>Gets the Dask chart's own computed values.</summary>
    internal ValueNode.Map Dask => DaskValues.Select(_computed.Value, Path);

    /// <summary>Reads values from YAML (or JSON), as in a values file.</summary>
    /// <param name="text">The YAML; its comments are discarded.</param>
    /// <returns>The values, all of them user-supplied.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="HelmValuesException">The string is not YAML, has two documents with values, or is not a map. Line and column are set.</exception>
    /// <remarks>
    /// Reads YAML as Helm does: the last of duplicate keys wins, and a merge (<c>&lt;&lt;</c>) replaces the entries before
    /// it. Helm 3 reads only the first document of a file and Helm 4 merges all of them, so a second document with content is rejected.
    /// </remarks>
    public static HelmValues FromYaml(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return YamlReader.ReadSingle(text, "a second document begins. Helm 3 reads only the first, Helm 4 merges them all: put the values into one document") switch
            {
                null or ValueNode.Null => Empty,
                ValueNode.Map map => new HelmValues(ValueNode.Map.Empty, map),
                { } other => throw new HelmValuesException("values must be a map: 'key: value' lines.", other.Line, other.Column),
            };
        }
        catch (YamlSyntaxException e)
        {
            throw new HelmValuesException($"{e.Message}.", e.Line, e.Column);
        }
    }

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">
    /// A string, a number, a boolean, a list (<see cref="IReadOnlyList{T}"/>, an array), a map
    /// (<see cref="IReadOnlyDictionary{TKey, TValue}"/> with string keys), <see cref="HelmValues"/> for a subtree,
    /// <see cref="System.Text.Json.JsonElement"/> or <see cref="object"/> for anything.
    /// </typeparam>
    /// <param name="path">
    /// The path to the value, for example <c>worker.resources.limits.nvidia\.com/gpu</c> or <c>additional_worker_groups[0].name</c>:
    /// a backslash escapes dots and brackets in keys, as in <c>helm --set</c>.
    /// </param>
    /// <returns>The value; null if the value is null and the type allows it.</returns>
    /// <exception cref="ArgumentException">The path is malformed.</exception>
    /// <exception cref="HelmValuesException">There is no such value, or it is of another type.</exception>
    public T Get<T>(string path)
    {
        ValueNode node = ValuePath.Find(_computed.Value, path)
            ?? throw new HelmValuesException($"The release has no value '{path}'. Look at the chart's values for the spelling; dots in keys are escaped as '\\.'.", path);
        return Converter.TryConvert<T>(node, out T? value)
            ? value!
            : throw new HelmValuesException($"The value '{path}' is a {node.Kind}, which cannot be read as {typeof(T).Name}.", path);
    }

    /// <summary>Reads a value if it exists and has the type.</summary>
    /// <typeparam name="T">The type, as for <see cref="Get{T}"/>.</typeparam>
    /// <param name="path">The path to the value, as for <see cref="Get{T}"/>.</param>
    /// <param name="value">The value.</param>
    /// <returns>False if there is no such value, it is null, or it is of another type.</returns>
    /// <exception cref="ArgumentException">The path is malformed.</exception>
    public bool TryGet<T>(string path, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        return ValuePath.Find(_computed.Value, path) is { } node
            && Converter.TryConvert(node, out value)
            && value is not null;
    }

    /// <summary>Returns the user-supplied values as YAML that <see cref="FromYaml"/>, Helm and other parsers read alike.</summary>
    /// <returns>The YAML; <c>{}</c> and a line break if there are none.</returns>
    public string ToYaml() => YamlWriter.Write(Config);

    /// <summary>Returns the number of keys, without any values.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"HelmValues {{ UserSupplied = {Config.Count} keys, Computed = {_computed.Value.Count} keys }}");
}
