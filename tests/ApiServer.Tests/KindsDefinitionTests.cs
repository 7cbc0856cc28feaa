using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

/// <summary>CustomResourceDefinitions. Each expected error is what a Kubernetes 1.36 API server answered to the same definition.</summary>
public sealed class KindsDefinitionTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 16, 24, 32, TimeSpan.Zero));
    private readonly ResourceRegistry _registry;

    public KindsDefinitionTests() => _registry = new ResourceRegistry(_time);

    private ResourceDefinition Kind => _registry.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!;

    [Theory]
    [InlineData("""{"metadata": {"name": "other.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|metadata.name|Invalid value: "other.schemaprobe2.example.com": must be spec.names.plural+"."+spec.group
        """)]
    [InlineData("""{"metadata": {"name": "ws.nodot"}, "spec": {"group": "nodot", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.group|Invalid value: "nodot": should be a domain with at least one dot
        """)]
    [InlineData("""{"metadata": {"name": "ws.x.k8s.io"}, "spec": {"group": "x.k8s.io", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueRequired|metadata.annotations[api-approved.kubernetes.io]|Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Foo", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueNotSupported|spec.scope|Unsupported value: "Foo": supported values: "Cluster", "Namespaced"
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueRequired|spec.scope|Required value
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|metadata.name|Invalid value: "ws.schemaprobe2.example.com": must be spec.names.plural+"."+spec.group
        FieldValueRequired|spec.group|Required value
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueRequired|spec.names.singular|Required value
        FieldValueRequired|spec.names.kind|Required value
        FieldValueRequired|spec.names.listKind|Required value
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "1W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.names.singular|Invalid value: "1w": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        FieldValueInvalid|spec.names.kind|Invalid value: "1W": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        FieldValueInvalid|spec.names.listKind|Invalid value: "1WList": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W", "singular": "W_"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.names.singular|Invalid value: "W_": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W", "shortNames": ["A"]}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.names.shortNames[0]|Invalid value: "A": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W", "listKind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.names.listKind|Invalid value: "W": kind and listKind may not be the same
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true}]}}""", """
        FieldValueRequired|spec.versions[0].schema.openAPIV3Schema|Required value
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "V1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.versions[0].name|Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        FieldValueInvalid|spec.version|Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "string", "properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueInvalid|spec.validation.openAPIV3Schema.type|Invalid value: "string": must be object at the root
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"properties": {"spec": {"type": "object"}}}}}]}}""", """
        FieldValueRequired|spec.validation.openAPIV3Schema.type|Required value: must not be empty at the root
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}, "additionalProperties": {"type": "string"}}}}]}}""", """
        FieldValueForbidden|spec.validation.openAPIV3Schema.additionalProperties|Forbidden: must not be used at the root
        FieldValueForbidden|spec.validation.openAPIV3Schema.additionalProperties|Forbidden: additionalProperties and properties are mutual exclusive
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}, "metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}}}}]}}""", """
        FieldValueForbidden|spec.validation.openAPIV3Schema.properties[metadata]|Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}, "kind": {"type": "integer"}}}}}]}}""", """
        FieldValueInvalid|spec.validation.openAPIV3Schema.properties[kind].type|Invalid value: "integer": must be string
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}, "nullable": true}}}]}}""", """
        FieldValueForbidden|spec.validation.openAPIV3Schema.nullable|Forbidden: nullable cannot be true at the root
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "additionalPrinterColumns": [{"name": "a", "type": "foo", "jsonPath": ".a"}]}]}}""", """
        FieldValueInvalid|spec.additionalPrinterColumns[0].type|Invalid value: "foo": must be one of boolean,date,integer,number,string
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "additionalPrinterColumns": [{"name": "a", "type": "string", "jsonPath": "a"}]}]}}""", """
        FieldValueInvalid|spec.additionalPrinterColumns[0].JSONPath|Invalid value: "a": must be a simple json path starting with .
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "additionalPrinterColumns": [{"name": "a"}]}]}}""", """
        FieldValueRequired|spec.additionalPrinterColumns[0].type|Required value: must be one of boolean,date,integer,number,string
        FieldValueRequired|spec.additionalPrinterColumns[0].JSONPath|Required value
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "additionalPrinterColumns": [{"name": "", "type": "string", "format": "x", "jsonPath": ".a"}]}]}}""", """
        FieldValueRequired|spec.additionalPrinterColumns[0].name|Required value
        FieldValueInvalid|spec.additionalPrinterColumns[0].format|Invalid value: "x": must be one of byte,date,date-time,double,float,int32,int64,password
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "subresources": {"scale": {"specReplicasPath": "spec.x", "statusReplicasPath": ".spec.y", "labelSelectorPath": ".foo"}}}]}}""", """
        FieldValueInvalid|spec.subresources.scale.specReplicasPath|Invalid value: "spec.x": must be a simple json path starting with .
        FieldValueInvalid|spec.subresources.scale.statusReplicasPath|Invalid value: ".spec.y": should be a json path under .status
        FieldValueInvalid|spec.subresources.scale.labelSelectorPath|Invalid value: ".foo": should be a json path under either .spec or .status
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "subresources": {"scale": {}}}]}}""", """
        FieldValueRequired|spec.subresources.scale.specReplicasPath|Required value
        FieldValueRequired|spec.subresources.scale.statusReplicasPath|Required value
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "selectableFields": [{"jsonPath": ".spec"}, {"jsonPath": ".foo"}, {"jsonPath": "spec"}, {"jsonPath": ".metadata.name"}]}]}}""", """
        FieldValueInvalid|spec.selectableFields[0].jsonPath|Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.
        FieldValueInvalid|spec.selectableFields[1].jsonPath|Invalid value: ".foo": is an invalid path: does not refer to a valid field
        FieldValueInvalid|spec.selectableFields[2].jsonPath|Invalid value: "spec": is an invalid path: expected [ or . but got: spec
        FieldValueInvalid|spec.selectableFields[3].jsonPath|Invalid value: ".metadata.name": is an invalid path: does not refer to a valid field
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}], "conversion": {"strategy": "Foo"}}}""", """
        FieldValueNotSupported|spec.conversion.strategy|Unsupported value: "Foo": supported values: "None", "Webhook"
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}], "preserveUnknownFields": true}}""", """
        FieldValueInvalid|spec.preserveUnknownFields|Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead
        """)]
    [InlineData("""{"metadata": {"name": "ws.schemaprobe2.example.com"}, "spec": {"group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}, "deprecationWarning": "x"}]}}""", """
        FieldValueInvalid|spec.versions[0].deprecationWarning|Invalid value: "x": can only be set for deprecated versions
        """)]
    public void A_definition_that_breaks_a_rule_is_refused_as_kubernetes_refuses_it(string definition, string expected) =>
        AssertErrors(JsonNode.Parse(definition)!.AsObject(), expected);

    // SPEC stands for spec.validation.openAPIV3Schema.properties[spec]: what all versions have in common is told there.
    [Theory]
    [InlineData("""{"type": "foo"}""", """
        FieldValueNotSupported|SPEC.type|Unsupported value: "foo": supported values: "array", "boolean", "integer", "number", "object", "string"
        """)]
    [InlineData("""{"properties": {"a": {"type": "string"}}}""", """
        FieldValueRequired|SPEC.type|Required value: must not be empty for specified object fields
        """)]
    [InlineData("""{"type": "array"}""", """
        FieldValueRequired|SPEC.items|Required value: must be specified
        """)]
    [InlineData("""{"type": "array", "items": [{"type": "string"}]}""", """
        FieldValueForbidden|SPEC.items|Forbidden: items must be a schema object and not an array
        """)]
    [InlineData("""{"type": "array", "items": {}}""", """
        FieldValueRequired|SPEC.items.type|Required value: must not be empty for specified array items
        """)]
    [InlineData("""{"$ref": "#/x"}""", """
        FieldValueForbidden|SPEC.$ref|Forbidden: $ref is not supported
        """)]
    [InlineData("""{"type": "object", "patternProperties": {"a": {"type": "string"}}}""", """
        FieldValueForbidden|SPEC.patternProperties|Forbidden: patternProperties is not supported
        """)]
    [InlineData("""{"type": "object", "id": "x"}""", """
        FieldValueForbidden|SPEC.id|Forbidden: id is not supported
        """)]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}}""", """
        FieldValueForbidden|SPEC.additionalProperties|Forbidden: additionalProperties and properties are mutual exclusive
        """)]
    [InlineData("""{"type": "array", "uniqueItems": true, "items": {"type": "string"}}""", """
        FieldValueForbidden|SPEC.uniqueItems|Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic
        """)]
    [InlineData("""{"type": "object", "x-kubernetes-preserve-unknown-fields": false}""", """
        FieldValueInvalid|SPEC.x-kubernetes-preserve-unknown-fields|Invalid value: false: must be true or undefined
        """)]
    [InlineData("""{"type": "object", "x-kubernetes-map-type": "foo"}""", """
        FieldValueNotSupported|SPEC.x-kubernetes-map-type|Unsupported value: "foo": supported values: "atomic", "granular"
        """)]
    [InlineData("""{"type": "string", "x-kubernetes-map-type": "atomic"}""", """
        FieldValueInvalid|SPEC.type|Invalid value: "string": must be object if x-kubernetes-map-type is specified
        """)]
    [InlineData("""{"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "foo"}""", """
        FieldValueNotSupported|SPEC.x-kubernetes-list-type|Unsupported value: "foo": supported values: "atomic", "set", "map"
        """)]
    [InlineData("""{"type": "object", "x-kubernetes-list-type": "set"}""", """
        FieldValueInvalid|SPEC.type|Invalid value: "object": must be array if x-kubernetes-list-type is specified
        """)]
    [InlineData("""{"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}}""", """
        FieldValueInvalid|SPEC.items.x-kubernetes-map-type|Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set
        """)]
    [InlineData("""{"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object"}}""", """
        FieldValueRequired|SPEC.x-kubernetes-list-map-keys|Required value: must not be empty if x-kubernetes-list-type is map
        """)]
    [InlineData("""{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b", "a"], "items": {"type": "object", "properties": {"a": {"type": "string"}}}}""", """
        FieldValueInvalid|SPEC.x-kubernetes-list-map-keys|Invalid value: ["a","b","a"]: entries must all be names of item properties
        FieldValueInvalid|SPEC.x-kubernetes-list-map-keys|Invalid value: ["a","b","a"]: must not contain duplicate entries
        FieldValueRequired|SPEC.items.properties[a].default|Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property
        FieldValueRequired|SPEC.items.properties[a].default|Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property
        """)]
    [InlineData("""{"type": "array", "x-kubernetes-list-map-keys": ["a"], "items": {"type": "object"}}""", """
        FieldValueRequired|SPEC.x-kubernetes-list-type|Required value: must be map if x-kubernetes-list-map-keys is non-empty
        """)]
    [InlineData("""{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"], "items": {"type": "string"}}""", """
        FieldValueInvalid|SPEC.items.type|Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map
        """)]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"type": "object", "properties": {"a": {"type": "string", "description": "x"}, "b": {"minLength": 1}}}]}""", """
        FieldValueForbidden|SPEC.anyOf[0].properties[a].description|Forbidden: must be empty to be structural
        FieldValueForbidden|SPEC.anyOf[0].properties[a].type|Forbidden: must be empty to be structural
        FieldValueForbidden|SPEC.anyOf[0].type|Forbidden: must be empty to be structural
        """)]
    [InlineData("""{"type": "string", "pattern": "(?=a)"}""", """
        FieldValueInvalid|SPEC.pattern|Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: `(?=`
        """)]
    [InlineData("""{"type": "string", "pattern": "[a"}""", """
        FieldValueInvalid|SPEC.pattern|Invalid value: "[a": must be a valid regular expression, but isn't: error parsing regexp: missing closing ]: `[a`
        """)]
    [InlineData("""{"type": "string", "pattern": "a)"}""", """
        FieldValueInvalid|SPEC.pattern|Invalid value: "a)": must be a valid regular expression, but isn't: error parsing regexp: unexpected ): `a)`
        """)]
    [InlineData("""{"type": "string", "pattern": "*a"}""", """
        FieldValueInvalid|SPEC.pattern|Invalid value: "*a": must be a valid regular expression, but isn't: error parsing regexp: missing argument to repetition operator: `*`
        """)]
    [InlineData("""{"type": "object", "default": {"x": 1}, "properties": {"a": {"type": "string"}}}""", """
        FieldValueInvalid|SPEC.default|Invalid value: {"x":1}: must not have unknown fields
        """)]
    [InlineData("""{"type": "integer", "default": "x"}""", """
        FieldValueTypeInvalid|SPEC.default|Invalid value: "string":  in body must be of type integer: "string"
        """)]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string", "maxLength": 1, "default": "xx"}}}""", """
        FieldValueTooLong|SPEC.properties[a].default|Too long: may not be more than 1 byte
        """)]
    [InlineData("""{"type": "object", "x-kubernetes-embedded-resource": true}""", """
        FieldValueRequired|SPEC.properties|Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields
        """)]
    [InlineData("""{"x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true}""", """
        FieldValueInvalid|SPEC.x-kubernetes-preserve-unknown-fields|Invalid value: true: must be false if x-kubernetes-int-or-string is true
        """)]
    public void A_schema_that_is_not_structural_is_refused_as_kubernetes_refuses_it(string schema, string expected) =>
        AssertErrors(WithSchema(schema), expected.Replace("SPEC", "spec.validation.openAPIV3Schema.properties[spec]", StringComparison.Ordinal));

    [Theory]
    [InlineData("""{"type": "string"}""")]
    [InlineData("""{"type": "object", "additionalProperties": {"type": "string"}}""")]
    [InlineData("""{"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}""")]
    [InlineData("""{"x-kubernetes-int-or-string": true, "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "a"}]}""")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string", "default": "x"}}, "oneOf": [{"required": ["a"]}]}""")]
    [InlineData("""{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"], "items": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}""")]
    public void A_structural_schema_is_accepted(string schema) => AssertErrors(WithSchema(schema), "");

    [Fact]
    public void A_column_whose_path_cannot_be_read_is_refused()
    {
        var crd = WithSchema("""{"type": "object"}""");
        crd["spec"]!["versions"]![0]!["additionalPrinterColumns"] = JsonNode.Parse("""[{"name": "A", "type": "string", "jsonPath": ".a["}]""");

        AssertErrors(crd, """
            FieldValueInvalid|spec.additionalPrinterColumns[0].JSONPath|Invalid value: ".a[": The path '.a[' cannot be read at position 3: ']' is missing.
            """);
    }

    [Fact]
    public void A_definition_whose_versions_differ_is_refused_at_the_version()
    {
        var crd = WithSchema("""{"type": "object"}""");
        crd["spec"]!["versions"]!.AsArray().Add(
            JsonNode.Parse("""{"name": "v2", "served": true, "storage": false, "schema": {"openAPIV3Schema": {"type": "string"}}}"""));

        AssertErrors(crd, """FieldValueInvalid|spec.versions[1].schema.openAPIV3Schema.type|Invalid value: "string": must be object at the root""");
    }

    [Fact]
    public void Exactly_one_version_is_the_one_that_is_stored()
    {
        var none = WithSchema("""{"type": "object"}""");
        none["spec"]!["versions"]![0]!["storage"] = false;
        var two = WithSchema("""{"type": "object"}""");
        two["spec"]!["versions"]!.AsArray().Add(
            JsonNode.Parse("""{"name": "v2", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}"""));

        Assert.Equal(
            ["spec.versions: must have exactly one version marked as storage version", "status.storedVersions: must have at least one stored version"],
            Errors(none).Select(e => $"{e.Field}: {e.Message[(e.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]}"));
        Assert.Equal(
            ["spec.versions: must have exactly one version marked as storage version", "status.storedVersions: must have the storage version v2"],
            Errors(two).Select(e => $"{e.Field}: {e.Message[(e.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]}"));
    }

    [Fact]
    public void Unknown_fields_and_keywords_are_taken_out_and_named()
    {
        var crd = WithSchema("""{"type": "object", "foo": "bar", "properties": {"a": {"type": "string", "fooo": 1}}}""");
        crd["spec"]!["foo"] = 1;

        var unknown = Admission.Normalize(Kind, crd);

        Assert.Equal(
            ["spec.foo", "spec.versions[0].schema.openAPIV3Schema.properties.spec.foo", "spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.a.fooo"],
            unknown);
        Assert.Equal(
            """{"type":"string"}""",
            crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!["a"]!.ToJsonString());
    }

    [Fact]
    public void Formats_and_rules_that_nothing_checks_are_warned_of()
    {
        var crd = WithSchema("""{"type": "object", "properties": {"a": {"type": "string", "format": "foo"}}, "x-kubernetes-validations": [{"rule": "has(self.a)"}]}""");

        Assert.Equal(
            [
                "unrecognized format \"foo\"",
                "x-kubernetes-validations at .properties[spec] is not evaluated by this server: has(self.a)",
            ],
            Kind.Strategy.Warnings(crd));
    }

    [Fact]
    public void A_valid_definition_is_established_at_once()
    {
        var crd = JsonNode.Parse(TestKinds.ThingDefinition)!.AsObject();
        Admission.Normalize(Kind, crd);

        Assert.Empty(Admission.Validate(Kind, crd, old: null));

        Assert.Equal(
            """{"plural":"things","kind":"Thing","shortNames":["th"],"categories":["all"],"singular":"thing","listKind":"ThingList"}""",
            crd["spec"]!["names"]!.ToJsonString());
        Assert.Equal("""{"strategy":"None"}""", crd["spec"]!["conversion"]!.ToJsonString());
        Assert.Equal(
            "NamesAccepted=True NoConflicts: no conflicts found, Established=True InitialNamesAccepted: the initial names have been accepted",
            Conditions(crd));
        Assert.Equal("2026-11-22T16:24:32Z", (string?)crd["status"]!["conditions"]![0]!["lastTransitionTime"]);
        Assert.Equal("""["v1"]""", crd["status"]!["storedVersions"]!.ToJsonString());
        Assert.Equal(
            "Thing ThingList things thing",
            string.Join(' ', new[] { "kind", "listKind", "plural", "singular" }.Select(n => (string?)crd["status"]!["acceptedNames"]![n])));
    }

    [Fact]
    public void A_name_that_another_resource_has_is_not_accepted()
    {
        TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        var crd = JsonNode.Parse(TestKinds.ThingDefinition.Replace("things", "others", StringComparison.Ordinal))!.AsObject();
        Admission.Normalize(Kind, crd);

        Assert.Empty(Admission.Validate(Kind, crd, old: null));
        _registry.Apply(crd);

        Assert.Equal(
            "NamesAccepted=False ListKindConflict: \"ThingList\" is already in use, Established=False NotAccepted: not all names are accepted",
            Conditions(crd));
        Assert.Null(_registry.Find("schemaprobe.example.com", "v1", "others"));
    }

    [Fact]
    public void Scope_and_kind_of_an_established_definition_cannot_change()
    {
        var old = JsonNode.Parse(TestKinds.ThingDefinition)!.AsObject();
        Admission.Normalize(Kind, old);
        Admission.Validate(Kind, old, old: null);
        var crd = old.DeepClone().AsObject();
        crd["spec"]!["scope"] = "Cluster";
        crd["spec"]!["names"]!["kind"] = "Thong";

        Assert.Equal(
            ["spec.scope: Invalid value: \"Cluster\": field is immutable", "spec.names.kind: Invalid value: \"Thong\": field is immutable"],
            Admission.Validate(Kind, crd, old).Select(e => $"{e.Field}: {e.Message}"));
    }

    [Fact]
    public void A_version_in_which_objects_may_be_stored_stays()
    {
        var old = JsonNode.Parse(TestKinds.ThingDefinition)!.AsObject();
        Admission.Normalize(Kind, old);
        Admission.Validate(Kind, old, old: null);
        var crd = old.DeepClone().AsObject();
        crd["spec"]!["versions"]![0]!["name"] = "v2";

        var error = Assert.Single(Admission.Validate(Kind, crd, old), e => e.Field == "status.storedVersions[0]");

        Assert.StartsWith(
            "Invalid value: \"v1\": missing from spec.versions; v1 was previously a storage version", error.Message, StringComparison.Ordinal);
    }

    private static string Conditions(JsonObject crd) =>
        string.Join(", ", crd["status"]!["conditions"]!.AsArray().Select(c => $"{c!["type"]}={c["status"]} {c["reason"]}: {c["message"]}"));

    private static JsonObject WithSchema(string schema) => JsonNode.Parse($$"""
        {
          "metadata": {"name": "ws.schemaprobe2.example.com"},
          "spec": {
            "group": "schemaprobe2.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {{schema}} } } } }]
          }
        }
        """)!.AsObject();

    private void AssertErrors(JsonObject crd, string expected) => Assert.Equal(
        expected.Trim().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        Errors(crd).Select(e => $"{e.Reason}|{e.Field}|{e.Message}"));

    private IReadOnlyList<FieldError> Errors(JsonObject crd)
    {
        Admission.Normalize(Kind, crd);
        return Admission.Validate(Kind, crd, old: null);
    }
}
