using System.Globalization;
using System.Text;

using DaskK8s;

namespace AdaptiveScalingSample;

/// <summary>Draws demand and pods over time, one panel for each group: the demand as an area, what was asked for and what is ready as lines.</summary>
internal static class TracePlot
{
    private const int Width = 760;
    private const int PanelHeight = 150;
    private const int PanelStep = PanelHeight + 70;
    private const int Top = 60;
    private const int Left = 50;
    private const int Right = Width - 20;
    private const string Demand = "#d9d9d9";
    private const string Replicas = "#1f77b4";
    private const string Ready = "#2ca02c";

    public static string Draw(IReadOnlyList<AdaptiveSample> trace)
    {
        string[] groups = [.. trace.Select(static s => s.WorkerGroup).Distinct()];
        DateTimeOffset start = trace.Min(static s => s.Time);
        double seconds = Math.Max(1, (trace.Max(static s => s.Time) - start).TotalSeconds);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Top + (groups.Length * PanelStep)}\" width=\"{Width}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        Legend(svg);
        for (int i = 0; i < groups.Length; i++)
        {
            AdaptiveSample[] samples = [.. trace.Where(s => s.WorkerGroup == groups[i])];
            Panel(svg, groups[i], samples, s => (s.Time - start).TotalSeconds / seconds, seconds, Top + (i * PanelStep));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Legend(StringBuilder svg)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left}\" y=\"12\" width=\"22\" height=\"10\" fill=\"{Demand}\"/><text x=\"{Left + 28}\" y=\"21\">pods that the work requires</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left + 215} 17h22\" stroke=\"{Replicas}\" stroke-width=\"2.5\"/><text x=\"{Left + 243}\" y=\"21\">replicas asked for</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left + 375} 17h22\" stroke=\"{Ready}\" stroke-width=\"2.5\" stroke-dasharray=\"5 3\"/><text x=\"{Left + 403}\" y=\"21\">pods ready</text>\n");
    }

    private static void Panel(StringBuilder svg, string group, AdaptiveSample[] samples, Func<AdaptiveSample, double> at, double seconds, int top)
    {
        int most = Math.Max(1, samples.Max(static s => Math.Max(s.Replicas, s.Demand)));
        int bottom = top + PanelHeight;
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{top - 10}\" font-weight=\"bold\">{group}</text>\n");
        string demand = Steps(samples, at, static s => s.Demand, most, bottom);
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{demand}V{bottom}H{Left}Z\" fill=\"{Demand}\"/>\n");
        for (int value = 0; value <= most; value += Step(most))
        {
            string y = FormattableString.Invariant($"{bottom - ((double)value / most * PanelHeight):0.#}");
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {y}H{Right}\" stroke=\"#eeeeee\"/><text x=\"{Left - 8}\" y=\"{y}\" dy=\"4\" text-anchor=\"end\">{value}</text>\n");
        }

        for (int second = 0; second <= seconds; second += Step((int)seconds))
        {
            string x = FormattableString.Invariant($"{Left + (second / seconds * (Right - Left)):0.#}");
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x} {bottom}v5\" stroke=\"black\"/><text x=\"{x}\" y=\"{bottom + 18}\" text-anchor=\"middle\">{second} s</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{Steps(samples, at, static s => s.Replicas, most, bottom)}\" fill=\"none\" stroke=\"{Replicas}\" stroke-width=\"2.5\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{Steps(samples, at, static s => s.Ready, most, bottom)}\" fill=\"none\" stroke=\"{Ready}\" stroke-width=\"2.5\" stroke-dasharray=\"5 3\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {top}V{bottom}H{Right}\" fill=\"none\" stroke=\"black\"/>\n");
    }

    /// <summary>Finds a round distance of at most eight marks.</summary>
    private static int Step(int most) => new[] { 1, 2, 5, 10, 20, 50, 100, 200, 500 }.FirstOrDefault(step => most / step <= 8, 1000);

    private static string Steps(AdaptiveSample[] samples, Func<AdaptiveSample, double> at, Func<AdaptiveSample, int> value, int most, int bottom)
    {
        StringBuilder path = new();
        foreach (AdaptiveSample sample in samples)
        {
            double x = Left + (at(sample) * (Right - Left));
            double y = bottom - ((double)value(sample) / most * PanelHeight);
            path.Append(path.Length == 0 ? FormattableString.Invariant($"M{Left} {y:0.#}H{x:0.#}") : FormattableString.Invariant($"H{x:0.#}V{y:0.#}"));
        }

        return path.ToString();
    }
}
