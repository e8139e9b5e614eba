//! The patterns of the allow list, with `.` and `/` as separators.

/// A pattern is malformed: a bracket or brace is not closed, or a `\` ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pattern is malformed at character {0}")]
pub struct GlobError(usize);

/// A compiled pattern. Matching takes time in proportion to pattern times text, whatever they are.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    /// One for each choice of the `{a,b}` in the pattern.
    alternatives: Vec<Vec<Step>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Some,
    /// `**`
    Any,
    /// `[…]`
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
}

/// How many alternatives the braces of one pattern may make.
const MAX_ALTERNATIVES: usize = 256;

impl Glob {
    pub(super) fn new(pattern: &str) -> Result<Self, GlobError> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut alternatives = vec![Vec::new()];
        let mut at = 0;
        while let Some(character) = characters.get(at) {
            if *character == '{' {
                let (choices, next) = braces(&characters, at)?;
                alternatives = product(&alternatives, &choices);
                at = next;
            } else {
                let (step, next) = step(&characters, at)?;
                alternatives
                    .iter_mut()
                    .for_each(|steps| steps.push(step.clone()));
                at = next;
            }
            if alternatives.len() > MAX_ALTERNATIVES {
                return Err(GlobError(at));
            }
        }
        Ok(Self { alternatives })
    }

    /// Whether a URL matches whole, and what comes before its path by what comes before the path in
    /// the pattern: a star for a host never reaches into path or query, where anyone may write the
    /// rest of it (`https://evil.com?.example.com/`).
    pub(super) fn matches(&self, url: &str) -> bool {
        let start = url.find("://").map_or(0, |colon| colon + 3);
        let end = url[start..].find(['/', '?', '#']);
        let head = &url[..end.map_or(url.len(), |end| start + end)];
        let alternatives = &mut self.alternatives.iter();
        alternatives.any(|steps| matches(steps, url) && matches(before_path(steps), head))
    }
}

/// The steps up to the first `/` or `?` after `://`.
fn before_path(steps: &[Step]) -> &[Step] {
    let literal = |step: &Step, wanted| *step == Step::Literal(wanted);
    let is_scheme_end = |three: &[Step]| {
        literal(&three[0], ':') && literal(&three[1], '/') && literal(&three[2], '/')
    };
    let start = steps.windows(3).position(is_scheme_end);
    let start = start.map_or(0, |colon| colon + 3);
    let path = |step: &Step| literal(step, '/') || literal(step, '?');
    let end = steps[start..].iter().position(path);
    &steps[..end.map_or(steps.len(), |end| start + end)]
}

fn product(before: &[Vec<Step>], choices: &[Vec<Step>]) -> Vec<Vec<Step>> {
    let join = |start: &Vec<Step>| {
        let start = start.clone();
        let joined = choices
            .iter()
            .map(move |end| [start.clone(), end.clone()].concat());
        joined.collect::<Vec<_>>()
    };
    before.iter().flat_map(join).collect()
}

/// `{a,b}`; braces within braces are refused.
fn braces(characters: &[char], open: usize) -> Result<(Vec<Vec<Step>>, usize), GlobError> {
    let mut choices = vec![Vec::new()];
    let mut at = open + 1;
    loop {
        match characters.get(at) {
            None | Some('{') => return Err(GlobError(at)),
            Some('}') => return Ok((choices, at + 1)),
            Some(',') => {
                choices.push(Vec::new());
                at += 1;
            }
            Some(_) => {
                let (step, next) = step(characters, at)?;
                choices.last_mut().ok_or(GlobError(at))?.push(step);
                at = next;
            }
        }
    }
}

fn step(characters: &[char], at: usize) -> Result<(Step, usize), GlobError> {
    let next = characters.get(at + 1);
    match characters.get(at) {
        None => Err(GlobError(at)),
        Some('*') if next == Some(&'*') => Ok((Step::Any, at + 2)),
        Some('*') => Ok((Step::Some, at + 1)),
        Some('?') => Ok((Step::One, at + 1)),
        Some('[') => class(characters, at),
        Some('\\') => Ok((Step::Literal(*next.ok_or(GlobError(at))?), at + 2)),
        Some(character) => Ok((Step::Literal(*character), at + 1)),
    }
}

