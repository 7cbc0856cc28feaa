using System.Text;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Watching;

/// <summary>A parsed <c>fieldSelector</c>. Immutable.</summary>
internal sealed class FieldSelector
{
    public static readonly FieldSelector Everything = new([]);

    private readonly IReadOnlyList<Term> _terms;

    private FieldSelector(IReadOnlyList<Term> terms) => _terms = terms;

    public bool IsEverything => _terms.Count == 0;

    /// <summary>The only name that can match, where the selector says one.</summary>
    public string? Name => _terms.FirstOrDefault(static t => t is { Field: "metadata.name", IsEqual: true })?.Value;

    /// <param name="text">The parameter of the request.</param>
    /// <param name="definition">The kind, which says by which fields its objects can be selected.</param>
    /// <exception cref="ApiException">400: the text is not a selector, or names a field by which the kind cannot be selected.</exception>
    public static FieldSelector Parse(string? text, ResourceDefinition definition)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Everything;
        }

        return new FieldSelector([.. Split(text).Where(static t => t.Length > 0).Select(t => ParseTerm(t, definition))]);
    }

    public bool Matches(StoredObject obj)
    {
        foreach (var term in _terms)
        {
            var value = term.Field switch
            {
                "metadata.name" => obj.Name,
                "metadata.namespace" => obj.Namespace,
                _ => JsonText.FindText(obj.Json.Span, term.Path),
            };
            if (value == term.Value != term.IsEqual)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Splits at commas that are not escaped.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static Term ParseTerm(string text, ResourceDefinition definition)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var (length, isEqual) = text.AsSpan(i) switch
            {
                ['!', '=', ..] => (2, false),
                ['=', '=', ..] => (2, true),
                ['=', ..] => (1, true),
                _ => (0, true),
            };
            if (length > 0)
            {
                var field = text[..i];
                var selectable = definition.FindSelectableField(field) ?? throw ApiErrors.BadRequest($"field label not supported: {field}");
                return new Term(field, [.. selectable.Path], isEqual, Unescape(text[(i + length)..]));
            }
        }

        throw ApiErrors.BadRequest($"invalid selector: '{text}'; can't understand '{text}'");
    }

    private static string Unescape(string text)
    {
        var value = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\')
            {
                i++;
                if (i == text.Length || text[i] is not ('\\' or ',' or '='))
                {
                    throw ApiErrors.BadRequest($"invalid field selector: invalid escape sequence: {text[(i - 1)..]}");
                }

                c = text[i];
            }
            else if (c is '=' or ',')
            {
                throw ApiErrors.BadRequest($"invalid field selector: unescaped character in value: {(int)c}");
            }

            value.Append(c);
        }

        return value.ToString();
    }

    private sealed record Term(string Field, string[] Path, bool IsEqual, string Value);
}
