namespace DaskK8s.Interactive;

/// <summary>The notebook in which cards are shown: the only interface that a host has to implement.</summary>
/// <remarks><c>extension.dib</c> implements it for .NET Interactive; another host needs these three members.</remarks>
public interface INotebook
{
    /// <summary>Gets an object that identifies the running cell, in the caller's execution context.</summary>
    /// <value>Any object that stays the same while the cell runs and differs for another cell; null if no cell is running.</value>
    object? CurrentCell { get; }

    /// <summary>Registers a view for the values of a type.</summary>
    /// <param name="view">The view.</param>
    void Register(NotebookView view);

    /// <summary>Shows a value below the running cell.</summary>
    /// <param name="value">The value, of a type that was registered.</param>
    /// <returns>A delegate that replaces the value with another one.</returns>
    Action<object> Display(object value);
}
