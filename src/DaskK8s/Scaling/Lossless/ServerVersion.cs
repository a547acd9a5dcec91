using System.Globalization;

using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Reads the API server's version, once.</summary>
internal sealed class ServerVersion(KubeRequests requests)
{
    private (int Major, int Minor, string Text)? _known;

    /// <summary>Gets the version: 1, 34, <c>v1.34.1</c>.</summary>
    public async Task<(int Major, int Minor, string Text)> ReadAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known)
        {
            return known;
        }

        VersionInfo version = await requests.RunAsync(
            new KubernetesApiCall("get", "version", "", ""), static (client, ct) => client.Version.GetCodeAsync(ct), cancellationToken).ConfigureAwait(false);
        (int, int, string) read = (Number(version.Major), Number(version.Minor), version.GitVersion);
        _known = read;
        return read;
    }

    /// <summary>Parses the leading digits of a number: some providers report a minor version of <c>21+</c>.</summary>
    private static int Number(string? text) =>
        int.TryParse(new string([.. (text ?? "").TakeWhile(char.IsAsciiDigit)]), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
