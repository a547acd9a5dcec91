using DaskK8s.Kubernetes.Config;

namespace DaskK8s.Tests.Kubernetes.Config;

/// <summary>The environment's proxy, by the rules of Go's <c>httpproxy</c>.</summary>
public sealed class KubeConfigProxyRulesTests
{
    [Theory]
    [InlineData("https://api.example:6443", "", "http://proxy:1")]
    [InlineData("https://localhost:6443", "", null)]
    [InlineData("https://127.0.0.5:6443", "", null)]
    [InlineData("https://[::1]:6443", "", null)]
    [InlineData("https://api.example:6443", "*", null)]
    [InlineData("https://api.example:6443", "example", null)]
    [InlineData("https://example:6443", "example", null)]
    [InlineData("https://example:6443", ".example", "http://proxy:1")]
    [InlineData("https://api.example:6443", ".example", null)]
    [InlineData("https://api.example:6443", "*.example", null)]
    [InlineData("https://apiexample:6443", "example", "http://proxy:1")]
    [InlineData("https://API.Example:6443", "other, api.EXAMPLE", null)]
    [InlineData("https://api.example:6443", "api.example:6443", null)]
    [InlineData("https://api.example:6443", "api.example:443", "http://proxy:1")]
    [InlineData("https://10.1.2.3:6443", "10.0.0.0/8", null)]
    [InlineData("https://11.1.2.3:6443", "10.0.0.0/8", "http://proxy:1")]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3", null)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:6443", null)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:443", "http://proxy:1")]
    [InlineData("https://[fd00::5]:6443", "fd00::/8", null)]
    [InlineData("https://[fd00::5]:6443", "[fd00::5]:6443", null)]
    [InlineData("http://api.example", "", null)]
    public void Find_NoProxy_FollowsGo(string server, string exceptions, string? expected)
    {
        (string Variable, string Address)? found = KubeConfigProxyRules.Find(new Uri(server), name => name switch
        {
            "HTTPS_PROXY" => "http://proxy:1",
            "no_proxy" => exceptions,
            _ => null,
        });

        (found?.Address).Should().Be(expected);
    }

    [Fact]
    public void Find_AddressWithoutScheme_IsHttp()
    {
        KubeConfigProxyRules.Find(new Uri("http://a"), name => name == "http_proxy" ? "proxy:3128" : null)
            .Should().Be(("HTTP_PROXY", "http://proxy:3128"));
    }
}
