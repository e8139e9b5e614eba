//! The log as a stream of lines, for archives and other programs.

use std::io::Write;

use crate::entry::Entry;
use crate::log::{Error, Log};

/// Entries that are in memory at a time.
const AT_ONCE: i32 = 1000;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// RFC 4180 with a header; images and keys are JSON in their field, what is not there is empty.
    Csv,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] Error),
    /// Whoever reads it is gone, or the disk is full.
    #[error("the export could not be written")]
    Write(#[from] std::io::Error),
}

/// Writes what is in the log, first things first, with a thousand entries in memory at a time.
#[derive(Clone, Debug)]
pub struct Export {
    log: Log,
    format: Format,
    after: i64,
}

impl Export {
    /// Of this log, from its beginning.
    pub fn new(log: Log, format: Format) -> Self {
        Self {
            log,
            format,
            after: 0,
        }
    }

    /// Goes on after a position.
    #[must_use]
    pub fn after(mut self, position: i64) -> Self {
        self.after = position;
        self
    }

    /// Writes everything that can be read safely now, and gives the position to go on after. No entry is
    /// left out by going on there, see [`Log::changes`].
    ///
    /// # Errors
    /// When the log cannot be read, or `out` not be written: what was written then ends with a whole entry
    /// or in the middle of one.
    pub async fn write_to(&self, out: &mut impl Write) -> Result<i64, ExportError> {
        let mut last = self.after;
        if self.format == Format::Csv {
            writeln!(out, "{}\r", COLUMNS.join(","))?;
        }
        loop {
            let entries = self.log.changes(last, AT_ONCE).await?;
            let Some(end) = entries.last() else {
                out.flush()?;
                return Ok(last);
            };
            for entry in &entries {
                match self.format {
                    Format::JsonLines => {
                        serde_json::to_writer(&mut *out, entry).map_err(std::io::Error::from)?;
                        out.write_all(b"\n")?;
                    }
                    Format::Csv => csv(out, entry)?,
                }
            }
            last = end.position;
        }
    }
}

const COLUMNS: [&str; 19] = [
    "position",
    "at",
    "transaction",
    "operation",
    "schema_name",
    "relation_name",
    "key",
    "before",
    "after",
    "changed",
    "actor",
    "session",
    "api_key",
    "organisation",
    "request",
    "ip",
    "role",
    "login",
    "detail",
];

/// The fields of an entry are those of its JSON, so that both formats say the same.
fn csv(out: &mut impl Write, entry: &Entry) -> std::io::Result<()> {
    let entry = serde_json::to_value(entry)?;
    for (index, name) in COLUMNS.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        match &entry[*name] {
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => field(out, text)?,
            other => field(out, &other.to_string())?,
        }
    }
    out.write_all(b"\r\n")
}

fn field(out: &mut impl Write, text: &str) -> std::io::Result<()> {
    if text.contains(['"', ',', '\n', '\r']) {
        write!(out, "\"{}\"", text.replace('"', "\"\""))
    } else {
        out.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_could_be_taken_for_more_is_quoted() {
        let mut out = Vec::new();
        for text in ["plain", "a,b", "say \"x\"", "two\nlines"] {
            field(&mut out, text).unwrap();
            out.push(b'|');
        }
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "plain|\"a,b\"|\"say \"\"x\"\"\"|\"two\nlines\"|");
    }
}
