using DaskK8s.Scaling;

using k8s.Models;

namespace DaskK8s.Tests.Scaling;

public sealed class FieldGiveBackTests
{
    [Fact]
    public void ToPatch_OursAmongOthers_RemovesOursFromTheEnd()
    {
        string? patch = FieldGiveBack.ToPatch(Metadata(("helm", "Apply"), ("daskk8s", "Update"), ("kube-controller-manager", "Update"), ("daskk8s", "Update")));

        patch.Should().Be(
            """[{"op":"test","path":"/metadata/resourceVersion","value":"7"},""" +
            """{"op":"test","path":"/metadata/managedFields/3/manager","value":"daskk8s"},{"op":"remove","path":"/metadata/managedFields/3"},""" +
            """{"op":"test","path":"/metadata/managedFields/1/manager","value":"daskk8s"},{"op":"remove","path":"/metadata/managedFields/1"}]""");
    }

    [Fact]
    public void ToPatch_NoneIsOurs_IsNull() =>
        FieldGiveBack.ToPatch(Metadata(("helm", "Apply"), ("daskk8s-operator", "Update"))).Should().BeNull();

    [Fact]
    public void ToPatch_AllAreOurs_LeavesOneEmptyEntry() =>
        FieldGiveBack.ToPatch(Metadata(("daskk8s", "Update"))).Should().Contain("""{"op":"replace","path":"/metadata/managedFields","value":[{}]}""");

    private static V1ObjectMeta Metadata(params (string Manager, string Operation)[] entries) => new()
    {
        ResourceVersion = "7",
        ManagedFields = [.. entries.Select(static e => new V1ManagedFieldsEntry { Manager = e.Manager, Operation = e.Operation })],
    };
}
