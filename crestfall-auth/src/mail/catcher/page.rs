//! The pages: no request leaves them, and what a mail holds runs nowhere.

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderName, HeaderValue};

use super::{Content, Message};

const CSS: &str = include_str!("page.css");

/// A mail's own HTML: styles, and images it brings along; links open outside.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

pub(super) fn index(path: &str, messages: &[Message]) -> Response {
    let base = base(path.trim_end_matches('/'));
    let newest = messages.first().map_or(0, |message| message.id);
    let rows: String = messages.iter().map(|message| row(&base, message)).collect();
    let list = if rows.is_empty() {
        "<p class=\"empty\" data-newest=\"0\">No mail yet. What this server would send appears here.</p>".to_owned()
    } else {
        format!("<ul data-newest=\"{newest}\">{rows}</ul>")
    };
    let content = format!(
        "<header><h1>Mail</h1><button type=\"button\" data-clear>Empty</button></header>{list}"
    );
    page("Mail", &base, &content)
}

fn row(base: &str, message: &Message) -> String {
    let (title, about) = match &message.content {
        Content::Mail(mail) => (
            &mail.content.subject,
            format!("{} · {}", mail.to, mail.kind.name()),
        ),
        Content::Sms { to, text, .. } => (text, format!("{to} · text message")),
    };
    format!(
        "<li><a href=\"{base}mails/{}\"><strong>{}</strong><time class=\"soft\">{}</time><span class=\"soft\">{}</span></a></li>",
        message.id,
        escape(title),
        message.at.format("%H:%M:%S UTC"),
        escape(&about),
    )
}

pub(super) fn message(path: &str, message: &Message) -> Response {
    let id = message.id;
    let end = path.rfind("/mails/").unwrap_or_default();
    let base = base(path.get(..end).unwrap_or_default());
    // Without the slash: the router knows no other.
    let index = if base == "/" {
        &base
    } else {
        base.trim_end_matches('/')
    };
    let (title, to, body) = match &message.content {
        Content::Mail(mail) => {
            let text = escape(&mail.content.text);
            let frame = format!(
                "<iframe title=\"The mail\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"{id}/html\"></iframe>\
                 <h2>Text part</h2><pre>{text}</pre><p><a href=\"{id}/raw\">Raw</a></p>"
            );
            (&mail.content.subject, &mail.to, frame)
        }
        Content::Sms { to, text, .. } => (text, to, format!("<pre>{}</pre>", escape(text))),
    };
    let content = format!(
        "<p><a href=\"{index}\">All mail</a></p><h1>{}</h1><p class=\"soft\">To {} · {}</p>{body}",
        escape(title),
        escape(to),
        message.at.format("%F %T UTC"),
    );
    page(title, &base, &content)
}

pub(super) fn mail_html(html: &str) -> Response {
    // Links leave the frame.
    let html = format!("<base target=\"_blank\">{html}");
    with_policy(Html(html).into_response(), MAIL_POLICY)
}

pub(super) fn raw(message: &Message) -> Response {
    let raw = match &message.content {
        Content::Mail(mail) => format!(
            "To: {}\nSubject: {}\nDate: {}\nMessage-ID: {}\nX-Kind: {}\n\n--- text/plain\n{}\n--- text/html\n{}",
            mail.to,
            mail.content.subject,
            mail.written_at.to_rfc2822(),
            mail.message_id,
            mail.kind.name(),
            mail.content.text,
            mail.content.html,
        ),
        Content::Sms { to, text, .. } => format!("To: {to}\n\n{text}"),
    };
    let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    with_policy((plain, raw).into_response(), "default-src 'none'; sandbox")
}

pub(super) async fn script() -> Response {
    let script = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
    private((script, include_str!("page.js")).into_response())
}

/// The path of the router, escaped, with a slash at the end.
fn base(path: &str) -> String {
    format!("{}/", escape(path))
}

fn page(title: &str, base: &str, content: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{CSS}</style></head>\
         <body data-base=\"{base}\"><main>{content}</main><script src=\"{base}catcher.js\" defer></script></body></html>",
        escape(title)
    );
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, CSS.as_bytes());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'self'; connect-src 'self'; \
         frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        STANDARD.encode(digest)
    );
    with_policy(Html(page).into_response(), &policy)
}

fn with_policy(mut response: Response, policy: &str) -> Response {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    private(response)
}

/// Nothing of this is kept or guessed.
pub(super) fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
