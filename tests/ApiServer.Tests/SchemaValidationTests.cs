using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Each expected text is what a Kubernetes 1.36 API server answered to the same object under the same schema.</summary>
public sealed class SchemaValidationTests
{
    private static readonly StructuralSchema Schema = StructuralSchema.Parse(JsonNode.Parse("""
        {
          "type": "object", "required": ["spec"],
          "properties": {
            "spec": {
              "type": "object", "required": ["image"],
              "properties": {
                "image": {"type": "string", "minLength": 1, "maxLength": 20},
                "replicas": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 10},
                "ex": {"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 10, "exclusiveMaximum": true, "multipleOf": 3},
                "num": {"type": "number", "minimum": 0.5, "maximum": 1.5},
                "mul": {"type": "number", "multipleOf": 0.5},
                "i64": {"type": "integer", "format": "int64"},
                "mode": {"type": "string", "enum": ["a", "b"]},
                "ienum": {"type": "integer", "enum": [1, 2]},
                "name": {"type": "string", "pattern": "^[a-z]+$"},
                "when": {"type": "string", "format": "date-time"},
                "ip": {"type": "string", "format": "ipv4"},
                "byte": {"type": "string", "format": "byte"},
                "bool": {"type": "boolean"},
                "tags": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "ports": {
                  "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
                  "items": {
                    "type": "object", "required": ["port"],
                    "properties": {"port": {"type": "integer", "minimum": 1, "maximum": 65535}, "protocol": {"type": "string", "default": "TCP"}}
                  }
                },
                "conds": {
                  "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
                  "items": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, "status": {"type": "string"}}}
                },
                "labels": {"type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties": {"type": "string"}},
                "ios": {"x-kubernetes-int-or-string": true},
                "iosp": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^[0-9]+%$"},
                "nul": {"type": "string", "nullable": true},
                "nuld": {"type": "string", "default": "dd"},
                "emb": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true},
                "one": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
                "anyof": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
                "allof": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "allOf": [{"required": ["a"]}, {"required": ["b"]}]},
                "not": {"type": "object", "properties": {"a": {"type": "string"}}, "not": {"required": ["a"]}}
              }
            }
          }
        }
        """)!);

    [Theory]
    [InlineData("""{"ios": 5}""")]
    [InlineData("""{"ios": "5"}""")]
    [InlineData("""{"replicas": 2.0}""")]
    [InlineData("""{"num": 1}""")]
    [InlineData("""{"when": "2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"when": "2026-11-22t10:00:00.123+01:00"}""")]
    [InlineData("""{"when": []}""")]
    [InlineData("""{"byte": "aGk="}""")]
    [InlineData("""{"iosp": 5}""")]
    [InlineData("""{"nul": null}""")]
    [InlineData("""{"one": {"a": "x"}}""")]
    [InlineData("""{"anyof": {"a": "x", "b": "y"}}""")]
    [InlineData("""{"not": {}}""")]
    [InlineData("""{"ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}]}""")]
    public void A_valid_object_has_no_errors(string spec) => Assert.Empty(Validate(spec));

