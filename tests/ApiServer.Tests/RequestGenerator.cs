using System.Text;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Makes requests, most of which nearly make sense: one seed, one sequence.</summary>
internal sealed class RequestGenerator(int seed)
{
    private static readonly string[] Names =
        ["a", "b", "c", "web", "x-y", "A", "a b", "..", "%2e%2e", "", "a/b", new('n', 260), "\u00fc", "a\0b", "things.example.com"];
    private static readonly string[] Namespaces = ["default", "default", "default", "kube-system", "missing", "", "A", "%00"];

    private static readonly string[] Resources =
    [
        "api/v1/|configmaps", "api/v1/|configmaps", "api/v1/|pods", "api/v1/|secrets", "api/v1/|services", "api/v1/|events",
        "api/v1/|serviceaccounts",
        "apis/apps/v1/|deployments", "apis/apps/v1/|replicasets", "apis/coordination.k8s.io/v1/|leases", "apis/events.k8s.io/v1/|events",
        "apis/example.com/v1/|things", "apis/example.com/v1/|things", "apis/example.com/v2/|things", "apis/example.com/v1/|nothings",
        "apis/none/v1/|things",
    ];

    private static readonly string[] ClusterPaths =
    [
        "/", "/api", "/apis", "/api/v1", "/apis/example.com", "/apis/example.com/v1", "/openapi/v2", "/openapi/v3", "/openapi/v3/apis/example.com/v1",
        "/openapi/v3/api/v1",
        "/version", "/healthz", "/readyz", "/livez", "/metrics", "/api/v1/namespaces", "/api/v1/namespaces/default",
        "/api/v1/namespaces/default/status",
        "/api/v1/namespaces/other", "/api/v1/namespaces/other/finalize", "/api/v1/watch/configmaps", "//", "/apis//v1/things", "/api/v1//configmaps",
        "/api/v1/namespaces//configmaps",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/others.example.com",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/others.example.com/status", "/apis/example.com/v1/others",
    ];

    // What all others need is not deleted.
    private static readonly string[] Lasting =
        ["/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/api/v1/namespaces", "/api/v1/namespaces/default", "/api/v1//configmaps", "/api/v1/namespaces//configmaps"];

    private static readonly string[] Subresources = ["", "", "", "", "/status", "/scale", "/finalize", "/log", "/status/x"];
    private static readonly string[] Methods =
        ["GET", "GET", "POST", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO"];

    private static readonly string[] Parameters =
    [
        "limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector", "timeoutSeconds", "watch",
        "allowWatchBookmarks", "sendInitialEvents",
        "dryRun", "fieldManager", "fieldValidation", "force", "propagationPolicy", "gracePeriodSeconds", "orphanDependents", "includeObject",
        "shardSelector", "pretty", "x",
    ];

    private static readonly string[] Values =
    [
        "", "0", "1", "-1", "2", "5", "99999999999999999999", "9223372036854775807", "18446744073709551615", "1e3", "true", "false", "x", "a=b",
        "a in (b,c)", "a in (", "!a", "a notin ()",
        "a>1", "a==b,c", "metadata.name=a", "metadata.name!=a,metadata.namespace=default", "spec.x=1", "\\", "Exact", "NotOlderThan", "All", "Strict",
        "Warn", "Ignore", "Background",
        "Foreground", "Orphan", "Metadata", "Object", "None", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYVx1MDAwMCJ9",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6OTk5OTk5OTk5LCJzdGFydCI6ImEifQ",
        "shardRange(object.metadata.uid, '0x0000000000000000', '0x8000000000000000')", "shardRange((", "\u0000",
        new('v', 300),
    ];

    private static readonly string[] Types =
    [
        "application/json", "application/json", "application/json", "application/json; charset=utf-8", "application/yaml",
        "application/json-patch+json",
        "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml",
        "application/vnd.kubernetes.protobuf", "text/plain", "", ";", "application/cbor",
    ];

    private static readonly string[] Accepts =
    [
        "", "", "", "application/json", "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json", "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io",
        "application/yaml", "application/vnd.kubernetes.protobuf", "text/html", ";;;", "application/json;as=",
        "application/json;as=Table;v=v9;g=none", "q=x",
    ];

    private static readonly string[] Fields =
    [
        "metadata", "spec", "status", "data", "name", "namespace", "labels", "annotations", "finalizers", "ownerReferences", "generateName", "uid",
        "resourceVersion", "managedFields",
        "creationTimestamp", "deletionTimestamp", "generation", "replicas", "selector", "matchLabels", "template", "containers", "image", "ports",
        "port", "a", "b", "items", "kind", "apiVersion",
        "type", "stringData", "holderIdentity", "versions", "schema", "openAPIV3Schema", "properties", "x-kubernetes-list-type",
        "x-kubernetes-preserve-unknown-fields", "pattern", "enum",
        "op", "path", "value", "from", "$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "f:a", "time",
        "size", "list", "",
    ];

    // Nine characters to the ninth power.
    private static readonly string Aliases =
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            Enumerable.Range(1, 8).Select(static i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));

