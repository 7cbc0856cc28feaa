using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class EventTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeServer _server = new();
    private readonly CapturedLog _log = new();
    private readonly ControllerInstruments _instruments = new(null);
    private readonly CrMonitorOptions _options = new()
    {
        FieldManager = "tests",
        ReportingController = "example.com/tests",
        ReportingInstance = "pod-1",
    };

    private readonly EventRecorder _recorder;

    public EventTests()
    {
        _options.JsonContexts.Add(TestJson.Default);
        var logs = LoggerFactory.Create(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace));
        _recorder = new EventRecorder(_server.Client(_time), _options, _instruments, _time, logs.CreateLogger<EventRecorder>());
    }

    [Fact]
    public async Task An_event_is_written_as_kubectl_describe_looks_for_it()
    {
        _recorder.Start();

        _recorder.Record(Widget(), EventType.Normal, "Created", "CreateDeployment", "Created Deployment w");
        await _server.ArrivedAsync();

        var request = Assert.Single(_server.Requests);
        Assert.Equal((HttpMethod.Post, "/apis/events.k8s.io/v1/namespaces/default/events"), (request.Method, request.Path));
        var body = request.Json;
        var name = (string)body["metadata"]!["name"]!;
        Assert.StartsWith("w.", name);
        body["metadata"]!["name"] = "NAME";
        Assert.Equal(
            """{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"NAME","namespace":"default"},"eventTime":"2030-01-01T00:00:00.000000Z","reportingController":"example.com/tests","reportingInstance":"pod-1","action":"CreateDeployment","reason":"Created","note":"Created Deployment w","type":"Normal","regarding":{"apiVersion":"example.com/v1","kind":"Widget","name":"w","namespace":"default","uid":"uid-1"}}""",
            body.ToJsonString());
    }

    [Fact]
    public async Task An_event_about_an_object_of_any_kind_names_the_kind_of_the_object_whatever_its_type_is_bound_to()
    {
        _options.AddResource(PartialObjectMetadata.Of(KubeResource.Of(typeof(V1ConfigMap))));
        _recorder.Start();

        _recorder.Record(
            DynamicObject.Parse("""{"apiVersion":"example.com/v1","kind":"Gadget","metadata":{"name":"g","namespace":"default","uid":"u"} }"""u8),
            EventType.Normal,
            "Did",
            "Do",
            "bound to nothing");
        await _server.ArrivedAsync();
        _recorder.Record(
            new PartialObjectMetadata { ApiVersion = "apps/v1", Kind = "Deployment", Metadata = Widget().Metadata },
            EventType.Normal,
            "Did",
            "Do",
            "bound to another");
        await _server.ArrivedAsync();
        _recorder.Record(new PartialObjectMetadata { Metadata = Widget().Metadata }, EventType.Normal, "Did", "Do", "does not say");
        await _server.ArrivedAsync();

        Assert.Equal(
            ["example.com/v1 Gadget", "apps/v1 Deployment", "v1 ConfigMap"],
            _server.Requests.Select(request => $"{request.Json["regarding"]!["apiVersion"]} {request.Json["regarding"]!["kind"]}"));
    }

    [Fact]
    public async Task Of_one_object_25_different_events_are_written_and_one_more_every_five_minutes()
    {
        _recorder.Start();
        for (var i = 0; i < 30; i++)
        {
            _recorder.Record(Widget(), EventType.Normal, "Step", "Step", $"step {i}");
        }

        for (var i = 0; i < 25; i++)
        {
            await _server.ArrivedAsync();
        }

        _recorder.Record(Widget("other"), EventType.Normal, "Step", "Step", "another object has its own");
        await _server.ArrivedAsync();
        Assert.Equal(26, _server.Requests.Count);

        _time.Advance(TimeSpan.FromMinutes(5));
        _recorder.Record(Widget(), EventType.Normal, "Step", "Step", "one more");
        _recorder.Record(Widget(), EventType.Normal, "Step", "Step", "not this one");
        _recorder.Record(Widget("third"), EventType.Normal, "Step", "Step", "the last");
        await _server.ArrivedAsync();
        await _server.ArrivedAsync();
        Assert.Equal(["one more", "the last"], _server.Requests.Skip(26).Select(request => (string)request.Json["note"]!));
    }

    [Fact]
    public async Task Equal_events_are_counted_in_one_and_its_count_is_written_after_ten_seconds()
    {
        _recorder.Start();
        Fail();
        await _server.ArrivedAsync();
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Fail();
        }

        await AdvanceUntilAsync(() => _server.Requests.Count == 2);

        var requests = _server.Requests.ToArray();
        Assert.Equal(HttpMethod.Patch, requests[1].Method);
        Assert.Equal($"/apis/events.k8s.io/v1/namespaces/default/events/{requests[0].Json["metadata"]!["name"]}", requests[1].Path);
        Assert.Equal("""{"series":{"count":6,"lastObservedTime":"2030-01-01T00:00:05.000000Z"}}""", requests[1].Body);
    }

    [Fact]
    public async Task Different_notes_are_different_events()
    {
        _recorder.Start();

        _recorder.Record(Widget(), EventType.Normal, "Scaled", "Scale", "to 3");
        _recorder.Record(Widget(), EventType.Normal, "Scaled", "Scale", "to 5");
        await _server.ArrivedAsync();
        await _server.ArrivedAsync();

        Assert.Equal(["to 3", "to 5"], _server.Requests.Select(request => (string?)request.Json["note"]));
        Assert.Equal(2, _server.Requests.Select(request => (string?)request.Json["metadata"]!["name"]).Distinct().Count());
    }

    [Fact]
    public async Task A_repetition_after_six_quiet_minutes_is_a_new_event()
    {
        _recorder.Start();
        Fail();
        await _server.ArrivedAsync();
        _time.Advance(TimeSpan.FromMinutes(6));

        Fail();
        await _server.ArrivedAsync();

        Assert.All(_server.Requests, request => Assert.Equal(HttpMethod.Post, request.Method));
    }

    [Fact]
    public async Task What_waits_is_written_at_the_stop_and_counts_are_brought_up_to_date()
    {
        Fail();
        Fail();
        Fail();
        _recorder.Start();

        await _recorder.StopAsync(TimeSpan.FromSeconds(1));

        var requests = _server.Requests.ToArray();
        Assert.Equal([HttpMethod.Post, HttpMethod.Patch], requests.Select(request => request.Method));
        Assert.Equal(3, (int?)requests[1].Json["series"]!["count"]);
    }

    [Fact]
    public async Task A_server_that_is_gone_at_the_stop_holds_it_up_no_longer_than_it_may()
    {
        _server.Answer = _ => throw new HttpRequestException("connection refused");
        _recorder.Start();
        Fail();
        await _server.ArrivedAsync();

        var stop = _recorder.StopAsync(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(500));
                return stop.IsCompletedSuccessfully;
            },
            "the stop ends");

        Assert.InRange(_server.Requests.Count, 1, 3);
    }

    [Fact]
    public async Task A_write_that_the_stop_cuts_off_is_counted_as_lost_and_its_failure_told_to_those_who_debug()
    {
        var cutOff = new HttpRequestException("the connection was aborted");
        (_server.Hangs, _server.CutOff) = (true, cutOff);
        _recorder.Start();
        Fail();
        await Eventually.TrueAsync(() => _server.Requests.Count == 1, "it is being written");

        var stop = _recorder.StopAsync(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        await stop;

        Assert.Equal(
            [
                (LogLevel.Debug, "The writing of an event failed while the event recorder was being stopped", cutOff),
                (LogLevel.Warning, "1 events were left at the stop: not written, or not known to be", null),
            ],
            _log.Lines.Select(line => (line.Level, line.Text, line.Exception)));
    }

    [Fact]
    public async Task A_broken_connection_is_tried_again_and_an_answer_that_was_lost_is_no_failure()
    {
        var answers = new Queue<Func<HttpResponseMessage>>(
            [() => throw new HttpRequestException("connection reset"), () => FakeServer.Status(HttpStatusCode.Conflict, "AlreadyExists")]);
        _server.Answer = _ => answers.Count > 0 ? answers.Dequeue()() : FakeServer.Json(HttpStatusCode.OK, "{}");
        _recorder.Start();
        Fail();
        await AdvanceUntilAsync(() => _server.Requests.Count == 2);
        Fail();
        await AdvanceUntilAsync(() => _server.Requests.Count == 3);

        var requests = _server.Requests.ToArray();
        Assert.Equal((string?)requests[0].Json["metadata"]!["name"], (string?)requests[1].Json["metadata"]!["name"]);
        Assert.Equal(HttpMethod.Patch, requests[2].Method);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_refused_event_is_logged_and_dropped()
    {
        _server.Answer = _ => FakeServer.Status(HttpStatusCode.Forbidden, "Forbidden");
        _recorder.Start();
        Fail();

        await Eventually.TrueAsync(() => !_log.Lines.IsEmpty, "a warning");

        Assert.Contains("Forbidden said the test", Assert.Single(_log.Lines).Text);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task More_events_than_can_wait_are_dropped_with_one_warning_and_nobody_waits()
    {
        for (var i = 0; i < 1100; i++)
        {
            _recorder.Record(Widget($"w{i}"), EventType.Normal, "Created", "Create", "");
        }

        Assert.Single(_log.Lines, line => line.Text.Contains("1000 events wait"));
        _recorder.Start();
        await _recorder.StopAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(1000, _server.Requests.Count);
    }

    [Fact]
    public async Task Events_of_cluster_scoped_objects_are_kept_in_default_and_long_texts_are_cut()
    {
        _recorder.Start();
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = new string('n', 253), Uid = "u" } };

        _recorder.Record(node, EventType.Warning, "Failed", "Drain", new string('x', 1023) + "\U0001F600");
        await _server.ArrivedAsync();

        var request = Assert.Single(_server.Requests);
        Assert.Equal("/apis/events.k8s.io/v1/namespaces/default/events", request.Path);
        Assert.Equal(253, ((string)request.Json["metadata"]!["name"]!).Length);
        Assert.Equal(new string('x', 1023), (string?)request.Json["note"]);
        Assert.Equal("""{"apiVersion":"v1","kind":"Node","name":"NAME","uid":"u"}""", Regarding(request.Json));
    }

    [Fact]
    public void A_word_that_Kubernetes_would_refuse_is_refused_at_once()
    {
        Assert.Throws<ArgumentException>(() => _recorder.Record(Widget(), EventType.Normal, "", "Create", "note"));
        Assert.Throws<ArgumentException>(() => _recorder.Record(Widget(), EventType.Normal, "Created", new string('a', 129), "note"));
    }

    public async ValueTask DisposeAsync()
    {
        await _recorder.StopAsync(TimeSpan.FromSeconds(1));
        _recorder.Dispose();
        _instruments.Dispose();
        _server.Dispose();
    }

    private static string Regarding(JsonNode json)
    {
        var regarding = json["regarding"]!;
        regarding["name"] = "NAME";
        return regarding.ToJsonString();
    }

    private void Fail() => _recorder.Record(Widget(), EventType.Warning, "Failed", "Reconcile", "the server is gone");

    // The recorder arms its next deadline on another thread than the test's.
    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            if (!condition())
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            return condition();
        },
        "the requests come");
}