    [Theory]
    [InlineData("""{"image": ""}""", """FieldValueInvalid|spec.image|Invalid value: "": spec.image in body should be at least 1 chars long""")]
    [InlineData("""{"image": "xxxxxxxxxxxxxxxxxxxxx"}""", "FieldValueTooLong|spec.image|Too long: may not be more than 20 bytes")]
    [InlineData("""{"image": 5}""", """
        FieldValueTypeInvalid|spec.image|Invalid value: "integer": spec.image in body must be of type string: "integer"
        """)]
    [InlineData("""{"image": ["a"]}""", """
        FieldValueTypeInvalid|spec.image|Invalid value: "array": spec.image in body must be of type string: "array"
        """)]
    [InlineData(
        """{"replicas": 30}""", "FieldValueInvalid|spec.replicas|Invalid value: 30: spec.replicas in body should be less than or equal to 10")]
    [InlineData(
        """{"replicas": 0}""", "FieldValueInvalid|spec.replicas|Invalid value: 0: spec.replicas in body should be greater than or equal to 1")]
    [InlineData("""{"replicas": "3"}""", """
        FieldValueTypeInvalid|spec.replicas|Invalid value: "string": spec.replicas in body must be of type integer: "string"
        """)]
    [InlineData("""{"replicas": 1.5}""", """
        FieldValueTypeInvalid|spec.replicas|Invalid value: "float64": spec.replicas in body must be of type int32: "float64"
        FieldValueInvalid|<nil>|Invalid value: "": Checked value must be of type integer with format int32 in spec.replicas
        """)]
    [InlineData("""{"replicas": true}""", """
        FieldValueTypeInvalid|spec.replicas|Invalid value: "": spec.replicas in body must be of type int32: ""
        """)]
    [InlineData("""{"replicas": 3000000000}""", """
        FieldValueInvalid|<nil>|Invalid value: "": Checked value must be of type integer with format int32 in spec.replicas
        FieldValueInvalid|spec.replicas|Invalid value: 3000000000: spec.replicas in body should be less than or equal to 10
        """)]
    [InlineData("""{"ex": 1}""", """
        FieldValueInvalid|spec.ex|Invalid value: 1: spec.ex in body should be a multiple of 3
        FieldValueInvalid|spec.ex|Invalid value: 1: spec.ex in body should be greater than 1
        """)]
    [InlineData("""{"ex": 10}""", """
        FieldValueInvalid|spec.ex|Invalid value: 10: spec.ex in body should be a multiple of 3
        FieldValueInvalid|spec.ex|Invalid value: 10: spec.ex in body should be less than 10
        """)]
    [InlineData("""{"num": 2}""", "FieldValueInvalid|spec.num|Invalid value: 2: spec.num in body should be less than or equal to 1")]
    [InlineData("""{"num": 0.25}""", "FieldValueInvalid|spec.num|Invalid value: 0.25: spec.num in body should be greater than or equal to 0.5")]
    [InlineData("""{"num": 1.75}""", "FieldValueInvalid|spec.num|Invalid value: 1.75: spec.num in body should be less than or equal to 1.5")]
    [InlineData("""{"num": "x"}""", """
        FieldValueTypeInvalid|spec.num|Invalid value: "string": spec.num in body must be of type number: "string"
        """)]
    [InlineData("""{"mul": 0.75}""", "FieldValueInvalid|spec.mul|Invalid value: 0.75: spec.mul in body should be a multiple of 0.5")]
    [InlineData("""{"mul": 1e21}""", "FieldValueInvalid|spec.mul|Invalid value: 1e+21: spec.mul in body should be a multiple of 0.5")]
    [InlineData("""{"i64": true}""", """
        FieldValueTypeInvalid|spec.i64|Invalid value: "": spec.i64 in body must be of type int64: ""
        """)]
    [InlineData("""{"i64": 9223372036854775808}""", """
        FieldValueTypeInvalid|spec.i64|Invalid value: "float64": spec.i64 in body must be of type int64: "float64"
        FieldValueInvalid|<nil>|Invalid value: "": Checked value must be of type integer with format int64 in spec.i64
        """)]
    [InlineData("""{"mode": "x"}""", """
        FieldValueNotSupported|spec.mode|Unsupported value: "x": supported values: "a", "b"
        """)]
    [InlineData("""{"mode": 5}""", """
        FieldValueTypeInvalid|spec.mode|Invalid value: "integer": spec.mode in body must be of type string: "integer"
        FieldValueNotSupported|spec.mode|Unsupported value: 5: supported values: "a", "b"
        """)]
    [InlineData("""{"ienum": 3}""", """
        FieldValueNotSupported|spec.ienum|Unsupported value: 3: supported values: "1", "2"
        """)]
    [InlineData("""{"name": "A"}""", """FieldValueInvalid|spec.name|Invalid value: "A": spec.name in body should match '^[a-z]+$'""")]
    [InlineData("""{"name": "abc\n"}""", """FieldValueInvalid|spec.name|Invalid value: "abc\n": spec.name in body should match '^[a-z]+$'""")]
    [InlineData("""{"when": "x"}""", """
        FieldValueTypeInvalid|spec.when|Invalid value: "x": spec.when in body must be of type date-time: "x"
        """)]
    [InlineData("""{"when": 5}""", """
        FieldValueTypeInvalid|spec.when|Invalid value: "int64": spec.when in body must be of type date-time: "int64"
        """)]
    [InlineData("""{"ip": "1.2"}""", """
        FieldValueTypeInvalid|spec.ip|Invalid value: "1.2": spec.ip in body must be of type ipv4: "1.2"
        """)]
    [InlineData("""{"byte": "$"}""", """
        FieldValueTypeInvalid|spec.byte|Invalid value: "$": spec.byte in body must be of type byte: "$"
        """)]
    [InlineData("""{"bool": "true"}""", """
        FieldValueTypeInvalid|spec.bool|Invalid value: "string": spec.bool in body must be of type boolean: "string"
        """)]
    public void A_scalar_that_breaks_the_schema_is_told_as_kubernetes_tells_it(string spec, string expected) => AssertErrors(spec, expected);

