//! Fragments that lead to themselves.

use std::collections::HashMap;

use super::{Document, Fragment, Selection};

/// How many levels of selections and spreads may be below a fragment.
const MAX_HEIGHT: usize = 50;

/// Refuses fragments that contain themselves, or nest too deep.
///
/// # Errors
/// The message for the client.
pub(crate) fn check_cycles(document: &Document) -> Result<(), String> {
    let mut heights = Heights {
        document,
        known: HashMap::new(),
    };
    for fragment in &document.fragments {
        heights.of(fragment, 1)?;
    }
    Ok(())
}

struct Heights<'a> {
    document: &'a Document,
    /// The height below each fragment; none while it is being found out.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Heights<'a> {
    fn of(&mut self, fragment: &'a Fragment, depth: usize) -> Result<usize, String> {
        match self.known.get(&*fragment.name) {
            Some(Some(height)) => return within(depth, *height),
            Some(None) => return Err("Found a cycle between fragments".to_owned()),
            None => {}
        }
        within(depth, 0)?;
        self.known.insert(&fragment.name, None);
        let height = 1 + self.below(&fragment.selections, depth + 1)?;
        self.known.insert(&fragment.name, Some(height));
        Ok(height)
    }

    fn below(&mut self, selections: &'a [Selection], depth: usize) -> Result<usize, String> {
        within(depth, 0)?;
        let mut height = 0;
        for selection in selections {
            let below = match selection {
                Selection::Field(field) => self.below(&field.selections, depth + 1)?,
                Selection::Inline(inline) => self.below(&inline.selections, depth + 1)?,
                Selection::Spread(spread) => match self.document.fragment(&spread.name) {
                    Some(fragment) => self.of(fragment, depth + 1)?,
                    None => 0,
                },
            };
            height = height.max(below + 1);
        }
        Ok(height)
    }
}

fn within(depth: usize, height: usize) -> Result<usize, String> {
    match depth + height > MAX_HEIGHT {
        true => Err(format!("Fragment cycle depth is greater than {MAX_HEIGHT}")),
        false => Ok(height),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        check_cycles(&parse(text, 100, 10_000).unwrap())
    }

    #[test]
    fn cycles_are_found_wherever_they_are() {
        for text in [
            "{ a } fragment f on T { ...f }",
            "{ a } fragment f on T { a { ... { ...g } } } fragment g on T { b { ...f } }",
        ] {
            assert_eq!(check(text), Err("Found a cycle between fragments".into()));
        }
        check("{ a } fragment f on T { ...g ...g } fragment g on T { b }").unwrap();
    }

    #[test]
    fn a_bomb_of_fragments_is_measured_in_no_time() {
        let mut text = String::from("{ ...f0 }");
        for level in 0..40 {
            let next = level + 1;
            text.push_str(&format!(
                " fragment f{level} on T {{ ...f{next} ...f{next} }}"
            ));
        }
        assert!(
            check(&text)
                .unwrap_err()
                .starts_with("Fragment cycle depth")
        );
    }
}
