using System.Collections.Concurrent;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;

namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>A home directory and an environment of a test's own, so that neither the machine's nor another test's matter.</summary>
internal sealed class KubeConfigTestHome : IDisposable
{
    public KubeConfigTestHome()
    {
        Directory.CreateDirectory(Root);
        Variables["HOME"] = Root;
        Variables["PATH"] = Environment.GetEnvironmentVariable("PATH")!;
    }

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"daskk8s-{Guid.NewGuid():N}");

    public ConcurrentDictionary<string, string> Variables { get; } = new();

    public KubeConfigEnvironment Surroundings => new(name => Variables.GetValueOrDefault(name), Path.Combine(Root, "serviceaccount")) { HasTerminal = HasTerminal };

    public bool HasTerminal { get; set; }

    public KubeConfigOptions Options => new() { Environment = Surroundings };

    public string Write(string name, string content)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Writes a program of the shell.</summary>
    public string WriteProgram(string name, string script)
    {
        string path = Write(name, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>Writes <c>~/.kube/config</c> with one context.</summary>
    public string WriteConfig(string cluster, string user, string contextExtra = "") => Write(".kube/config", Config(cluster, user, contextExtra));

    /// <summary>Writes a kubeconfig of one context named <c>test</c>; the arguments are flow maps' contents.</summary>
    public static string Config(string cluster, string user, string contextExtra = "") =>
        $$"""
        apiVersion: v1
        kind: Config
        current-context: test
        contexts:
        - name: test
          context: {cluster: here, user: me{{(contextExtra.Length > 0 ? ", " + contextExtra : "")}}}
        clusters:
        - name: here
          cluster: { {{cluster}} }
        users:
        - name: me
          user: { {{user}} }
        """;

    public Task<KubeConnection> OpenAsync() => KubeConnectionFactory.OpenAsync(Options, TestContext.Current.CancellationToken);

    public void InCluster(Uri server, string token, string? authority, string @namespace)
    {
        Variables["KUBERNETES_SERVICE_HOST"] = server.Host;
        Variables["KUBERNETES_SERVICE_PORT"] = $"{server.Port}";
        Write("serviceaccount/token", token);
        Write("serviceaccount/namespace", @namespace);
        if (authority is not null)
        {
            Write("serviceaccount/ca.crt", authority);
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