    [Theory]
    [InlineData("""{"tags": []}""", "FieldValueInvalid|spec.tags|Invalid value: 0: spec.tags in body should have at least 1 items")]
    [InlineData("""{"tags": ["a", "b", "c", "d"]}""", "FieldValueTooMany|spec.tags|Too many: 4: must have at most 3 items")]
    [InlineData("""{"tags": ["a", "a"]}""", """
        FieldValueDuplicate|spec.tags[1]|Duplicate value: "a"
        """)]
    [InlineData("""{"tags": ["a", 5]}""", """
        FieldValueTypeInvalid|spec.tags[1]|Invalid value: "integer": spec.tags[1] in body must be of type string: "integer"
        """)]
    [InlineData("""{"tags": {}}""", """
        FieldValueTypeInvalid|spec.tags|Invalid value: "object": spec.tags in body must be of type array: "object"
        """)]
    [InlineData("""{"tags": [null]}""", """
        FieldValueTypeInvalid|spec.tags[0]|Invalid value: "null": spec.tags[0] in body must be of type string: "null"
        """)]
    [InlineData("""{"ports": [{"port": 80}, {"port": 80}]}""", """FieldValueDuplicate|spec.ports[1]|Duplicate value: {"port":80,"protocol":"TCP"}""")]
    [InlineData("""{"ports": [{"port": 0}, {"protocol": "TCP"}]}""", """
        FieldValueInvalid|spec.ports[0].port|Invalid value: 0: spec.ports[0].port in body should be greater than or equal to 1
        FieldValueRequired|spec.ports[1].port|Required value
        """)]
    [InlineData("""{"conds": [{"type": "a"}, {"type": "a"}]}""", """FieldValueDuplicate|spec.conds[1]|Duplicate value: {"type":"a"}""")]
    [InlineData("""{"conds": [{"type": "a"}, 5]}""", """
        FieldValueTypeInvalid|spec.conds[1]|Invalid value: "integer": spec.conds[1] in body must be of type object: "integer"
        FieldValueInvalid|spec.conds[1]|Invalid value: 5: must be an object for an array of list-type map
        """)]
    [InlineData("""{"labels": {}}""", "FieldValueInvalid|spec.labels|Invalid value: 0: spec.labels in body should have at least 1 properties")]
    [InlineData("""{"labels": {"a": "1", "b": "2", "c": "3"}}""", "FieldValueTooMany|spec.labels|Too many: 3: must have at most 2 items")]
    [InlineData("""{"labels": {"a.b/c": 1}}""", """
        FieldValueTypeInvalid|spec.labels.a.b/c|Invalid value: "integer": spec.labels.a.b/c in body must be of type string: "integer"
        """)]
    public void A_list_or_map_that_breaks_the_schema_is_told_as_kubernetes_tells_it(string spec, string expected) => AssertErrors(spec, expected);

