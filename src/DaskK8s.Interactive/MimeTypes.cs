namespace DaskK8s.Interactive;

internal static class MimeTypes
{
    public const string Html = "text/html";

    public const string Text = "text/plain";
}
