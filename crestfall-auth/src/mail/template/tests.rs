use serde_json::json;

use super::*;

const NAMES: &[&str] = &[
    "ConfirmationURL",
    "Email",
    "Token",
    "RedirectTo",
    "SiteURL",
    "Data",
];

fn html(source: &str, data: &Value) -> String {
    Template::parse(source, Form::Html, NAMES)
        .unwrap()
        .render(data)
        .unwrap()
}

fn error(source: &str) -> String {
    Template::parse(source, Form::Html, NAMES)
        .unwrap_err()
        .to_string()
}

fn data() -> Value {
    json!({
        "ConfirmationURL": "https://a.example/auth/v1/verify?token=x&type=signup",
        "Email": "ada@example.com",
        "Token": "123456",
        "SiteURL": "https://app.example",
        "RedirectTo": "https://app.example/next?a=b&c=d",
        "Data": {
            "lang": "de", "n": 3, "vip": true, "roles": ["x", "y"], "none": [], "by": { "b": 2, "a": 1 },
            "evil": "<b>\"&'{{ .Token }}\r\nBcc: x\u{202e}",
            "script": "javascript:alert(1)", "empty": "",
        },
    })
}

#[test]
fn templates_of_gotrue_read_as_they_are() {
    // GT-098, GT-100: forms that GoTrue's users have.
    let cases = [
        ("<p>{{ .Token }}</p>", "<p>123456</p>"),
        ("{{.Email}}", "ada@example.com"),
        ("{{ if .Data.vip }}yes{{ else }}no{{ end }}", "yes"),
        (
            "{{if eq .Data.lang \"en\"}}Hello{{else if eq .Data.lang `de`}}Hallo{{else}}?{{end}}",
            "Hallo",
        ),
        ("{{ if and .Data.vip (not .Data.empty) }}a{{ end }}b", "ab"),
        (
            "{{ range .Data.roles }}[{{ . }} {{ $.Token }}]{{ else }}none{{ end }}",
            "[x 123456][y 123456]",
        ),
        ("{{ range .Data.none }}x{{ else }}none{{ end }}", "none"),
        ("{{ with .Data.by }}{{ .b }}{{ else }}-{{ end }}", "2"),
        ("a {{- /* a remark }} */ -}} b", "ab"),
        ("a\n  {{- .Token -}}\n  b", "a123456b"),
        ("{{ .Data.missing.deep }}|{{ .Data.n }}", "|3"),
        ("{{ slice .Token 0 3 }} {{ slice .Token 3 }}", "123 456"),
        ("{{ printf \"%s-%d%%\" .Token .Data.n }}", "123456-3%"),
        (
            "{{ .Token | len }}{{ index .Data.roles 1 }}{{ index .Data \"lang\" }}",
            "6yde",
        ),
        ("{{ if or (gt .Data.n 5) (le .Data.n 3) }}x{{ end }}", "x"),
        (
            "<!--[if mso]><a href=\"{{ .SiteURL }}\"><![endif]-->",
            "<!--[if mso]><a href=\"https://app.example\"><![endif]-->",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(html(source, &data()), expected, "{source}");
    }
}

#[test]
fn each_place_escapes_in_its_own_way() {
    // SEC-38.
    let cases = [
        (
            "<p title=\"{{ .Data.evil }}\">",
            "<p title=\"&lt;b&gt;&#34;&amp;&#39;{{ .Token }}\r\nBcc: x\">",
        ),
        (
            "<a href=\"{{ .ConfirmationURL }}\">",
            "<a href=\"https://a.example/auth/v1/verify?token=x&amp;type=signup\">",
        ),
        (
            "<a href=\"{{ .SiteURL }}/confirm?token_hash={{ .Token }}&next={{ .RedirectTo }}\">",
            "<a href=\"https://app.example/confirm?token_hash=123456&next=https%3A%2F%2Fapp.example%2Fnext%3Fa%3Db%26c%3Dd\">",
        ),
        (
            "<a href='/x?n={{ .RedirectTo | urlquery }}'>",
            "<a href='/x?n=https%3A%2F%2Fapp.example%2Fnext%3Fa%3Db%26c%3Dd'>",
        ),
        ("<a href=\"{{ .Data.script }}\">", "<a href=\"#\">"),
        ("<img src=\"{{ .Data.evil }}\">", "<img src=\"#\">"),
        (
            "<style>a{b:c}</style>{{ .Token }}",
            "<style>a{b:c}</style>123456",
        ),
        (
            "<a {{ if .Data.vip }}class=\"x\"{{ end }} href=\"{{ .SiteURL }}\">",
            "<a class=\"x\" href=\"https://app.example\">",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(html(source, &data()), expected, "{source}");
    }
    let text = |form| {
        Template::parse("Hi {{ .Data.evil }}\n!", form, NAMES)
            .unwrap()
            .render(&data())
            .unwrap()
    };
    assert_eq!(text(Form::Text), "Hi <b>\"&'{{ .Token }}  Bcc: x\n!");
    assert_eq!(text(Form::Line), "Hi <b>\"&'{{ .Token }} Bcc: x !");
}

#[test]
fn what_is_not_understood_is_an_error_with_its_line() {
    for (source, expected) in [
        (
            "a\n\n{{ .Emial }}",
            "line 3: there is no `.Emial`; there are .ConfirmationURL, ",
        ),
        ("{{ if .Email }}\n{{ .Token", "line 2: `{{` is never closed"),
        ("{{ if .Email }}", "line 1: `if` without `end`"),
        ("{{ if .Email }}{{ else }}", "line 1: `if` without `end`"),
        ("{{ end }}", "line 1: `end` without"),
        ("\n{{ define \"x\" }}", "line 2: `define` is not supported"),
        (
            "{{ $x := 1 }}",
            "line 1: variables such as `$x` are not supported",
        ),
        ("{{ upper .Email }}", "line 1: there is no function `upper`"),
        ("{{ len }}", "line 1: `len` does not take 0 arguments"),
        ("{{ .Email .Token }}", "line 1: `.Token` was not expected"),
        ("{{ }}", "line 1: an expression is missing"),
        (
            "<a href={{ .SiteURL }}>",
            "line 1: a value cannot stand in an attribute without quotes",
        ),
        (
            "<script>{{ .Email }}</script>",
            "line 1: a value cannot stand inside `<script>`",
        ),
        (
            "<p style=\"color: {{ .Email }}\">",
            "line 1: a value cannot stand inside a style",
        ),
        (
            "<p onclick=\"{{ .Email }}\">",
            "line 1: a value cannot stand inside a style, an event",
        ),
        (
            "<p {{ .Email }}>",
            "line 1: a value cannot stand inside a tag",
        ),
        (
            "<!-- {{ .Email }} -->",
            "line 1: a value cannot stand inside a comment",
        ),
        (
            "{{ if .Email }}<a href=\"{{ else }}x{{ end }}",
            "line 1: the ways through this `if` end",
        ),
    ] {
        let error = error(source);
        assert!(error.starts_with(expected), "{source}: {error}");
    }
    let deep = "{{ if .Email }}".repeat(10_000);
    assert!(error(&deep).contains("nested too deeply"));
    let deep = format!("{{{{ {}.Email }}}}", "(".repeat(10_000));
    assert!(error(&deep).contains("nested too deeply"));
    let deep = format!(
        "{{{{ if .Email }}}}{}",
        "{{ else if .Email }}".repeat(10_000)
    );
    assert!(error(&deep).contains("nested too deeply"));
}

#[test]
fn a_text_that_grows_too_long_is_refused() {
    let source = "{{ range .Data.l }}{{ range $.Data.l }}{{ $.Data.t }}{{ end }}{{ end }}";
    let data = json!({ "Data": { "l": vec![1; 1000], "t": "x".repeat(1000) } });
    let template = Template::parse(source, Form::Text, NAMES).unwrap();
    assert_eq!(template.render(&data), Err(TooLong));
}

proptest::proptest! {
    #[test]
    fn no_template_and_no_value_breaks_anything(source in "[-{}./|()$ \"`a-zA-Z<>='%0-9]{0,60}", value: String) {
        for form in [Form::Html, Form::Text, Form::Line] {
            if let Ok(template) = Template::parse(&source, form, NAMES) {
                let _ = template.render(&json!({ "Email": value.clone() }));
            }
        }
    }

    #[test]
    fn a_value_adds_no_markup(value: String) {
        let data = json!({ "Email": value });
        let filled = html("<p title=\"{{ .Email }}\">{{ .Email }}<a href=\"{{ .Email }}\"></a>", &data);
        proptest::prop_assert_eq!(filled.matches('<').count(), 3);
        proptest::prop_assert_eq!(filled.matches('"').count(), 4);
    }
}
