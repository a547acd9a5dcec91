using System.Globalization;
using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Lets a parameter of type <see cref="TimeSpan"/> take <c>90s</c>, <c>10m</c>, <c>2h</c> and <c>1d</c>, as kubectl does.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AgeAttribute : ArgumentTransformationAttribute
{
    /// <summary>Reads such a text.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The text, or anything else, which passes untouched.</param>
    /// <returns>The age.</returns>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (data is not string { Length: > 1 } text
            || !double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            return inputData;
        }

        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => inputData,
        };
    }
}
