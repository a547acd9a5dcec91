using DaskK8s.Dask.Tasks;

namespace DaskK8s.Tests.Dask.Tasks;

public sealed class PythonErrorTests
{
    [Theory]
    [InlineData("ValueError('bad input')", "ValueError", "bad input")]
    [InlineData("ValueError(\"it's bad\")", "ValueError", "it's bad")]
    [InlineData("KeyError('a\\nb\\\\c')", "KeyError", "a\nb\\c")]
    [InlineData("OSError(2, 'No such file')", "OSError", "2, 'No such file'")]
    [InlineData("RuntimeError()", "RuntimeError", "")]
    [InlineData("my.errors.Odd('x',)", "my.errors.Odd", "x")]
    [InlineData("<object at 0x7f>", "Exception", "<object at 0x7f>")]
    [InlineData("", "Exception", "")]
    [InlineData("it failed (twice)", "Exception", "it failed (twice)")]
    public void Parse_Repr_GivesTypeAndMessage(string repr, string type, string message)
    {
        PythonError error = PythonError.Parse(repr, string.Empty);

        error.Type.Should().Be(type);
        error.Message.Should().Be(message);
    }

    [Fact]
    public void Parse_TracebackThroughOurCode_BeginsWithTheTasksOwnFrames()
    {
        const string Traceback =
            "  File \"<string>\", line 1, in <module>\n  File \"<string>\", line 47, in run\n  File \"<check>\", line 3, in check\n    raise ValueError\n";

        PythonError.Parse("ValueError()", Traceback).Traceback.Should().Be("  File \"<check>\", line 3, in check\n    raise ValueError\n");
    }

    [Fact]
    public void Parse_TracebackOfAnotherForm_IsLeftAsItIs() =>
        PythonError.Parse("ValueError()", "  File \"<string>\", line 1, in <module>\n").Traceback.Should().Contain("<module>");
}
