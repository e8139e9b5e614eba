//! Doors to the parsers for the fuzzer. Each takes any input; a panic is a finding.

use crate::catalog::node_tree;
use crate::migrate::statements;
use crate::wire::message::{self, Next};

/// What PostgreSQL sends, message by message.
pub fn wire_messages(mut bytes: &[u8]) {
    while let Ok(Next::Frame(frame)) = message::next_frame(bytes) {
        assert!(frame.total >= 5 && frame.total <= bytes.len());
        let body = &bytes[5..frame.total];
        match frame.tag {
            b'D' => drop(message::check_data_row(body)),
            b'T' => drop(message::row_description(body)),
            b'E' | b'N' => drop(message::error_fields(body)),
            _ => drop(message::Body(body).text().map(drop)),
        }
        bytes = &bytes[frame.total..];
    }
}

/// The query of a view, as PostgreSQL stores it.
pub fn node_tree(tree: &str) {
    let _ = node_tree::column_origins(tree);
}

/// A migration.
pub fn statements(script: &str) {
    let mut at = 0;
    for statement in statements::split(script) {
        let start = statement.text.as_ptr().addr() - script.as_ptr().addr();
        assert!(start >= at, "statements overlap");
        assert_eq!(statement.line, script[..start].matches('\n').count() + 1);
        at = start + statement.text.len();
        statement.controls_transaction();
        statement.copies_from_client();
    }
}
