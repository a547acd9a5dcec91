namespace DaskK8s.Tests.Dask;

public sealed class TaskOptionsTests
{
    [Fact]
    public void Over_OuterOptions_InnermostWinsOptionByOption()
    {
        TaskOptions outer = new() { Priority = 1, Retries = 2, WorkerGroup = "gpu", AllowOtherWorkers = true };
        TaskOptions inner = new() { Priority = 5, Resources = new Dictionary<string, double> { ["GPU"] = 1 } };

        TaskOptions result = inner.Over(outer);

        result.Priority.Should().Be(5);
        result.Retries.Should().Be(2);
        result.WorkerGroup.Should().Be("gpu");
        result.AllowOtherWorkers.Should().BeTrue();
        result.Resources.Should().ContainKey("GPU");
    }

    [Fact]
    public void Over_OwnWorkers_ReplaceTheOuterGroupAndItsLooseness()
    {
        TaskOptions result = new TaskOptions { Workers = ["a"] }.Over(new TaskOptions { WorkerGroup = "gpu", AllowOtherWorkers = true });

        result.Workers.Should().Equal("a");
        result.WorkerGroup.Should().BeNull();
        result.AllowOtherWorkers.Should().BeNull();
    }

    [Fact]
    public void Validate_WhatCannotBeMeant_Throws()
    {
        TaskOptions[] wrong =
        [
            new() { Workers = ["a"], WorkerGroup = "b" },
            new() { Workers = [] },
            new() { Retries = -1 },
            new() { Resources = new Dictionary<string, double> { ["GPU"] = 0 } },
            new() { Resources = new Dictionary<string, double> { ["GPU"] = double.NaN } },
        ];

        wrong.Should().AllSatisfy(o => o.Invoking(w => w.Validate()).Should().Throw<ArgumentException>());
    }
}
