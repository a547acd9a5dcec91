using System.Globalization;
using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Converts the argument of a parameter of type <see cref="TimeSpan"/>: <c>90s</c>, <c>10m</c>, <c>2h</c> and <c>1d</c>, as kubectl does.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AgeAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts a string to an age; a number without a unit is in seconds.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The string; any other value is returned unchanged.</param>
    /// <returns>The age.</returns>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        // PowerShell takes 90s and 1d for numbers of its types Int16 and Decimal; only what was typed still tells the unit.
        object data = inputData is PSObject wrapped && wrapped.BaseObject is not (short or decimal) ? wrapped.BaseObject : inputData;
        string? text = data is string or PSObject ? data.ToString() : null;
        if (text is { Length: > 1 }
            && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            switch (text[^1])
            {
                case 's':
                    return TimeSpan.FromSeconds(number);
                case 'm':
                    return TimeSpan.FromMinutes(number);
                case 'h':
                    return TimeSpan.FromHours(number);
                case 'd':
                    return TimeSpan.FromDays(number);
            }
        }

        return data is short or int or long or float or double or decimal
            ? TimeSpan.FromSeconds(Convert.ToDouble(data, CultureInfo.InvariantCulture))
            : inputData;
    }
}