fn class(characters: &[char], open: usize) -> Result<(Step, usize), GlobError> {
    let negated = characters.get(open + 1) == Some(&'!');
    let mut at = open + 1 + usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let first = *characters.get(at).ok_or(GlobError(at))?;
        if first == ']' {
            break;
        }
        let last = match (characters.get(at + 1), characters.get(at + 2)) {
            (Some('-'), Some(last)) if *last != ']' => {
                at += 2;
                *last
            }
            _ => first,
        };
        ranges.push((first, last));
        at += 1;
    }
    if ranges.is_empty() {
        return Err(GlobError(open));
    }
    Ok((Step::Class { ranges, negated }, at + 1))
}

fn is_separator(character: char) -> bool {
    matches!(character, '.' | '/')
}

/// Which steps may come next after each character: a set, so that no pattern makes it go back.
fn matches(steps: &[Step], text: &str) -> bool {
    let mut reached = vec![false; steps.len() + 1];
    reached[0] = true;
    skip_stars(steps, &mut reached);
    for character in text.chars() {
        let mut next = vec![false; steps.len() + 1];
        for (index, step) in steps
            .iter()
            .enumerate()
            .filter(|(index, _)| reached[*index])
        {
            match step {
                Step::Any => next[index] = true,
                Step::Some => next[index] |= !is_separator(character),
                step => next[index + 1] |= takes(step, character),
            }
        }
        skip_stars(steps, &mut next);
        reached = next;
    }
    reached[steps.len()]
}

/// A star matches nothing, too.
fn skip_stars(steps: &[Step], reached: &mut [bool]) {
    for (index, step) in steps.iter().enumerate() {
        if reached[index] && matches!(step, Step::Some | Step::Any) {
            reached[index + 1] = true;
        }
    }
}

fn takes(step: &Step, character: char) -> bool {
    match step {
        Step::Literal(literal) => *literal == character,
        Step::One => !is_separator(character),
        Step::Class { ranges, negated } => {
            let within = |(first, last): &(char, char)| (*first..=*last).contains(&character);
            ranges.iter().any(within) != *negated
        }
        Step::Some | Step::Any => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_for_a_host_does_not_reach_into_the_path() {
        for (pattern, text, matched) in [
            ("https://**.a.com/**", "https://x.y.a.com/z", true),
            ("https://**.a.com/**", "https://evil.com/.a.com/z", false),
            ("https://**.a.com/**", "https://evil.com?.a.com/z", false),
            ("https://**:12345/*", "https://evil.com?b:12345/z", false),
            ("https://*.a/{b,c}", "https://x?.a/b", false),
            ("https://a.com**", "https://a.com/b?c", true),
            ("**a.com/**", "https://a.com/b?c", true),
            ("app://**", "app://b/c", true),
            ("app:/b*", "app:/bc", true),
        ] {
            assert_eq!(matches(pattern, text), matched, "{pattern} {text}");
        }
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern).expect("a pattern").matches(text)
    }

    #[test]
    fn gt_088_stars_stop_at_separators_and_double_stars_do_not() {
        for (pattern, text, matched) in [
            ("http://a/*", "http://a/b", true),
            ("http://a/*", "http://a/", true),
            ("http://a/*", "http://a/b/c", false),
            ("http://a/*", "http://a/b.c", false),
            ("http://a/**", "http://a/b/c.d?e=f", true),
            ("http://*.a/", "http://b.a/", true),
            ("http://*.a/", "http://b.c.a/", false),
            ("http://**.a/", "http://b.c.a/", true),
            ("a?c", "abc", true),
            ("a?c", "a.c", false),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("{ab,c*}/d", "ab/d", true),
            ("{ab,c*}/d", "cde/d", true),
            ("{ab,c*}/d", "b/d", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("", "", true),
            ("**", "", true),
        ] {
            assert_eq!(matches(pattern, text), matched, "{pattern} {text}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in ["[a", "[]", "{a", "{a,{b}}", "a\\", &"{a,b}".repeat(9)] {
            assert!(Glob::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn no_pattern_takes_forever() {
        let pattern = format!("{}b", "**a*".repeat(50));
        assert!(!matches(&pattern, &"a".repeat(4000)));
    }
}
