namespace DaskK8s.Interactive.Tests.Browser;

/// <summary>Names what a reader's system asks for.</summary>
public enum Theme
{
    Light,
    Dark,
}