    private readonly Random _random = new(seed);

    public HttpRequestMessage Next()
    {
        // A third of the requests are in order but for their bodies, so that there is something for the others to meet.
        var isInOrder = _random.Next(3) == 0;
        var method = isInOrder ? Methods[_random.Next(1, 11)] : Pick(Methods);
        var path = _random.Next(8) switch
        {
            0 when !isInOrder => Pick(ClusterPaths),
            1 when !isInOrder => Noise(Pick(ClusterPaths)),
            _ => ResourcePath(isInOrder, method),
        };
        if (method == "DELETE" && Lasting.Contains(path))
        {
            method = "GET";
        }

        var request = new HttpRequestMessage(
            new HttpMethod(method), new Uri($"http://127.0.0.1{Escape(path)}{(isInOrder ? "" : Query(method == "GET"))}"));
        if (!isInOrder && Pick(Accepts) is { Length: > 0 } accept)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (method is not ("GET" or "HEAD" or "TRACE") && _random.Next(10) > 0)
        {
            var type = isInOrder ? Types[method == "PATCH" ? _random.Next(5, 9) : 0] : Pick(Types);
            request.Content = new ByteArrayContent(Body(method, path, type));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return request;
    }

    private string ResourcePath(bool isInOrder, string method)
    {
        if (isInOrder)
        {
            var resource = Resources[_random.Next(13)].Replace("|", "namespaces/default/", StringComparison.Ordinal);
            return method == "POST"
                ? $"/{resource}"
                : $"/{resource}/{Names[_random.Next(4)]}{(method == "DELETE" ? "" : Subresources[_random.Next(6)])}";
        }

        var (root, plural) = (Pick(Resources).Split('|') is [var r, var p]) ? (r, p) : ("", "");
        var ns = Pick(Namespaces);
        var name = _random.Next(3) == 0 ? "" : $"/{(_random.Next(3) > 0 ? Names[_random.Next(4)] : Pick(Names))}";
        return $"/{root}{(_random.Next(8) == 0 ? "" : $"namespaces/{ns}/")}{plural}{name}{(name.Length > 0 ? Pick(Subresources) : "")}";
    }

    private string Query(bool isRead)
    {
        if (_random.Next(3) == 0)
        {
            return "";
        }

        var parameters = new List<string>();
        for (var i = _random.Next(4); i > 0; i--)
        {
            parameters.Add($"{Uri.EscapeDataString(Pick(Parameters))}={Uri.EscapeDataString(Pick(Values))}");
        }

        if (isRead && _random.Next(20) == 0)
        {
            parameters.Add("watch=1");
        }

        return $"?{string.Join('&', parameters)}";
    }

    private byte[] Body(string method, string path, string type)
    {
        switch (_random.Next(12))
        {
            case 0:
                var noise = new byte[_random.Next(64)];
                _random.NextBytes(noise);
                return noise;
            case 1:
                var depth = _random.Next(2000);
                return Encoding.UTF8.GetBytes(new string('[', depth) + (_random.Next(2) == 0 ? new string(']', depth) : ""));
            case 2:
                return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", _random.Next(1200))) + "1");
            case 3:
                return Encoding.UTF8.GetBytes(Pick(["", "null", "1", "\"x\"", "{}", "[]", "{\"a\":1,\"a\":2}", "&a [*a]", "*x", "a: &b {<<: *b}", Aliases, "---\n---\n", "- - - -", "\t", "\ufeff{}", "{\"a\":1e999}", "\"\\ud800\""]));
        }

        var body = method == "PATCH" && type == "application/json-patch+json" ? JsonPatch() : Object(path);
        var text = body?.ToJsonString() ?? "null";
        return Encoding.UTF8.GetBytes(_random.Next(6) switch
        {
            0 => text[.._random.Next(text.Length)],
            1 => Noise(text),
            _ => text,
        });
    }

    private JsonArray JsonPatch()
    {
        var patch = new JsonArray();
        for (var i = _random.Next(5); i > 0; i--)
        {
            patch.Add(_random.Next(10) == 0 ? Anything(0) : new JsonObject
            {
                ["op"] = Pick(["add", "remove", "replace", "move", "copy", "test", "x"]),
                ["path"] = Pick(["", "/", "/metadata/labels", "/metadata/labels/a", "/data", "/data/x", "/spec/replicas", "/metadata/finalizers/-", "/metadata/finalizers/0", "/a/b/c", "/~0", "/~2", "x", "/metadata", "/kind", "/spec/list/99999999999"]),
                ["from"] = Pick(["/data", "", "/metadata", "/spec"]),
                ["value"] = Anything(0),
            });
        }

        return patch;
    }

    private JsonNode? Object(string path)
    {
        if (_random.Next(8) == 0)
        {
            return Anything(0);
        }

        var obj = path switch
        {
            _ when path.Contains("customresourcedefinitions", StringComparison.Ordinal) => Definition(),
            _ when path.Contains("deployments", StringComparison.Ordinal) || path.Contains("replicasets", StringComparison.Ordinal) => Workload(
                path.Contains("deployments", StringComparison.Ordinal) ? "Deployment" : "ReplicaSet"),
            _ when path.Contains("pods", StringComparison.Ordinal) => Typed(
                "v1", "Pod", """{"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}]}}"""),
            _ when path.Contains("services", StringComparison.Ordinal) => Typed(
                "v1", "Service", """{"spec":{"ports":[{"port":80,"targetPort":"http"}],"selector":{"a":"b"}}}"""),
            _ when path.Contains("secrets", StringComparison.Ordinal) => Typed("v1", "Secret", """{"data":{"x":"eA=="},"stringData":{"y":"z"}}"""),
            _ when path.Contains("leases", StringComparison.Ordinal) => Typed(
                "coordination.k8s.io/v1", "Lease", """{"spec":{"holderIdentity":"x","renewTime":"2026-01-01T00:00:00.000000Z"}}"""),
            _ when path.Contains("things", StringComparison.Ordinal) => Typed(
                path.Contains("v2", StringComparison.Ordinal) ? "example.com/v2" : "example.com/v1",
                "Thing",
                """{"spec":{"replicas":1,"size":3,"list":[{"name":"a","value":1}],"set":["a"],"any":{"x":1},"port":"http"},"status":{"ready":true}}"""),
            _ when path.Contains("namespaces/", StringComparison.Ordinal)
                && !path.Contains("configmaps", StringComparison.Ordinal) => Typed("v1", "Namespace", """{"spec":{"finalizers":[]}}"""),
            _ => Typed("v1", "ConfigMap", """{"data":{"a":"1"},"binaryData":{"b":"eA=="}}"""),
        };
        for (var i = _random.Next(4); i > 0; i--)
        {
            Disturb(obj, 0);
        }

        return obj;
    }

    private JsonObject Typed(string apiVersion, string kind, string rest)
    {
        var obj = (JsonObject)JsonNode.Parse(rest)!;
        obj["apiVersion"] = apiVersion;
        obj["kind"] = kind;
        var metadata = new JsonObject { ["name"] = Names[_random.Next(4)] };
        obj["metadata"] = metadata;
        switch (_random.Next(10))
        {
            case 0:
                metadata["labels"] = new JsonObject { ["a"] = Pick(["b", "c", "1", "not valid!"]) };
                break;
            case 1:
                metadata["finalizers"] = new JsonArray("example.com/f");
                break;
            case 2:
                metadata["ownerReferences"] = new JsonArray(
                    new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["name"] = "a", ["uid"] = "u" });
                break;
            case 3:
                metadata.Remove("name");
                metadata["generateName"] = "g-";
                break;
            case 4:
                metadata["resourceVersion"] = Pick(["1", "", "x", "100"]);
                break;
        }

        return obj;
    }

