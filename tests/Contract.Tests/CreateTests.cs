namespace CrMonitor.Contract.Tests;

public sealed class CreateTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_created_object_has_its_system_fields_and_defaults_and_no_unknown_fields(ServerKind server)
    {
        await UseAsync(server);

        var created = (await CreateAsync(Widget("a", """{"image":"i","unknown":1,"ports":[{"name":"http"}]}""", rest: ""","status":{"phase":"x"},"other":1"""))).Succeeds(201);

        JsonEqual("""{"image":"i","replicas":1,"ports":[{"name":"http","protocol":"TCP"}]}""", created.Body["spec"]);
        Assert.False(created.Body.ContainsKey("status"));
        Assert.False(created.Body.ContainsKey("other"));
        Assert.Equal(1, (int?)created.Metadata["generation"]);
        Assert.Equal(Namespace, (string?)created.Metadata["namespace"]);
        Assert.True(Guid.TryParse((string?)created.Metadata["uid"], out _));
        Assert.Matches("^[1-9][0-9]*$", created.Version);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string?)created.Metadata["creationTimestamp"]);
        var read = (await GetAsync($"{Collection}/a")).Succeeds();
        JsonEqual(created.Body.ToJsonString(), read.Body);
    }

    [Theory, BothServers]
    public async Task A_name_that_is_taken_is_refused(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var answer = await CreateAsync(Widget("a"));

        answer.Refuses(409, "AlreadyExists", $"{Resource} \"a\" already exists");
        JsonEqual($$"""{"name":"a","group":"{{Cluster.Group}}","kind":"widgets"}""", answer.Body["details"]);
    }

    [Theory, BothServers]
    public async Task GenerateName_makes_a_name(ServerKind server)
    {
        await UseAsync(server);

        var created = (await CreateAsync($$$"""{"apiVersion":"{{{Cluster.ApiVersion}}}","kind":"Widget","metadata":{"generateName":"gen-"},"spec":{"image":"i"}}""")).Succeeds(201);

        Assert.Matches("^gen-[a-z0-9]{5}$", (string?)created.Metadata["name"]);
    }

    [Theory, BothServers]
    public async Task An_object_without_a_name_is_refused(ServerKind server)
    {
        await UseAsync(server);

        foreach (var metadata in (string[])["", "\"metadata\":{},"])
        {
            (await CreateAsync($$$"""{"apiVersion":"{{{Cluster.ApiVersion}}}","kind":"Widget",{{{metadata}}}"spec":{"image":"i"}}""")).Refuses(
                422, "Invalid", $"{Kind} \"\" is invalid: metadata.name: Required value: name or generateName is required");
        }
    }

    [Theory, BothServers]
    public async Task A_name_must_be_a_DNS_subdomain(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("A_b"))).Refuses(
            422,
            "Invalid",
            $"{Kind} \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            + "'-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    }

    [Theory, BothServers]
    public async Task Labels_and_annotations_are_checked(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("a", metadata: ""","labels":{"k":"a b"}"""))).Refuses(
            422,
            "Invalid",
            $"{Kind} \"a\" is invalid: metadata.labels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
            + "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
            + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
        (await CreateAsync(Widget("a", metadata: ""","annotations":{"a/b/c":"x"}"""))).Refuses(
            422,
            "Invalid",
            $"{Kind} \"a\" is invalid: metadata.annotations: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', "
            + "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
    }

    [Theory, BothServers]
    public async Task Metadata_of_a_wrong_type_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("a", metadata: ""","labels":{"k":1}"""))).Refuses(
            400,
            "BadRequest",
            "Widget in version \"v1\" cannot be handled as a Widget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string");
    }

    [Theory, BothServers]
    public async Task Two_controllers_among_the_owners_are_refused(ServerKind server)
    {
        await UseAsync(server);
        const string Owners = """[{"apiVersion":"v1","kind":"Pod","name":"a","uid":"1","controller":true},{"apiVersion":"v1","kind":"Pod","name":"b","uid":"2","controller":true}]""";

        (await CreateAsync(Widget("a", metadata: $",\"ownerReferences\":{Owners}"))).Refuses(
            422,
            "Invalid",
            $"{Kind} \"a\" is invalid: metadata.ownerReferences: Invalid value: {Owners}: Only one reference can have Controller set to true. "
            + "Found \"true\" in references for Pod/a and Pod/b");
    }

    [Theory, BothServers]
    public async Task An_object_of_another_version_kind_or_namespace_is_refused(ServerKind server)
    {
        await UseAsync(server);
        var good = Widget("a");

        (await CreateAsync(good.Replace(Cluster.ApiVersion, $"{Cluster.Group}/v2", StringComparison.Ordinal))).Refuses(
            400, "BadRequest", $"the API version in the data ({Cluster.Group}/v2) does not match the expected API version ({Cluster.ApiVersion})");
        var otherKind = await CreateAsync(good.Replace("\"Widget\"", "\"Wodget\"", StringComparison.Ordinal));
        otherKind.Refuses(422, "Invalid", $"Wodget.{Cluster.Group} \"a\" is invalid: kind: Invalid value: \"Wodget\": must be Widget");
        otherKind.Has("details.causes", """[{"reason":"FieldValueInvalid","message":"Invalid value: \"Wodget\": must be Widget","field":"kind"}]""");
        (await CreateAsync(Widget("a", metadata: ",\"namespace\":\"other\""))).Refuses(
            400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request");
    }

    [Theory, BothServers]
    public async Task A_body_that_is_no_object_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync("""{"apiVersion":""")).Refuses(
            400, "BadRequest", "the object provided is unrecognized (must be of type Widget): couldn't get version/kind; json parse error: unexpected end of JSON input ({\"apiVersion\":)");
        (await CreateAsync("""{"apiVersion":"v1"}""")).Refuses(
            400, "BadRequest", "the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}' ({\"apiVersion\":\"v1\"})");
        var plain = await Cluster.SendAsync(HttpMethod.Post, Collection, "x", "text/plain");
        Assert.Equal((415, "UnsupportedMediaType"), (plain.Status, plain.Reason));
    }

    [Theory, BothServers]
    public async Task A_body_in_YAML_is_read(ServerKind server)
    {
        await UseAsync(server);

        var created = await Cluster.SendAsync(
            HttpMethod.Post,
            Collection,
            $$"""
            apiVersion: {{Cluster.ApiVersion}}
            kind: Widget
            metadata:
              name: a
              labels: {k: "1"}
            spec:
              image: i
              replicas: 2
              args: ["1", 'yes', 2001-01-01]
              mode: null
              settings:
                a: &anchor x
                b: *anchor
              free: {yes: no, hex: 0x10, octal: 010, float: 1.5, nothing: ~}
            """,
            "application/yaml");

        JsonEqual("""{"image":"i","replicas":2,"args":["1","yes","2001-01-01"],"settings":{"a":"x","b":"x"},"free":{"true":false,"hex":16,"octal":8,"float":1.5,"nothing":null}}""", created.Succeeds(201).Body["spec"]);
    }

    [Theory, BothServers]
    public async Task Strict_field_validation_refuses_unknown_and_duplicate_fields(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("a", """{"image":"i","foo":1,"image":"j"}""", ""","bar":1"""), "?fieldValidation=Strict")).Refuses(
            400,
            "BadRequest",
            "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: duplicate field \"spec.image\", unknown field \"metadata.bar\", unknown field \"spec.foo\"");
    }

    [Theory, BothServers]
    public async Task Warning_field_validation_names_unknown_and_duplicate_fields(ServerKind server)
    {
        await UseAsync(server);

        var created = (await CreateAsync(Widget("a", """{"image":"i","foo":1,"image":"j"}"""), "?fieldValidation=Warn")).Succeeds(201);

        Assert.Equal("j", (string?)created.Body["spec"]!["image"]);
        Assert.Equal(["299 - \"duplicate field \\\"spec.image\\\"\"", "299 - \"unknown field \\\"spec.foo\\\"\""], created.Warnings);
    }

    [Theory, BothServers]
    public async Task A_dry_run_shows_the_object_and_stores_nothing(ServerKind server)
    {
        await UseAsync(server);

        var created = (await CreateAsync(Widget("a"), "?dryRun=All")).Succeeds(201);

        Assert.Equal(1, (int?)created.Body["spec"]!["replicas"]);
        Assert.False(created.Metadata.ContainsKey("resourceVersion"));
        (await GetAsync($"{Collection}/a")).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    [Theory, BothServers]
    public async Task Parameters_that_are_not_valid_are_refused(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("a"), "?dryRun=Some")).Refuses(
            422, "Invalid", "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"");
        (await CreateAsync(Widget("a"), "?fieldValidation=Some")).Refuses(
            422, "Invalid", "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Some\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
    }

    [Theory, BothServers]
    public async Task A_resourceVersion_makes_no_sense_for_a_create(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(Widget("a", metadata: ",\"resourceVersion\":\"5\""))).Refuses(
            500, "", "resourceVersion should not be set on objects to be created");
    }

    [Theory, BothServers]
    public async Task A_body_that_is_too_large_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await CreateAsync(new string('x', (3 * 1024 * 1024) + 1))).Refuses(
            413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
    }
}
