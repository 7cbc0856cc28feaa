using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>What the schema of a definition forbids, and what it does to objects.</summary>
public sealed class SchemaTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_number_above_the_maximum_is_refused_with_its_path(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","replicas":30}""", "FieldValueInvalid", "spec.replicas", "Invalid value: 30: spec.replicas in body should be less than or equal to 10");

    [Theory, BothServers]
    public async Task A_number_below_the_minimum_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","replicas":0}""", "FieldValueInvalid", "spec.replicas", "Invalid value: 0: spec.replicas in body should be greater than or equal to 1");

    [Theory, BothServers]
    public async Task A_value_of_another_type_is_refused(ServerKind server) => await RefusedAsync(
        server,
        """{"image":"i","replicas":"two"}""",
        "FieldValueTypeInvalid",
        "spec.replicas",
        "Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"");

    [Theory, BothServers]
    public async Task A_fraction_is_no_integer(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("a", """{"image":"i","replicas":1.5}"""))).Refuses(
            422,
            "Invalid",
            $"{Kind} \"a\" is invalid: [spec.replicas: Invalid value: \"number\": spec.replicas in body must be of type integer: \"number\", "
            + "<nil>: Invalid value: \"\": Checked value must be of type integer (default format) in spec.replicas]");
    }

    [Theory, BothServers]
    public async Task A_value_outside_the_enumeration_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","mode":"c"}""", "FieldValueNotSupported", "spec.mode", "Unsupported value: \"c\": supported values: \"a\", \"b\"");

    [Theory, BothServers]
    public async Task A_string_that_does_not_match_the_pattern_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","code":"A1"}""", "FieldValueInvalid", "spec.code", "Invalid value: \"A1\": spec.code in body should match '^[a-z]+$'");

    [Theory, BothServers]
    public async Task A_string_below_the_minimum_length_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":""}""", "FieldValueInvalid", "spec.image", "Invalid value: \"\": spec.image in body should be at least 1 chars long");

    [Theory, BothServers]
    public async Task A_field_of_an_item_is_named_by_the_index(ServerKind server) => await RefusedAsync(
        server,
        """{"image":"i","ports":[{"name":"a","port":80},{"name":"b","port":70000}]}""",
        "FieldValueInvalid",
        "spec.ports[1].port",
        "Invalid value: 70000: spec.ports[1].port in body should be less than or equal to 65535");

    [Theory, BothServers]
    public async Task An_item_of_another_type_is_named_by_its_index(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","args":["x",1]}""", "FieldValueTypeInvalid", "spec.args[1]", "Invalid value: \"integer\": spec.args[1] in body must be of type string: \"integer\"");

    [Theory, BothServers]
    public async Task A_second_item_with_the_same_map_key_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","env":[{"name":"A"},{"name":"A"}]}""", "FieldValueDuplicate", "spec.env[1]", "Duplicate value: {\"name\":\"A\"}");

    [Theory, BothServers]
    public async Task A_second_value_of_a_set_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","tags":["a","b","a"]}""", "FieldValueDuplicate", "spec.tags[2]", "Duplicate value: \"a\"");

    [Theory, BothServers]
    public async Task A_required_field_of_an_item_is_named(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","env":[{"value":"1"}]}""", "FieldValueRequired", "spec.env[0].name", "Required value");

    [Theory, BothServers]
    public async Task Values_of_a_map_are_checked(ServerKind server) => await RefusedAsync(
        server, """{"image":"i","settings":{"cpu":1}}""", "FieldValueTypeInvalid", "spec.settings.cpu", "Invalid value: \"integer\": spec.settings.cpu in body must be of type string: \"integer\"");

    [Theory, BothServers]
    public async Task A_required_field_that_is_missing_is_refused(ServerKind server) => await RefusedAsync(
        server, "{}", "FieldValueRequired", "spec.image", "Required value");

    [Theory, BothServers]
    public async Task A_required_field_that_is_null_is_refused(ServerKind server) => await RefusedAsync(
        server, """{"image":null}""", "FieldValueRequired", "spec.image", "Required value");

    [Theory, BothServers]
    public async Task What_the_schema_forbids_is_refused_with_all_its_causes(ServerKind server)
    {
        await UseAsync(server);

        var answer = await CreateAsync(Widget("a", """{"image":"","replicas":30,"mode":"z"}"""));

        Assert.Equal((422, "Invalid"), (answer.Status, answer.Reason));
        Assert.Equal(
            [
                "spec.image: FieldValueInvalid: Invalid value: \"\": spec.image in body should be at least 1 chars long",
                "spec.mode: FieldValueNotSupported: Unsupported value: \"z\": supported values: \"a\", \"b\"",
                "spec.replicas: FieldValueInvalid: Invalid value: 30: spec.replicas in body should be less than or equal to 10",
            ],
            answer.Body["details"]!["causes"]!.AsArray().Select(static c => $"{c!["field"]}: {c["reason"]}: {c["message"]}").Order());
    }

    [Theory, BothServers]
    public async Task What_a_change_breaks_is_refused_and_changes_nothing(ServerKind server)
    {
        await UseAsync(server);
        var first = await GivenAsync("a");
        var message = $"{Kind} \"a\" is invalid: spec.replicas: Invalid value: 30: spec.replicas in body should be less than or equal to 10";

        (await MergeAsync("a", """{"spec":{"replicas":30}}""")).Refuses(422, "Invalid", message);
        (await UpdateAsync("a", With(first, static o => o["spec"]!["replicas"] = 30))).Refuses(422, "Invalid", message);

        JsonEqual(first.Body.ToJsonString(), (await GetAsync($"{Collection}/a")).Succeeds().Body);
    }

    [Theory, BothServers]
    public async Task Unknown_fields_are_pruned_at_every_depth_but_where_they_are_to_stay(ServerKind server)
    {
        await UseAsync(server);

        var created = await GivenAsync(
            "a",
            """{"image":"i","colour":"blue","env":[{"name":"A","colour":"blue"}],"settings":{"colour":"blue"},"free":{"colour":{"deep":["blue"]}}}""");

        JsonEqual(
            """{"image":"i","replicas":1,"env":[{"name":"A"}],"settings":{"colour":"blue"},"free":{"colour":{"deep":["blue"]}}}""",
            created.Body["spec"]);
    }

    [Theory, BothServers]
    public async Task A_null_gets_the_default_where_there_is_one(ServerKind server)
    {
        await UseAsync(server);

        var created = await GivenAsync("a", """{"image":"i","replicas":null,"ports":[{"name":"x","protocol":null}]}""");

        JsonEqual("""{"image":"i","replicas":1,"ports":[{"name":"x","protocol":"TCP"}]}""", created.Body["spec"]);
    }

    private async Task RefusedAsync(ServerKind server, string spec, string cause, string field, string message)
    {
        await UseAsync(server);

        var answer = await CreateAsync(Widget("a", spec));

        answer.Refuses(422, "Invalid", $"{Kind} \"a\" is invalid: {field}: {message}");
        answer.Has("details.name", "\"a\"").Has("details.group", $"\"{Cluster.Group}\"").Has("details.kind", "\"Widget\"");
        JsonEqual(
            new JsonArray(new JsonObject { ["reason"] = cause, ["message"] = message, ["field"] = field }).ToJsonString(),
            answer.Body["details"]!["causes"]);
    }
}
