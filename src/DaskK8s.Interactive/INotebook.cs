namespace DaskK8s.Interactive;

/// <summary>The notebook that cards are shown in: what a host has to offer, and all that this package asks of one.</summary>
/// <remarks><c>extension.dib</c> implements it for .NET Interactive; another host needs these three members.</remarks>
public interface INotebook
{
    /// <summary>Gets what stands for the cell that runs now, in the flow of the caller.</summary>
    /// <value>Any object that is the same for as long as the cell runs and different for another cell; null where no cell runs.</value>
    object? CurrentCell { get; }

    /// <summary>Makes values of a type appear as a view says.</summary>
    /// <param name="view">The view.</param>
    void Register(NotebookView view);

    /// <summary>Shows a value below the cell that runs now.</summary>
    /// <param name="value">The value, of a type that was registered.</param>
    /// <returns>Shows another value in the place of the first.</returns>
    Action<object> Display(object value);
}
