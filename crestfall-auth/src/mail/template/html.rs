//! Where in HTML a hole is: a reader of just so much HTML as decides how to escape.

use super::escape::Escape;

/// Between two characters of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Text between tags.
    #[default]
    Text,
    /// Inside `<name` or `</name`; the name so far.
    TagName(String),
    /// Inside a tag, between attributes.
    Tag(Element),
    /// The name so far.
    AttributeName(Element, String),
    /// After `name=`.
    BeforeValue(Element, Attribute),
    /// Quoted by this character, or by none.
    Value(Element, Attribute, Option<char>),
    /// The content of a `script` or `style`, read up to its end tag; the last characters.
    Raw(&'static str, String),
    /// The last characters of a comment.
    Comment(String),
}

/// What the end of the tag leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Ordinary,
    Raw(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Plain,
    Url(Part),
    /// Handlers, styles and lists of URLs, in which nothing of others has a place.
    Code,
}

/// How far a URL has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Start,
    Path,
    Query,
}

impl Place {
    pub(super) fn read(&mut self, text: &str) {
        for c in text.chars() {
            let place = std::mem::take(self);
            *self = place.after(c);
        }
    }

    fn after(self, c: char) -> Self {
        match self {
            Self::Text if c == '<' => Self::TagName(String::new()),
            Self::Text => Self::Text,
            Self::TagName(name) => after_tag_name(name, c),
            Self::Tag(element) => match c {
                '>' => end_of_tag(element),
                _ if c.is_whitespace() || c == '/' => Self::Tag(element),
                _ => Self::AttributeName(element, c.to_ascii_lowercase().to_string()),
            },
            Self::AttributeName(element, mut name) => match c {
                '>' => end_of_tag(element),
                '=' => Self::BeforeValue(element, attribute(name.trim())),
                '/' => Self::Tag(element),
                // White space may stand before the `=`; a character after it begins another name.
                _ if name.ends_with(' ') && !c.is_whitespace() => {
                    Self::AttributeName(element, c.to_ascii_lowercase().to_string())
                }
                _ if c.is_whitespace() => {
                    name.push(' ');
                    Self::AttributeName(element, name)
                }
                _ => {
                    name.push(c.to_ascii_lowercase());
                    Self::AttributeName(element, name)
                }
            },
            Self::BeforeValue(element, attribute) => match c {
                '"' | '\'' => Self::Value(element, attribute, Some(c)),
                '>' => end_of_tag(element),
                _ if c.is_whitespace() => Self::BeforeValue(element, attribute),
                _ => Self::Value(element, attribute.after(c), None),
            },
            Self::Value(element, _, Some(quote)) if c == quote => Self::Tag(element),
            Self::Value(element, _, None) if c.is_whitespace() => Self::Tag(element),
            Self::Value(element, _, None) if c == '>' => end_of_tag(element),
            Self::Value(element, attribute, quote) => {
                Self::Value(element, attribute.after(c), quote)
            }
            Self::Raw(name, last) => after_raw(name, last, c),
            Self::Comment(last) => after_comment(last, c),
        }
    }

    /// How to fill a hole here, and what comes after it.
    pub(super) fn fill(&mut self) -> Result<Escape, String> {
        let refusal = match self {
            Self::Text => return Ok(Escape::Html),
            Self::Value(_, attribute, Some(_)) => match attribute {
                Attribute::Plain => return Ok(Escape::Html),
                Attribute::Url(part) => {
                    let escape = match part {
                        Part::Start => Escape::Url,
                        Part::Path => Escape::UrlPath,
                        Part::Query => Escape::UrlQuery,
                    };
                    *part = (*part).max(Part::Path);
                    return Ok(escape);
                }
                Attribute::Code => "inside a style, an event handler or a list of URLs",
            },
            Self::Value(..) | Self::BeforeValue(..) => {
                "in an attribute without quotes; put it in quotes"
            }
            Self::TagName(_) | Self::Tag(_) | Self::AttributeName(..) => "inside a tag",
            Self::Raw(..) => "inside `<script>` or `<style>`",
            Self::Comment(_) => "inside a comment",
        };
        Err(format!("a value cannot stand {refusal}"))
    }

    /// Where two ways meet again, if that is one place.
    pub(super) fn joined(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (
                Self::Value(element, Attribute::Url(a), quote),
                Self::Value(other_element, Attribute::Url(b), other_quote),
            ) if element == other_element && quote == other_quote => {
                Some(Self::Value(*element, Attribute::Url(*a.max(b)), *quote))
            }
            // Between attributes, with and without white space.
            (Self::AttributeName(element, _), Self::Tag(other))
            | (Self::Tag(element), Self::AttributeName(other, _))
                if element == other =>
            {
                Some(Self::Tag(*element))
            }
            _ => None,
        }
    }
}

fn after_tag_name(mut name: String, c: char) -> Place {
    match c {
        '>' => end_of_tag(element(&name)),
        _ if c.is_whitespace() && name.is_empty() => Place::Text,
        _ if c.is_whitespace() => Place::Tag(element(&name)),
        '/' if !name.is_empty() => Place::Tag(element(&name)),
        _ => {
            name.push(c.to_ascii_lowercase());
            match name.as_str() {
                "!--" => Place::Comment(String::new()),
                // What Outlook alone reads goes on as HTML.
                "!doctype" => Place::Tag(Element::Ordinary),
                _ => Place::TagName(name),
            }
        }
    }
}

fn element(name: &str) -> Element {
    match name {
        "script" => Element::Raw("</script"),
        "style" => Element::Raw("</style"),
        _ => Element::Ordinary,
    }
}

fn end_of_tag(element: Element) -> Place {
    match element {
        Element::Ordinary => Place::Text,
        Element::Raw(end) => Place::Raw(end, String::new()),
    }
}

fn after_raw(end: &'static str, mut last: String, c: char) -> Place {
    last.push(c.to_ascii_lowercase());
    if last.ends_with(end) {
        return Place::Tag(Element::Ordinary);
    }
    Place::Raw(end, tail(last, end.len()))
}

fn after_comment(mut last: String, c: char) -> Place {
    last.push(c);
    // `<!--[if mso]>` shows its content to Outlook, which reads it as HTML: so do we.
    if last.ends_with("-->") || (last.starts_with("[if") && c == '>') {
        return Place::Text;
    }
    if last.starts_with("[if") && last.len() < 200 {
        return Place::Comment(last);
    }
    match last.len() {
        0..=3 => Place::Comment(last),
        _ => Place::Comment(tail(last, 3)),
    }
}

/// The last characters, about so many bytes.
fn tail(text: String, length: usize) -> String {
    let mut start = text.len().saturating_sub(length);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}

fn attribute(name: &str) -> Attribute {
    match name {
        "href" | "src" | "action" | "formaction" | "background" | "cite" | "poster"
        | "xlink:href" => Attribute::Url(Part::Start),
        "style" | "srcset" | "srcdoc" | "http-equiv" => Attribute::Code,
        _ if name.starts_with("on") => Attribute::Code,
        _ => Attribute::Plain,
    }
}

impl Attribute {
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Url(_), '?' | '#') => Self::Url(Part::Query),
            (Self::Url(Part::Start), c) if !c.is_whitespace() => Self::Url(Part::Path),
            _ => self,
        }
    }
}
