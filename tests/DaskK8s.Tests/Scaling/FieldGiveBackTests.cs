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
            """[{"op":"test","path":"/metadata/managedFields/3/manager","value":"daskk8s"},{"op":"test","path":"/metadata/managedFields/3/operation","value":"Update"},""" +
            """{"op":"remove","path":"/metadata/managedFields/3"},""" +
            """{"op":"test","path":"/metadata/managedFields/1/manager","value":"daskk8s"},{"op":"test","path":"/metadata/managedFields/1/operation","value":"Update"},""" +
            """{"op":"remove","path":"/metadata/managedFields/1"}]""", "the object's version changes with every pod; the entry itself is tested");
    }

    [Fact]
    public void ToPatch_NoneIsOurs_IsNull() =>
        FieldGiveBack.ToPatch(Metadata(("helm", "Apply"), ("daskk8s-operator", "Update"))).Should().BeNull();

    [Fact]
    public void ToPatch_AllAreOurs_LeavesOneEmptyEntry() =>
        FieldGiveBack.ToPatch(Metadata(("daskk8s", "Update"))).Should().EndWith("""{"op":"remove","path":"/metadata/managedFields/0"},{"op":"add","path":"/metadata/managedFields/0","value":{}}]""");

    private static V1ObjectMeta Metadata(params (string Manager, string Operation)[] entries) => new()
    {
        ResourceVersion = "7",
        ManagedFields = [.. entries.Select(static e => new V1ManagedFieldsEntry { Manager = e.Manager, Operation = e.Operation })],
    };
}
