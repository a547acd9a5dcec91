using System.Collections;
using System.Management.Automation;
using System.Text.Json;

namespace DaskK8s.PowerShell;

/// <summary>Converts the library's plain data to PowerShell objects, and back.</summary>
internal static class PlainObjects
{
    /// <summary>Returns maps as objects with properties, so that paths and tables work.</summary>
    public static object? FromData(object? value)
    {
        switch (value)
        {
            case null or string or byte[]:
                return value;
            case IDictionary map:
                PSObject properties = new();
                foreach (DictionaryEntry entry in map)
                {
                    properties.Properties.Add(new PSNoteProperty(entry.Key.ToString(), FromData(entry.Value)), preValidated: true);
                }

                return properties;
            case IEnumerable list:
                return list.Cast<object?>().Select(FromData).ToArray();
            default:
                return value;
        }
    }

    /// <summary>Returns a row of a table as an object.</summary>
    /// <param name="names">The names of the properties, which must be unique.</param>
    /// <param name="values">Their values.</param>
    public static PSObject FromRow(string[] names, object?[] values)
    {
        PSObject properties = new(names.Length);
        for (int i = 0; i < names.Length; i++)
        {
            properties.Properties.Add(new PSNoteProperty(names[i], FromData(values[i])), preValidated: true);
        }

        return properties;
    }

    public static object? FromJson(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                PSObject properties = new();
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    properties.Properties.Add(new PSNoteProperty(property.Name, FromJson(property.Value)), preValidated: true);
                }

                return properties;
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(FromJson).ToArray();
            case JsonValueKind.String:
                return value.GetString();
            case JsonValueKind.Number:
                return value.TryGetInt64(out long whole) ? (object)whole : value.GetDouble();
            case JsonValueKind.True or JsonValueKind.False:
                return value.GetBoolean();
            default:
                return null;
        }
    }

    /// <summary>Converts a script's objects to JSON types, so that no PowerShell wrapper reaches the library.</summary>
    public static object? ToData(object? value) => value switch
    {
        PSObject { BaseObject: PSCustomObject } made => made.Properties.ToDictionary(static p => p.Name, static p => ToData(p.Value)),
        PSObject wrapped => ToData(wrapped.BaseObject),
        string or byte[] => value,
        IDictionary map => ToMap(map),
        IEnumerable list => list.Cast<object?>().Select(ToData).ToList(),
        _ => value,
    };

    public static Dictionary<string, object?> ToMap(IDictionary map) =>
        map.Cast<DictionaryEntry>().ToDictionary(static e => e.Key.ToString()!, static e => ToData(e.Value), StringComparer.Ordinal);

    public static Dictionary<string, double> ToNumbers(IDictionary map) =>
        map.Cast<DictionaryEntry>().ToDictionary(static e => e.Key.ToString()!, static e => LanguagePrimitives.ConvertTo<double>(e.Value), StringComparer.Ordinal);

    public static Dictionary<string, string> ToTexts(IDictionary map) =>
        map.Cast<DictionaryEntry>().ToDictionary(static e => e.Key.ToString()!, static e => LanguagePrimitives.ConvertTo<string>(e.Value), StringComparer.Ordinal);
}
