namespace DaskK8s.Helm.Values;

/// <summary>An image in the chart's form, <c>repository:tag</c>.</summary>
internal sealed record ImageReference(string Repository, string Tag)
{
    /// <summary>Parses an image's name.</summary>
    /// <param name="image">The name, with a tag or a digest.</param>
    /// <returns>Both parts; a digest is split at its own colon, so that the chart joins it correctly.</returns>
    /// <exception cref="ArgumentException">There is no tag or digest, or a part is empty.</exception>
    public static ImageReference Parse(string image)
    {
        // A colon before the last slash belongs to a port.
        int colon = image.LastIndexOf(':');
        if (colon <= 0 || colon == image.Length - 1 || colon < image.LastIndexOf('/') || image.Any(char.IsWhiteSpace))
        {
            throw new ArgumentException($"Image '{image}' needs a tag or a digest, as in 'daskdev/dask:2024.12.1': without one the chart would take the default group's tag.", nameof(image));
        }

        return new ImageReference(image[..colon], image[(colon + 1)..]);
    }
}
