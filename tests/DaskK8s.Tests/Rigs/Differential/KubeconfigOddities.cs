using System.Text;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>Makes kubeconfigs with odd entries, types, quotes and shapes. The same seed makes the same files.</summary>
internal sealed class KubeconfigOddities(Random random)
{
    private static readonly string[] Texts =
    [
        "plain", "\"quoted\"", "'single'", "\"\"", "''", "~", "null", "5", "\"5\"", "true", "yes", "\"yes\"", "0x10", "1e3", "2024-01-01", "a b", "a#b", "\"a\\tb\"", "'it''s'", "é", "!!str 5", "!x 5", "[a]", "{a: b}", "[]", ".inf", "=", "https://a:6443", "\"é\\u00e9\"",
        "|-\n        block", ">-\n        two\n        lines", "https://[::1]:6443/x", "\"\\n\"", "-1", "!!binary aGk=", "&a x", "plain", "plain", "\"quoted\"", "other",
    ];

    private static readonly string[] Flags = ["true", "false", "yes", "no", "on", "\"true\"", "1", "~", "True", "OFF", "maybe", "[]"];

    private static readonly string[] Data = ["YQ==", "\"YWI=\"", "YWJj", "~", "\"\"", "|\n        YWJj\n        YWJj\n", "\"YQ==\\n\"", "\"YW Jj\"", "YQ", "5", "[a]", "\"Y\\r\\nQ==\""];

    private static readonly string[] Lists = ["[a, b]", "[]", "~", "[~, a]", "[5]", "[\"5\"]", "a", "{a: b}", "[[a]]", "\n      - a\n      - \"b\"", "\n        - a", "[a]", "[x]"];

    private static readonly string[] TameTexts =
    [
        "plain", "\"quoted\"", "'single'", "\"\"", "''", "~", "null", "\"5\"", "\"yes\"", "2024-01-01", "a b", "a#b", "\"a\\tb\"", "'it''s'", "é", "!!str 5", "!x 5", "=", "https://a:6443", "|-\n        block", ">-\n        two\n        lines", "\"\\n\"", "!!binary aGk=", "a:b", "..", "1.2.3",
    ];

    private bool _isTame;

    /// <summary>Creates a kubeconfig.</summary>
    /// <param name="number">Its number, which makes the names of its entries its own; six digits wide, so that a letter taken out of one name makes no other file's.</param>
    /// <returns>The string.</returns>
    public string Next(int number)
    {
        _isTame = random.Next(4) != 0;
        StringBuilder text = new();
        text.Append(_isTame ? Pick("", "apiVersion: v1\nkind: Config\n", "kind: Config\n", "%YAML 1.1\n---\n", "---\n", "# note\n", "preferences: {colors: true}\n", "unknown: [1, 2]\n", "\ufeff") : Pick("", "", "", "apiVersion: v1\nkind: Config\n", "kind: Config\n", "apiVersion: v1\n", "apiVersion: v2\n", "kind: Secret\n", "%YAML 1.1\n---\n", "---\n", "# note\n", "preferences: {}\n", "preferences: {colors: true}\n", "preferences: ~\n", "Kind: x\n", "kInd: Config\n", "Kind: x\nkind: ~\n", "KIND: \"\"\n", "Kind: x\nkind: Config\n", "\u212aind: x\n", "apiversion: v2\n", "apiVer\u017fion: v1\n", "ApiVersion: [a]\n", "Clusters: x\n", "unknown: [1, 2]\n", "\ufeff"));
        if (random.Next(8) == 0)
        {
            text.Append("current-context: ").Append(_isTame ? "x" : Pick($"k{number:D6}-a", "~", "\"\"", "5", "x")).Append('\n');
        }

        Entries(text, number, "contexts", "context", Context);
        Entries(text, number, "clusters", "cluster", Cluster);
        Entries(text, number, "users", "user", User);
        string file = text.ToString();
        if (random.Next(_isTame ? 15 : 6) == 0 && file.Length > 0)
        {
            int at = random.Next(file.Length);
            file = file.Remove(at, Math.Min(file.Length - at, random.Next(0, 3))).Insert(at, Pick(" ", "\t", "\n", ":", "-", "#", "\"", "'", "{", "]", "\r", "&a ", "*a", "!", "...\n", "---\n"));
        }

        return random.Next(8) switch
        {
            0 => file.Replace("\n", "\r\n", StringComparison.Ordinal),
            1 => file.TrimEnd('\n'),
            2 => file + Pick("---\nother: document\n", "...\n", "... \n]\n", "# end", "---\n]", "\n\n"),
            _ => file,
        };
    }

