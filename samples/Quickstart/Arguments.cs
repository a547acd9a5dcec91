namespace Quickstart;

/// <summary>Holds the command line; all of it left out means the embedded cluster.</summary>
internal sealed record Arguments(string? Release, string? Namespace, string? Context)
{
    public const string Usage =
        "Usage: Quickstart [--release NAME [--namespace NAMESPACE] [--context CONTEXT]]\n" +
        "Without --release it starts an embedded cluster with a release of its own.";

    public static bool TryParse(string[] args, out Arguments arguments)
    {
        arguments = new Arguments(null, null, null);
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
            {
                return false;
            }

            string value = args[i + 1];
            switch (args[i])
            {
                case "--release":
                    arguments = arguments with { Release = value };
                    break;
                case "--namespace":
                    arguments = arguments with { Namespace = value };
                    break;
                case "--context":
                    arguments = arguments with { Context = value };
                    break;
                default:
                    return false;
            }
        }

        return arguments.Release is not null || arguments is { Namespace: null, Context: null };
    }
}
