using System.Globalization;
using System.Text;

namespace TaxiTrips;

/// <summary>Draws the mean distance by the hour of the day, a bar for each group of workers that computed it.</summary>
internal static class HourPlot
{
    private const int Width = 760;
    private const int Height = 320;
    private const int Top = 50;
    private const int Bottom = Height - 40;
    private const int Left = 50;
    private const int Right = Width - 20;

    private static readonly string[] Colours = ["#1f77b4", "#ff7f0e", "#2ca02c"];

    public static string Draw(IReadOnlyDictionary<string, IReadOnlyList<DistanceByHour>> groups)
    {
        double most = Math.Ceiling(groups.Values.SelectMany(static rows => rows).Select(static row => row.Miles).DefaultIfEmpty().Max() + 0.01);
        double hourWidth = (Right - Left) / 24.0;
        double barWidth = hourWidth * 0.8 / groups.Count;
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (int i = 0; i <= 4; i++)
        {
            double y = Bottom - (i / 4.0 * (Bottom - Top));
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {y:0.#}H{Right}\" stroke=\"#eeeeee\"/><text x=\"{Left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{i / 4.0 * most:0.##}</text>\n");
        }

        foreach (((string name, IReadOnlyList<DistanceByHour> rows), int group) in groups.Select(static (g, i) => (g, i)))
        {
            string colour = Colours[group % Colours.Length];
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left + (group * 240)}\" y=\"14\" width=\"22\" height=\"10\" fill=\"{colour}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + 28 + (group * 240)}\" y=\"23\">{System.Net.WebUtility.HtmlEncode(name)}</text>\n");
            foreach (DistanceByHour row in rows)
            {
                double height = row.Miles / most * (Bottom - Top);
                double x = Left + ((row.Hour + 0.1) * hourWidth) + (group * barWidth);
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y=\"{Bottom - height:0.#}\" width=\"{barWidth:0.#}\" height=\"{height:0.#}\" fill=\"{colour}\"/>\n");
            }
        }

        for (int hour = 0; hour < 24; hour += 3)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + ((hour + 0.5) * hourWidth):0.#}\" y=\"{Bottom + 18}\" text-anchor=\"middle\">{hour}:00</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Top}V{Bottom}H{Right}\" fill=\"none\" stroke=\"black\"/>\n");
        return svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{Top - 10}\">Mean distance in miles by hour of the day</text>\n</svg>\n").ToString();
    }
}
