using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class OwnerReferenceTests
{
    [Fact]
    public void The_controller_is_referenced_with_its_uid_and_blocks_its_own_deletion()
    {
        var deployment = Deployment("d");
        deployment.Metadata.OwnerReferences = null;

        OwnerReferences.SetController(deployment, Widget(), Widgets);

        Assert.Equal(
            new V1OwnerReference { ApiVersion = "example.com/v1", Kind = "Widget", Name = "w", Uid = "uid-1", Controller = true, BlockOwnerDeletion = true },
            Assert.Single(deployment.Metadata.OwnerReferences!));
        Assert.True(OwnerReferences.IsControlledBy(deployment, Widget()));
        Assert.False(OwnerReferences.IsControlledBy(deployment, Widget(uid: "uid-2")));
    }

    [Fact]
    public void Setting_the_same_controller_again_renews_its_reference()
    {
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "d" } };
        OwnerReferences.SetController(deployment, Widget(), new Informers.KubeResource("example.com", "v1beta1", "widgets", "Widget"));

        OwnerReferences.SetController(deployment, Widget(), Widgets);

        Assert.Equal("example.com/v1", Assert.Single(deployment.Metadata.OwnerReferences).ApiVersion);
    }

    [Fact]
    public void Another_controller_is_not_pushed_aside()
    {
        var deployment = Deployment("d", Owner("other"));

        var failure = Assert.Throws<AlreadyOwnedException>(() => OwnerReferences.SetController(deployment, Widget(), Widgets));

        Assert.Contains("Widget default/w cannot become the controller of default/d: Widget other", failure.Message);
        Assert.Equal(("d", "Widget", "other"), (failure.Key.Name, failure.OwnerKind, failure.OwnerName));
        Assert.Single(deployment.Metadata.OwnerReferences);
    }

    [Fact]
    public void An_owner_in_another_namespace_is_refused()
    {
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = "elsewhere", Name = "d" } };

        var failure = Assert.Throws<InvalidOperationException>(() => OwnerReferences.SetController(deployment, Widget(), Widgets));

        Assert.Contains("default", failure.Message);
        Assert.Null(deployment.Metadata.OwnerReferences);
    }

    [Fact]
    public void A_namespaced_owner_of_a_cluster_scoped_object_is_refused_and_the_reverse_is_not()
    {
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = "n", Uid = "node" } };
        Assert.Throws<InvalidOperationException>(() => OwnerReferences.SetController(node, Widget(), Widgets));

        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "d" } };
        OwnerReferences.SetController(deployment, node);
        var reference = Assert.Single(deployment.Metadata.OwnerReferences);
        Assert.Equal(("v1", "Node", "n", true), (reference.ApiVersion, reference.Kind, reference.Name, reference.Controller));
    }

    [Fact]
    public void An_owner_is_found_and_taken_away_by_its_uid_and_others_stay()
    {
        var deployment = Deployment("d", Owner("other", controller: null), Owner("w"));
        var (controller, other) = (Widget(uid: "uid-w"), Widget("other", uid: "uid-other"));
        Assert.True(OwnerReferences.HasController(deployment));
        Assert.True(OwnerReferences.IsOwnedBy(deployment, controller));
        Assert.True(OwnerReferences.IsOwnedBy(deployment, other));

        // Of the same name, and another object.
        Assert.False(OwnerReferences.IsOwnedBy(deployment, Widget(uid: "later")));
        Assert.False(OwnerReferences.Remove(deployment, Widget(uid: "later")));
        Assert.False(OwnerReferences.IsOwnedBy(deployment, Widget(uid: "")));

        Assert.True(OwnerReferences.Remove(deployment, other));
        Assert.Equal("w", Assert.Single(deployment.Metadata.OwnerReferences).Name);
        Assert.False(OwnerReferences.Remove(deployment, other));

        Assert.True(OwnerReferences.Remove(deployment, controller));
        Assert.Empty(deployment.Metadata.OwnerReferences);
        Assert.False(OwnerReferences.HasController(deployment));
    }

    [Fact]
    public void A_controller_is_taken_away_as_such_and_an_owner_that_is_none_is_not()
    {
        var deployment = Deployment("d", Owner("other", controller: null), Owner("w"));

        Assert.False(OwnerReferences.RemoveController(deployment, Widget("other", uid: "uid-other")));
        Assert.True(OwnerReferences.RemoveController(deployment, Widget(uid: "uid-w")));

        Assert.Equal("other", Assert.Single(deployment.Metadata.OwnerReferences).Name);
        Assert.False(OwnerReferences.HasController(new V1Deployment { Metadata = new V1ObjectMeta { Name = "d" } }));
        Assert.False(OwnerReferences.Remove(new V1Deployment { Metadata = new V1ObjectMeta { Name = "d" } }, Widget()));
    }

    [Fact]
    public void An_owner_that_the_server_has_not_stored_is_refused()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => OwnerReferences.SetController(Deployment("d"), Widget(uid: ""), Widgets));
        Assert.Contains("no uid", failure.Message);
    }

    [Fact]
    public void Further_owners_leave_the_controller_in_its_role()
    {
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "d" } };
        OwnerReferences.SetController(deployment, Widget(), Widgets);

        OwnerReferences.Add(deployment, Widget("second", uid: "uid-2"), Widgets);
        OwnerReferences.Add(deployment, Widget(), Widgets);

        Assert.Equal(2, deployment.Metadata.OwnerReferences.Count);
        Assert.True(OwnerReferences.IsControlledBy(deployment, Widget()));
    }
}
