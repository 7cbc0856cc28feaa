using CrMonitor.Tests;

namespace CrMonitor.ApiServer.Tests;

public sealed class KubectlObjectTests : KubectlTest
{
    [Fact]
    public async Task Create_makes_an_object_and_refuses_a_second_of_the_name()
    {
        await DefineAppsAsync();

        Assert.Equal("app.example.com/shop created\n", await SendAsync(App, "create"));
        var (exitCode, _, error) = await Kubectl.TryRunAsync(App, "create", "-f", "-");

        Assert.Equal(1, exitCode);
        Assert.EndsWith("apps.example.com \"shop\" already exists\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_finds_custom_resources_by_their_short_name_and_prints_their_columns()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        Assert.Equal("NAME   IMAGE\nshop   shop:1\n", await Kubectl.RunAsync("get", "ap"));
        Assert.Equal("NAME   IMAGE    REPLICAS\nshop   shop:1   1\n", await Kubectl.RunAsync("get", "ap", "-o", "wide"));
        Assert.Equal("shop:1", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.spec.image}"));
        Assert.Contains(
            "spec:\n  image: shop:1\n  replicas: 1\n", await Kubectl.RunAsync("get", "app", "shop", "-o", "yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_with_watch_prints_a_row_for_each_change()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        using var watch = Kubectl.Start("get", "ap", "-w", "--no-headers");
        Assert.Equal("shop   shop:1", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await Kubectl.RunAsync("patch", "app", "shop", "--type=merge", "-p", """{"spec":{"image":"shop:2"}}""");
        Assert.Equal("shop   shop:2", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        watch.Kill();
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Describe_shows_every_field_of_a_custom_resource()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        var output = await Kubectl.RunAsync("describe", "app", "shop");

        Assert.Matches(@"Kind: +App\n", output);
        Assert.Matches(@"Spec:\n  Image: +shop:1\n  Replicas: +1\nEvents: +<none>\n", output);
    }

    [Fact]
    public async Task Explain_shows_the_schema_of_a_field()
    {
        await DefineAppsAsync();

        var output = await Kubectl.RunAsync("explain", "app.spec");

        Assert.Matches(@"GROUP: +example.com\nKIND: +App\nVERSION: +v1\n\nFIELD: spec <Object>\n", output);
        Assert.Contains("What is to run.", output, StringComparison.Ordinal);
        Assert.Contains("image\t<string> -required-\n    The image.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_for_a_condition_returns_when_it_holds()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        var waiting = Kubectl.RunAsync("wait", "--for=condition=Ready", "app/shop", "--timeout=60s");
        await Kubectl.RunAsync(
            "patch", "app", "shop", "--subresource=status", "--type=merge", "-p", """{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""");

        Assert.Equal("app.example.com/shop condition met\n", await waiting);
    }

    [Fact]
    public async Task Server_side_apply_takes_over_fields_by_force_alone()
    {
        await DefineAppsAsync();
        await SendAsync(App, "apply", "--server-side", "--field-manager=one");
        var changed = App.Replace("shop:1", "shop:2", StringComparison.Ordinal);

        var (exitCode, _, error) = await Kubectl.TryRunAsync(changed, "apply", "--server-side", "--field-manager=two", "-f", "-");
        Assert.Equal(1, exitCode);
        Assert.Contains("conflict with \"one\": .spec.image", error, StringComparison.Ordinal);

        Assert.Equal(
            "app.example.com/shop serverside-applied\n",
            await SendAsync(changed, "apply", "--server-side", "--field-manager=two", "--force-conflicts"));
        Assert.Equal("shop:2", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.spec.image}"));
    }

    [Fact]
    public async Task Diff_shows_what_an_apply_would_change()
    {
        await DefineAppsAsync();
        await SendAsync(App, "apply");

        Assert.Equal("", await SendAsync(App, "diff"));
        var (exitCode, output, _) = await Kubectl.TryRunAsync(App.Replace("shop:1", "shop:2", StringComparison.Ordinal), "diff", "-f", "-");

        Assert.Equal(1, exitCode);
        Assert.Contains("-  image: shop:1\n+  image: shop:2\n", output, StringComparison.Ordinal);
        Assert.Equal("shop:1", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.spec.image}"));
    }

    [Fact]
    public async Task Scale_changes_the_replicas_of_a_custom_resource()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        Assert.Equal("app.example.com/shop scaled\n", await Kubectl.RunAsync("scale", "app/shop", "--replicas=4"));
        Assert.Equal("4", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.spec.replicas}"));
    }

    [Fact]
    public async Task Label_and_annotate_set_and_remove()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        await Kubectl.RunAsync("label", "app", "shop", "tier=front");
        await Kubectl.RunAsync("annotate", "app", "shop", "note=here");
        Assert.Equal("app.example.com/shop\n", await Kubectl.RunAsync("get", "app", "-l", "tier=front", "-o", "name"));
        Assert.Equal("here", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.metadata.annotations.note}"));

        await Kubectl.RunAsync("label", "app", "shop", "tier-");
        Assert.Equal("", await Kubectl.RunAsync("get", "app", "-l", "tier", "-o", "name"));
    }

    [Theory]
    [InlineData("merge", """{"spec":{"image":"shop:2"}}""")]
    [InlineData("json", """[{"op":"replace","path":"/spec/image","value":"shop:2"}]""")]
    public async Task Patch_changes_a_field(string type, string patch)
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        Assert.Equal("app.example.com/shop patched\n", await Kubectl.RunAsync("patch", "app", "shop", $"--type={type}", "-p", patch));
        Assert.Equal("shop:2", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.spec.image}"));
    }

    [Fact]
    public async Task Edit_writes_what_the_editor_has_changed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The editor of this test is sed.");
        await DefineAppsAsync();
        await SendAsync(App, "create");

        Kubectl.Environment["KUBE_EDITOR"] = "sed -i s/shop:1/shop:2/";
        Assert.Equal("app.example.com/shop edited\n", await Kubectl.RunAsync("edit", "app", "shop"));

        Assert.Equal("shop:2", await Kubectl.RunAsync("get", "app", "shop", "-o", "jsonpath={.spec.image}"));
    }

    [Fact]
    public async Task Replace_and_delete_take_a_manifest()
    {
        await DefineAppsAsync();
        await SendAsync(App, "create");

        Assert.Equal("app.example.com/shop replaced\n", await SendAsync(App.Replace("shop:1", "shop:2", StringComparison.Ordinal), "replace"));
        Assert.Equal("app.example.com \"shop\" deleted\n", await SendAsync(App, "delete"));
        Assert.Equal("", await Kubectl.RunAsync("get", "app", "-o", "name"));
    }

    [Fact]
    public async Task Api_resources_lists_custom_resources_with_their_short_names()
    {
        await DefineAppsAsync();

        Assert.Matches(@"apps +ap +example.com/v1 +true +App\n", await Kubectl.RunAsync("api-resources"));
    }
}
