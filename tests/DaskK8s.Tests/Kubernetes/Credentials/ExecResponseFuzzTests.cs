using DaskK8s.Kubernetes.Credentials;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Kubernetes.Credentials;

/// <summary>Any output of a credential helper is either credentials or the one error, whose text shows none of it.</summary>
public sealed class ExecResponseFuzzTests
{
    private const string ApiVersion = "client.authentication.k8s.io/v1";
    private const long MaxAllocated = 64 << 20;

    private static readonly string[] Outputs =
    [
        """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"S3CR3T","expirationTimestamp":"2026-12-01T8:00:00.5Z"}}""",
        """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false},"status":{"clientCertificateData":"S3CR3T","clientKeyData":"S3CR3T"}}""",
        "apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: &t S3CR3T\n  clientKeyData: *t\n  clientCertificateData: |\n    S3CR3T\n",
    ];

    private static readonly string[] Pieces =
    [
        "\"", "\\", "\\ud800", "\\u0000", "{", "}", "[", "]", ",", ":", "null", "true", "7", "1e999", "\n", "\t", "- ", "*t", "&a ", "!!binary ", "|\n", "---\n", "\ufeff", "\ud800", "\"KIND\":\"ExecCredential\",", "\"status\":{}", "[[[[[[[[",
    ];

    [Fact]
    public void Read_MutatedOutput_IsCredentialsOrTheOneError()
    {
        int read = 0;
        foreach (Random random in Fuzz.Rounds(20261203, 30_000))
        {
            string output = Fuzz.Mutate(Outputs[random.Next(Outputs.Length)], Pieces, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ExecResponse response = ExecResponse.Read(output, ApiVersion, static what => new KubeCredentialException(what));
                read++;
                (response.Token ?? response.CertificatePem).Should().NotBeNullOrEmpty();
            }
            catch (KubeCredentialException e)
            {
                e.ToString().Should().NotContain("S3CR3T");
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxAllocated);
        }

        read.Should().BePositive();
    }
}
