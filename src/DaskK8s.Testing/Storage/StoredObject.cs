using System.Text;
using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Storage;

/// <summary>One version of one object. Its tree does not change after it is stored.</summary>
internal sealed class StoredObject(ObjectKey key, JsonObject value, long version)
{
    private byte[]? _item;
    private byte[]? _whole;
    private Dictionary<string, string>? _labels;

    public ObjectKey Key { get; } = key;

    public JsonObject Value { get; } = value;

    public long Version { get; } = version;

    /// <summary>Gets the labels, which every list and every watch reads.</summary>
    public Dictionary<string, string> Labels => _labels ??= Value.Map("metadata", "labels");

    public string Uid => Value.Text("metadata", "uid") ?? string.Empty;

    public bool IsTerminating => Value.At("metadata", "deletionTimestamp") is not null;

    /// <summary>Gets the bytes of the object as a list item, which the real server writes without kind and apiVersion.</summary>
    public byte[] Item
    {
        get
        {
            if (_item is null)
            {
                JsonObject copy = Value.CloneObject();
                copy.Remove("kind");
                copy.Remove("apiVersion");
                _item = Json.ToUtf8(copy);
            }

            return _item;
        }
    }

    public byte[] Whole
    {
        get
        {
            if (_whole is null)
            {
                byte[] head = Encoding.UTF8.GetBytes($"{{\"kind\":\"{Key.Type.Kind}\",\"apiVersion\":\"{Key.Type.ApiVersion}\",");
                _whole = [.. head, .. Item.AsSpan(1)];
            }

            return _whole;
        }
    }
}