    private JsonObject Workload(string kind) => Typed(
        "apps/v1", kind, """{"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}""");

    private JsonObject Definition()
    {
        var obj = Typed("apiextensions.k8s.io/v1", "CustomResourceDefinition", """
            {"spec":{"group":"example.com","scope":"Namespaced","names":{"kind":"Other","plural":"others"},"versions":[{"name":"v1","served":true,"storage":true,
            "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string","pattern":"^a"},"b":{"type":"array","items":{"type":"integer"}}}}}}}}]}}
            """);
        obj["metadata"]!["name"] = "others.example.com";
        return obj;
    }

    /// <summary>Puts something somewhere where it may not belong.</summary>
    private void Disturb(JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } obj when depth < 6 && _random.Next(4) > 0:
                var key = obj.ElementAt(_random.Next(obj.Count)).Key;
                Disturb(obj[key], depth + 1);
                if (_random.Next(4) == 0)
                {
                    obj[key] = Anything(depth);
                }

                break;
            case JsonObject obj:
                obj[Pick(Fields)] = Anything(depth);
                break;
            case JsonArray { Count: > 0 } array when _random.Next(2) == 0:
                array[_random.Next(array.Count)] = Anything(depth);
                break;
            case JsonArray array:
                array.Add(Anything(depth));
                break;
        }
    }

    private JsonNode? Anything(int depth) => _random.Next(depth > 3 ? 9 : 12) switch
    {
        0 => null,
        1 => JsonValue.Create(_random.Next(-2, 100)),
        2 => JsonValue.Create(true),
        3 => JsonValue.Create(""),
        4 => JsonValue.Create(Pick(Names)),
        5 => JsonNode.Parse(Pick(["1e400", "-0", "1.5", "99999999999999999999999", "0.1e-5"])),
        6 => JsonValue.Create(Pick(["Object", "array", "integer", "x", "2026-01-01T00:00:00Z", "100m", "(", "*"])),
        7 => new JsonArray(),
        8 => new JsonObject(),
        9 => new JsonArray(Anything(depth + 1), Anything(depth + 1)),
        _ => new JsonObject { [Pick(Fields)] = Anything(depth + 1) },
    };

    private string Noise(string text)
    {
        var noisy = new StringBuilder(text);
        for (var i = _random.Next(1, 4); i > 0 && noisy.Length > 1; i--)
        {
            var at = _random.Next(1, noisy.Length);
            switch (_random.Next(3))
            {
                case 0:
                    noisy.Remove(at, 1);
                    break;
                case 1:
                    noisy.Insert(at, (char)_random.Next(32, 256));
                    break;
                default:
                    noisy[at] = Pick(["{", "}", "[", "]", "\"", ",", ":", "\\", "0", "/", "\0", "%"])[0];
                    break;
            }
        }

        return noisy.ToString();
    }

    // Paths may hold anything but what would end them.
    private static string Escape(string path) =>
        string.Join(
            '/', path.Split('/').Select(static p => p is ".." or "." ? p.Replace(".", "%2e", StringComparison.Ordinal) : Uri.EscapeDataString(p)));

    private T Pick<T>(T[] of) => of[_random.Next(of.Length)];
}
