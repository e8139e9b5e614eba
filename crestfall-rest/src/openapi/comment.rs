//! Comments of database objects as the document shows them.

/// A comment: the first line sums up, the rest tells more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment<'a> {
    pub(super) summary: &'a str,
    /// Without the blank lines before it; may be empty.
    pub(super) details: &'a str,
}

impl<'a> Comment<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let (summary, details) = text.split_once('\n').unwrap_or((text, ""));
        Self {
            summary,
            details: details.trim_start_matches('\n'),
        }
    }

    /// The details, when there are any.
    pub(super) fn nonempty_details(self) -> Option<&'a str> {
        Some(self.details).filter(|details| !details.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_summary_and_blank_lines_after_it_go() {
        let comment = Comment::parse("Films\n\n\nAll of them,\n\nold and new");
        assert_eq!(comment.summary, "Films");
        assert_eq!(comment.details, "All of them,\n\nold and new");
    }

    #[test]
    fn one_line_has_no_details() {
        let comment = Comment::parse("Films");
        assert_eq!(comment.summary, "Films");
        assert_eq!(comment.nonempty_details(), None);
    }
}
