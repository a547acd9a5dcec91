namespace DaskK8s.PowerShell;

/// <summary>Makes names of properties of the names of columns: they differ regardless of case, and none is PowerShell's own.</summary>
internal static class PropertyNames
{
    private static readonly string[] Reserved = ["psbase", "psadapted", "psextended", "psobject", "pstypenames"];

    public static string[] Of(IReadOnlyList<string> columns)
    {
        HashSet<string> taken = new(Reserved.Concat(columns), StringComparer.OrdinalIgnoreCase);
        HashSet<string> used = new(Reserved, StringComparer.OrdinalIgnoreCase);
        string[] names = new string[columns.Count];
        for (int i = 0; i < names.Length; i++)
        {
            string name = columns[i].Length == 0 ? "column" : columns[i];
            string free = name;
            // The name of another column is left to it.
            for (int number = 2; !used.Add(free); number++)
            {
                while (taken.Contains($"{name}_{number}"))
                {
                    number++;
                }

                free = $"{name}_{number}";
            }

            names[i] = free;
        }

        return names;
    }
}
