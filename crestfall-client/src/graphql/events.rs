//! Server-sent events, as WHATWG's HTML has them, from pieces of a body.

use std::collections::VecDeque;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its name; `message` where it has none.
    pub(super) name: String,
    /// Its lines of data.
    pub(super) data: Vec<u8>,
}

/// Takes the pieces and gives the events.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The line that has not ended.
    line: Vec<u8>,
    /// The last line ended with a carriage return: a line feed still belongs to it.
    after_return: bool,
    name: String,
    data: Vec<u8>,
    has_data: bool,
    ready: VecDeque<Event>,
}

impl Parser {
    /// The next event that is whole.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// The only answer, of a server that has no events.
    pub(super) fn only(&mut self, data: Vec<u8>) {
        let event = |name: &str, data| Event {
            name: name.to_owned(),
            data,
        };
        let both = [event("next", data), event("complete", Vec::new())];
        self.ready.extend(both);
    }

    pub(super) fn feed(&mut self, mut piece: &[u8]) {
        if std::mem::take(&mut self.after_return) {
            piece = piece.strip_prefix(b"\n").unwrap_or(piece);
        }
        while let Some(end) = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(&piece[..end]);
            let ended_by_return = piece[end] == b'\r';
            piece = &piece[end + 1..];
            if ended_by_return {
                self.after_return = piece.is_empty();
                piece = piece.strip_prefix(b"\n").unwrap_or(piece);
            }
            let mut line = std::mem::take(&mut self.line);
            self.take(&line);
            line.clear();
            self.line = line;
        }
        self.line.extend_from_slice(piece);
    }

    fn take(&mut self, line: &[u8]) {
        if line.is_empty() {
            return self.dispatch();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = match colon {
            // A comment: the connection is still there.
            Some(0) => return,
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        // Events without data are none for browsers; `complete` is one nevertheless.
        if !std::mem::take(&mut self.has_data) && name.is_empty() {
            return;
        }
        let name = match name.is_empty() {
            true => "message".to_owned(),
            false => name,
        };
        self.ready.push_back(Event { name, data });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut parser = Parser::default();
        pieces.iter().for_each(|piece| parser.feed(piece));
        std::iter::from_fn(|| parser.next())
            .map(|event| (event.name, String::from_utf8(event.data).unwrap()))
            .collect()
    }

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let text = b":\n\nevent: next\ndata: {\"a\":\ndata: [1]}\n\nevent: complete\ndata:\n\ndata:x\r\n\r\nevent:e\r\rid: 7\n\ndata: cut";
        let expected = [
            ("next", "{\"a\":\n[1]}"),
            ("complete", ""),
            ("message", "x"),
            ("e", ""),
        ];
        let expected = expected.map(|(name, data)| (name.to_owned(), data.to_owned()));
        assert_eq!(events(&[text]), expected);
        for size in 1..text.len() {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            assert_eq!(events(&pieces), expected, "pieces of {size}");
        }
    }
}
