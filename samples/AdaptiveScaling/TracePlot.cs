using System.Globalization;
using System.Text;

using DaskK8s;

namespace AdaptiveScalingSample;

/// <summary>Draws demand and pods over time, one panel for each group.</summary>
internal static class TracePlot
{
    private const int Width = 760;
    private const int PanelHeight = 150;
    private const int Left = 40;

    public static string Draw(IReadOnlyList<AdaptiveSample> trace)
    {
        string[] groups = [.. trace.Select(static s => s.WorkerGroup).Distinct()];
        DateTimeOffset start = trace.Min(static s => s.Time);
        double seconds = Math.Max(1, (trace.Max(static s => s.Time) - start).TotalSeconds);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{(groups.Length * (PanelHeight + 40)) + 30}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (int i = 0; i < groups.Length; i++)
        {
            int top = 30 + (i * (PanelHeight + 40));
            AdaptiveSample[] samples = [.. trace.Where(s => s.WorkerGroup == groups[i])];
            int most = Math.Max(1, samples.Max(static s => Math.Max(s.Replicas, s.Demand)));
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{top - 8}\" font-weight=\"bold\">{groups[i]}</text>\n");
            Curve(svg, samples, static s => s.Demand, start, seconds, most, top, "#bbbbbb");
            Curve(svg, samples, static s => s.Replicas, start, seconds, most, top, "#1f77b4");
            Curve(svg, samples, static s => s.Ready, start, seconds, most, top, "#2ca02c");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"8\" y=\"{top + 10}\">{most}</text><text x=\"8\" y=\"{top + PanelHeight}\">0</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {top}V{top + PanelHeight}H{Width - 20}\" fill=\"none\" stroke=\"black\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width - 60}\" y=\"{top + PanelHeight + 16}\">{seconds:0} s</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width - 330}\" y=\"16\"><tspan fill=\"#999999\">demand</tspan>  <tspan fill=\"#1f77b4\" dx=\"12\">replicas asked for</tspan>  <tspan fill=\"#2ca02c\" dx=\"12\">pods ready</tspan></text>\n</svg>\n");
        return svg.ToString();
    }

    private static void Curve(
        StringBuilder svg, AdaptiveSample[] samples, Func<AdaptiveSample, int> value, DateTimeOffset start, double seconds, int most, int top, string colour)
    {
        svg.Append("<path d=\"");
        for (int i = 0; i < samples.Length; i++)
        {
            double x = Left + ((samples[i].Time - start).TotalSeconds / seconds * (Width - Left - 20));
            double y = top + PanelHeight - ((double)value(samples[i]) / most * PanelHeight);
            svg.Append(i == 0 ? FormattableString.Invariant($"M{x:0.#} {y:0.#}") : FormattableString.Invariant($"H{x:0.#}V{y:0.#}"));
        }

        svg.Append(CultureInfo.InvariantCulture, $"\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n");
    }
}