    [Theory]
    [InlineData("""{"ios": true}""", """
        FieldValueTypeInvalid|spec.ios|Invalid value: "boolean": spec.ios in body must be of type integer,string: "boolean"
        """)]
    [InlineData("""{"ios": 1.5}""", """
        FieldValueTypeInvalid|spec.ios|Invalid value: "number": spec.ios in body must be of type integer,string: "number"
        """)]
    [InlineData("""{"iosp": "abc"}""", """FieldValueInvalid|spec.iosp|Invalid value: "abc": spec.iosp in body should match '^[0-9]+%$'""")]
    [InlineData("""{"iosp": true}""", """
        FieldValueTypeInvalid|spec.iosp|Invalid value: "boolean": spec.iosp in body must be of type integer,string: "boolean"
        FieldValueInvalid|<nil>|Invalid value: "": "spec.iosp" must validate at least one schema (anyOf)
        FieldValueTypeInvalid|spec.iosp|Invalid value: "boolean": spec.iosp in body must be of type integer: "boolean"
        """)]
    [InlineData("""{"emb": {"x": 1}}""", """
        FieldValueRequired|spec.emb.apiVersion|Required value
        FieldValueRequired|spec.emb.kind|Required value
        """)]
    [InlineData("""{"one": {}}""", """
        FieldValueInvalid|<nil>|Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid
        FieldValueRequired|spec.one.a|Required value
        """)]
    [InlineData(
        """{"one": {"a": "1", "b": "2"}}""",
        """FieldValueInvalid|<nil>|Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives""")]
    [InlineData("""{"anyof": {}}""", """
        FieldValueInvalid|<nil>|Invalid value: "": "spec.anyof" must validate at least one schema (anyOf)
        FieldValueRequired|spec.anyof.a|Required value
        """)]
    [InlineData("""{"allof": {}}""", """
        FieldValueRequired|spec.allof.a|Required value
        FieldValueRequired|spec.allof.b|Required value
        FieldValueInvalid|<nil>|Invalid value: "": "spec.allof" must validate all the schemas (allOf). None validated
        """)]
    [InlineData("""{"allof": {"a": "x"}}""", """
        FieldValueRequired|spec.allof.b|Required value
        FieldValueInvalid|<nil>|Invalid value: "": "spec.allof" must validate all the schemas (allOf)
        """)]
    [InlineData("""{"not": {"a": "x"}}""", """FieldValueInvalid|<nil>|Invalid value: "": "spec.not" must not validate the schema (not)""")]
    public void A_combined_schema_is_told_as_kubernetes_tells_it(string spec, string expected) => AssertErrors(spec, expected);

    [Fact]
    public void A_missing_required_field_is_told_by_its_path()
    {
        AssertErrors(SchemaValidator.Validate(Schema, JsonNode.Parse("""{"spec": {}}""")!), "FieldValueRequired|spec.image|Required value");
        AssertErrors(SchemaValidator.Validate(Schema, JsonNode.Parse("{}")!), "FieldValueRequired|spec|Required value");
    }

    [Fact]
    public void A_field_that_was_invalid_before_and_is_unchanged_is_not_reported()
    {
        var old = JsonNode.Parse("""{"spec": {"image": "i", "replicas": 30, "mode": "x"}}""")!;
        var changedElsewhere = JsonNode.Parse("""{"spec": {"image": "j", "replicas": 30, "mode": "y"}}""")!;

        AssertErrors(SchemaValidator.Validate(Schema, changedElsewhere, old), """
            FieldValueNotSupported|spec.mode|Unsupported value: "y": supported values: "a", "b"
            """);
    }

    [Fact]
    public void An_unchanged_invalid_item_of_a_list_map_is_found_by_its_key()
    {
        var old = JsonNode.Parse("""{"spec": {"image": "i", "ports": [{"port": 0, "protocol": "TCP"}]}}""")!;
        var added = JsonNode.Parse("""{"spec": {"image": "i", "ports": [{"port": 1, "protocol": "TCP"}, {"port": 0, "protocol": "TCP"}]}}""")!;

        Assert.Empty(SchemaValidator.Validate(Schema, added, old));
    }

    private static void AssertErrors(string spec, string expected) => AssertErrors(Validate(spec), expected);

    private static void AssertErrors(IReadOnlyList<FieldError> errors, string expected) =>
        Assert.Equal(
            expected.Trim().Split('\n', StringSplitOptions.TrimEntries),
            errors.Select(e => $"{e.Reason}|{e.Field}|{e.Message}"));

    private static IReadOnlyList<FieldError> Validate(string spec)
    {
        var obj = JsonNode.Parse($$"""{"spec": {{spec}} }""")!.AsObject();
        if (!obj["spec"]!.AsObject().ContainsKey("image"))
        {
            obj["spec"]!["image"] = "i";
        }

        Defaulter.Apply(Schema, obj);
        return SchemaValidator.Validate(Schema, obj);
    }
}
