//! The server's log, line by line, in each of its forms.

use std::io::{self, BufRead};

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use serde_json::Value;

use super::record::{Record, request_of};
use super::{REQUEST_PREFIX, csv};

/// The longest entry that is put together from several lines, in bytes.
const LONGEST: usize = 16 << 20;

/// How the server's log is written (`log_destination`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `csvlog`
    Csv,
    /// `jsonlog`, since PostgreSQL 15.
    Json,
    /// `stderr`, with any `log_line_prefix`.
    Text,
}

/// Reads pgaudit's records out of a server's log; everything else is passed over.
#[derive(Debug)]
pub struct Reader<R> {
    log: R,
    format: Option<Format>,
    /// The line that begins the next entry.
    ahead: Option<String>,
}

impl<R: BufRead> Reader<R> {
    /// Reads a log, whose first line tells its form.
    pub fn new(log: R) -> Self {
        Self {
            log,
            format: None,
            ahead: None,
        }
    }

    /// The next line, without its end. What is no UTF-8 is replaced: a log may hold several encodings.
    fn line(&mut self) -> Option<io::Result<String>> {
        let mut bytes = Vec::new();
        match self.log.read_until(b'\n', &mut bytes) {
            Ok(0) => None,
            Ok(_) => {
                let text = String::from_utf8_lossy(&bytes);
                Some(Ok(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// The entry that comes next: a line, with those that belong to it.
    fn entry(&mut self) -> Option<io::Result<(Format, String)>> {
        let mut entry = match self.ahead.take() {
            Some(line) => line,
            None => match self.line()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            },
        };
        let format = *self.format.get_or_insert_with(|| Format::of(&entry));
        // A row of CSV ends outside of quotes; a line of text goes on where the next is indented.
        let mut quotes = count_quotes(&entry);
        while format == Format::Text || (format == Format::Csv && quotes % 2 == 1) {
            let next = match self.line() {
                None => break,
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(next)) => next,
            };
            let belongs = format == Format::Csv || next.starts_with('\t');
            if !belongs || entry.len() + next.len() > LONGEST {
                self.ahead = Some(next);
                break;
            }
            quotes += count_quotes(&next);
            entry.push('\n');
            entry.push_str(match format {
                Format::Text => &next[1..],
                Format::Csv | Format::Json => &next,
            });
        }
        Some(Ok((format, entry)))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (format, entry) = match self.entry()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error)),
            };
            let record = match format {
                Format::Csv => of_csv(&entry),
                Format::Json => of_json(&entry),
                Format::Text => of_text(&entry),
            };
            if let Some(record) = record {
                return Some(Ok(record));
            }
        }
    }
}

impl Format {
    /// By the first line.
    fn of(line: &str) -> Self {
        if line.starts_with('{') {
            return Self::Json;
        }
        let begin: Vec<_> = line.splitn(7, ',').collect();
        // A text's first words may be the time, too, but not all of them.
        let is_csv = begin.len() == 7
            && begin[0].split_whitespace().count() <= 3
            && time(begin[0]).is_some();
        if is_csv { Self::Csv } else { Self::Text }
    }
}

fn count_quotes(line: &str) -> usize {
    line.bytes().filter(|byte| *byte == b'"').count()
}

fn of_csv(entry: &str) -> Option<Record> {
    const MESSAGE: usize = 13;
    const APPLICATION_NAME: usize = 22;
    let (fields, _) = csv::row(entry)?;
    let mut record = Record::parse(fields.get(MESSAGE)?)?;
    let field = |at: usize| fields.get(at).filter(|text| !text.is_empty());
    record.at = field(0).and_then(|text| time(text));
    record.user = field(1).cloned();
    record.database = field(2).cloned();
    record.process = field(3).and_then(|text| text.parse().ok());
    record.request = field(APPLICATION_NAME).and_then(|name| request_of(name));
    Some(record)
}

fn of_json(entry: &str) -> Option<Record> {
    let line: Value = serde_json::from_str(entry).ok()?;
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let mut record = Record::parse(text("message")?)?;
    record.at = text("timestamp").and_then(time);
    record.user = text("user").map(str::to_owned);
    record.database = text("dbname").map(str::to_owned);
    record.process = line.get("pid").and_then(Value::as_i64);
    record.request = text("application_name").and_then(request_of);
    Some(record)
}