    private void Entries(StringBuilder text, int number, string list, string entry, Func<string> content)
    {
        if (random.Next(6) == 0)
        {
            text.Append(_isTame ? Pick("", $"{list}:\n", $"{list}: ~\n", $"{list}: []\n") : Pick("", $"{list}:\n", $"{list}: ~\n", $"{list}: []\n", $"{list}: {{}}\n", $"{list}: [~]\n", $"{list}: x\n"));
            return;
        }

        text.Append(list).Append(":\n");
        for (int i = random.Next(1, 3); i > 0; i--)
        {
            string name = !_isTame && random.Next(20) == 0 ? Pick("~", "\"\"", $"k{number:D6}-a", $"\"k{number:D6}-\\x61\"", "[a]") : $"k{number:D6}-{"abc"[i]}";
            text.Append(random.Next(25) == 0 ? "- " : $"- name: {name}\n  ");
            text.Append(entry).Append(Pick(":\n", ":\n", ":\n", ": ~\n", ": {}\n", ":\n", ":\n", ":\n"));
            if (text[^2] != ':')
            {
                continue;
            }

            for (int fields = random.Next(1, 5); fields > 0; fields--)
            {
                text.Append("    ").Append(content()).Append('\n');
            }
        }
    }

    private string Context() => _isTame
        ? Pick("cluster: ", "user: ", "namespace: ", "Cluster: ") + Pick(TameTexts)
        : Pick("cluster: ", "user: ", "namespace: ", "cluster: ", "user: ", "Cluster: ", "extensions: ") + Pick(Texts);

    private string Cluster() => random.Next(4) switch
    {
        0 => Pick("insecure-skip-tls-verify: ", "disable-compression: ") + (_isTame ? Pick("true", "false", "yes", "no", "on", "~", "True", "OFF") : Pick(Flags)),
        1 => "certificate-authority-data: " + PickData(),
        2 => Pick("extensions: [{name: client.authentication.k8s.io/exec, extension: {a: 1.50, on: [~, 0x1f]}}]", "extensions: [{name: other, extension: 5}]", "extensions: []", "extensions: [{extension: x}]", _isTame ? "extensions: ~" : "extensions: [{name: 5}]", _isTame ? "extensions: [~]" : "extensions: x"),
        _ => Pick("server: ", "tls-server-name: ", "proxy-url: ", "server: ") + PickText(),
    };

    private string User() => random.Next(6) switch
    {
        0 => Pick("client-certificate-data: ", "client-key-data: ") + PickData(),
        1 => "as-groups: " + (_isTame ? Pick("[a, b]", "[]", "~", "[~, a]", "[\"5\"]", "\n      - a\n      - \"b\"", "[a]") : Pick(Lists)),
        2 => "as-user-extra: " + (_isTame ? Pick("{a: [b]}", "{a: [b, c], \"d/e\": [f]}", "{a: ~}", "~", "{5: [a]}", "{true: [x]}") : Pick("{a: [b]}", "{a: [b, c], \"d/e\": [f]}", "{a: ~}", "{a: b}", "~", "[]", "{5: [a]}", "{a: [5]}", "{true: [x]}")),
        3 => _isTame ? Pick("exec: {command: x}", "exec: ~", "exec: {}", "auth-provider: {name: oidc, config: {id-token: x}}", "exec: {command: ./x, args: [a, \"5\"], env: [{name: A, value: b}]}") : Pick("exec: {command: x}", "exec: {command: ./x, args: [a, \"5\"], env: [{name: A, value: b}]}", "exec: {command: x, args: [5]}", "exec: ~", "exec: {}", "auth-provider: {name: oidc, config: {id-token: x}}", "auth-provider: {name: gcp}", "auth-provider: {config: {a: 5}}", "exec: []"),
        _ => Pick("token: ", "username: ", "password: ", "as: ", "as-uid: ", "token: ", "impersonate: ") + PickText(),
    };

    private string PickText() => _isTame ? Pick(TameTexts) : Pick(Texts);

    private string PickData() => _isTame ? Pick("YQ==", "\"YWI=\"", "YWJj", "~", "\"\"", "|\n        YWJj\n        YWJj\n", "\"YQ==\\n\"") : Pick(Data);

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
