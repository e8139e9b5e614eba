//! Values as filters write them.

use std::borrow::Cow;

use serde_json::Value;

use super::column::Untyped;

/// A value that a column can be compared with, as PostgreSQL reads its type from text.
pub trait Literal {
    /// The text.
    fn literal(&self) -> Cow<'_, str>;
}

/// What a column of values `V` can be compared with.
#[diagnostic::on_unimplemented(
    message = "a column of `{V}` cannot be compared with `{Self}`",
    label = "the column holds `{V}`"
)]
pub trait Operand<V> {
    /// The text.
    fn operand(&self) -> Cow<'_, str>;
}

impl<V: Literal> Operand<V> for V {
    fn operand(&self) -> Cow<'_, str> {
        self.literal()
    }
}

impl<V: Literal> Operand<V> for &V {
    fn operand(&self) -> Cow<'_, str> {
        (*self).literal()
    }
}

impl Operand<String> for &str {
    fn operand(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl<L: Literal> Operand<Untyped> for L {
    fn operand(&self) -> Cow<'_, str> {
        self.literal()
    }
}

/// A value or `NULL`: what a column that may be null is set to.
pub trait Nullable<V> {
    /// `None` is `NULL`.
    fn nullable(self) -> Option<V>;
}

impl<V> Nullable<V> for V {
    fn nullable(self) -> Option<V> {
        Some(self)
    }
}

impl<V> Nullable<V> for Option<V> {
    fn nullable(self) -> Option<V> {
        self
    }
}

impl Nullable<String> for &str {
    fn nullable(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl Literal for String {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Literal for &str {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Literal for bool {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }
}

macro_rules! displayed {
    ($($kind:ty),+ $(,)?) => { $(
        impl Literal for $kind {
            fn literal(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )+ };
}

displayed!(i8, i16, i32, i64, u8, u16, u32, u64, usize, isize, f32, f64);
#[cfg(feature = "uuid")]
displayed!(uuid::Uuid);
#[cfg(feature = "chrono")]
displayed!(chrono::NaiveDate, chrono::NaiveTime);

#[cfg(feature = "chrono")]
impl<Z: chrono::TimeZone> Literal for chrono::DateTime<Z> {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_rfc3339())
    }
}

#[cfg(feature = "chrono")]
impl Literal for chrono::NaiveDateTime {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Owned(self.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
    }
}

/// JSON, but a text stands for itself: in `data->>name` it is one.
impl Literal for Value {
    fn literal(&self) -> Cow<'_, str> {
        match self {
            Self::String(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }
}

/// An array: `{1,2}`.
impl<V: Literal> Literal for Vec<V> {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Owned(array(self.iter().map(Literal::literal)))
    }
}

/// An array: `{1,2}`.
impl<V: Literal, const N: usize> Literal for [V; N] {
    fn literal(&self) -> Cow<'_, str> {
        Cow::Owned(array(self.iter().map(Literal::literal)))
    }
}

pub(super) fn array<'a>(items: impl Iterator<Item = Cow<'a, str>>) -> String {
    let mut text = String::from("{");
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        // Arrays in arrays stand bare.
        let bare = item.starts_with('{')
            || !item.is_empty()
                && !item.eq_ignore_ascii_case("null")
                && item.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'+')
                });
        match bare {
            true => text.push_str(&item),
            false => text.push_str(&quoted(&item)),
        }
    }
    text.push('}');
    text
}

/// `"a\"b"`
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_written_so_that_postgresql_reads_the_same_values() {
        assert_eq!(vec![1, -2].literal(), "{1,-2}");
        assert_eq!(
            vec!["a", "b c", "", "NULL", "say \"hi\"", "a,b", "c\\d"].literal(),
            r#"{a,"b c","","NULL","say \"hi\"","a,b","c\\d"}"#
        );
        assert_eq!(vec![vec![1], vec![2]].literal(), "{{1},{2}}");
    }
}