/// What stands before the message is whatever `log_line_prefix` says, so of it only the time at its
/// beginning, the process in brackets and an application name of ours are understood.
fn of_text(entry: &str) -> Option<Record> {
    let (prefix, message) = entry.split_once("LOG:  ")?;
    let mut record = Record::parse(message)?;
    record.at = time(prefix);
    record.process = prefix
        .split_once('[')
        .and_then(|(_, rest)| rest.split(']').next())
        .and_then(|process| process.parse().ok());
    record.request = prefix.split_once(REQUEST_PREFIX).and_then(|(_, rest)| {
        let end = rest
            .find(|character: char| character.is_whitespace() || "],|;".contains(character))
            .unwrap_or(rest.len());
        let id = rest[..end].trim_end_matches(':');
        (!id.is_empty()).then(|| id.to_owned())
    });
    Some(record)
}

/// `2026-11-22 06:27:23.123 UTC`, at the beginning of a text. Of zones only UTC and GMT are known by
/// name; others are none.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let mut words = text.split_whitespace();
    let (day, clock, zone) = (words.next()?, words.next()?, words.next().unwrap_or("UTC"));
    let local = format!("{day} {clock}");
    let local = NaiveDateTime::parse_from_str(&local, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    match zone {
        "UTC" | "GMT" => Some(Utc.from_utc_datetime(&local)),
        _ => {
            let zoned = DateTime::parse_from_str(&format!("{local} {zone}00"), "%F %T%.f %z");
            zoned.ok().map(|zoned| zoned.to_utc())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(log: &str) -> Vec<Record> {
        Reader::new(log.as_bytes()).map(Result::unwrap).collect()
    }

    #[test]
    fn csvlog_has_the_request_in_a_field_of_its_own() {
        let log = concat!(
            "2026-11-22 06:27:23.123 UTC,\"authenticator\",\"app\",42,\"[local]\",s.2a,1,\"SELECT\",",
            "2026-11-22 06:27:00 UTC,3/4,0,LOG,00000,\"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.a,",
            "\"\"select 1,\n'two'\"\",<not logged>\",,,,,,,,,\"crestfall/0197-ab\",\"client backend\",,0\n",
            "2026-11-22 06:27:24.000 UTC,\"u\",\"d\",1,,s.1,1,\"\",2026-11-22 06:27:00 UTC,,0,LOG,00000,",
            "\"something else\",,,,,,,,,\"\",\"x\",,0\n",
        );
        let records = read(log);
        assert_eq!(records.len(), 1);
        let record = &records[0];
        assert_eq!(record.request.as_deref(), Some("0197-ab"));
        assert_eq!(record.user.as_deref(), Some("authenticator"));
        assert_eq!(record.process, Some(42));
        assert_eq!(
            record.at.unwrap().to_rfc3339(),
            "2026-11-22T06:27:23.123+00:00"
        );
        assert_eq!(record.statement.as_deref(), Some("select 1,\n'two'"));
    }

    #[test]
    fn jsonlog_is_read() {
        let log = concat!(
            r#"{"timestamp":"2026-11-22 06:27:23.123 UTC","user":"a","dbname":"d","pid":7,"#,
            r#""application_name":"crestfall/r1","message":"AUDIT: OBJECT,1,1,WRITE,DELETE,TABLE,public.b,delete from b,<none>"}"#,
            "\nnonsense\n",
        );
        let records = read(log);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].request.as_deref(), Some("r1"));
        assert_eq!(records[0].statement.as_deref(), Some("delete from b"));
    }

    #[test]
    fn stderr_has_the_request_where_the_prefix_has_the_application_name() {
        let log = "2026-11-22 06:27:23.123 UTC [42] auth@app crestfall/r2 LOG:  AUDIT: \
                   SESSION,1,1,DDL,CREATE TABLE,TABLE,public.c,\"create table c (\n\t\tid int\n\t)\",<none>\n\
                   2026-11-22 06:27:24.000 UTC [42] LOG:  duration: 1 ms\n";
        let records = read(log);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].request.as_deref(), Some("r2"));
        assert_eq!(records[0].process, Some(42));
        let statement = "create table c (\n\tid int\n)";
        assert_eq!(records[0].statement.as_deref(), Some(statement));
    }

    #[test]
    fn an_application_name_of_others_is_no_request() {
        let log = "2026-11-22 06:27:23.123 UTC [42] psql LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>\n";
        assert_eq!(read(log)[0].request, None);
    }
}
