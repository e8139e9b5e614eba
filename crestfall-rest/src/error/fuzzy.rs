//! Which known name a client may have meant.
//!
//! Names are compared in two steps: by the cosine between their counts of three-letter pieces
//! (two-letter pieces when those lead nowhere), then the best by edit distance.

use std::collections::HashMap;

/// The least score at which a name is worth a hint.
pub(super) const LIKELY: f64 = 0.75;
/// The least score at which a list of parameters is.
pub(super) const POSSIBLE: f64 = 0.33;

/// How many names of the first step the second looks at.
const SHORTLIST: usize = 50;

/// The name most like `sought`, with its score up to 1, if one scores `least` or more. Of equal
/// scores the later candidate wins. Case does not count.
pub(super) fn closest<'c>(
    candidates: impl IntoIterator<Item = &'c str>,
    sought: &str,
    least: f64,
) -> Option<(f64, &'c str)> {
    let sought = sought.to_lowercase();
    let mut entries: Vec<Entry<'c>> = Vec::new();
    for name in candidates {
        let key = name.to_lowercase();
        if key == sought {
            return Some((1.0, name));
        }
        entries.push(Entry { name, key });
    }
    // However long the name sought, the work is bounded by what there is.
    let longest = entries.iter().map(|entry| entry.key.len()).max()?;
    if longest as f64 / (sought.chars().count().max(1) as f64) < least {
        return None;
    }
    // The last comes first among equals.
    entries.reverse();
    [3, 2]
        .into_iter()
        .find_map(|size| closest_by_pieces(&entries, &sought, size, least))
}

struct Entry<'c> {
    name: &'c str,
    key: String,
}

fn closest_by_pieces<'c>(
    entries: &[Entry<'c>],
    sought: &str,
    size: usize,
    least: f64,
) -> Option<(f64, &'c str)> {
    let pieces = Pieces::of(sought, size);
    let mut alike: Vec<(f64, &Entry<'c>)> = entries
        .iter()
        .map(|entry| (pieces.cosine(&Pieces::of(&entry.key, size)), entry))
        .filter(|(cosine, _)| *cosine > 0.0)
        .collect();
    alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    alike.truncate(SHORTLIST);
    let scored = alike
        .into_iter()
        .filter_map(|(_, entry)| Some((similarity(sought, &entry.key, least)?, entry.name)));
    // The first of equal scores stays.
    scored.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// How often each piece of some letters is in a text.
struct Pieces {
    counts: HashMap<Vec<char>, u32>,
    length: f64,
}

impl Pieces {
    /// The text counts without punctuation (but commas) and between dashes.
    fn of(text: &str, size: usize) -> Self {
        let kept = text
            .chars()
            .filter(|c| c.is_alphanumeric() || c.is_whitespace() || *c == ',');
        let letters: Vec<char> = std::iter::once('-').chain(kept).chain(['-']).collect();
        let mut counts = HashMap::new();
        for piece in letters.windows(size) {
            *counts.entry(piece.to_vec()).or_insert(0) += 1;
        }
        let squares = counts.values().map(|&count| f64::from(count).powi(2));
        let length = squares.sum::<f64>().sqrt();
        Self { counts, length }
    }

    fn cosine(&self, other: &Self) -> f64 {
        let (few, many) = if self.counts.len() < other.counts.len() {
            (&self.counts, &other.counts)
        } else {
            (&other.counts, &self.counts)
        };
        let common = few
            .iter()
            .filter_map(|(piece, &count)| Some(f64::from(count) * f64::from(*many.get(piece)?)));
        let product: f64 = common.sum();
        if product > 0.0 {
            product / (self.length * other.length)
        } else {
            0.0
        }
    }
}

/// 1 for equal texts, 0 for those with nothing in common; `None` below `least`.
fn similarity(a: &str, b: &str, least: f64) -> Option<f64> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let longest = a.len().max(b.len());
    if longest == 0 {
        return Some(1.0);
    }
    let score = |distance: usize| (longest - distance) as f64 / longest as f64;
    // The distance is at least the difference in length: no need to look at a hopeless one.
    if score(longest - a.len().min(b.len())) < least {
        return None;
    }
    Some(score(edit_distance(&a, &b))).filter(|score| *score >= least)
}

/// Levenshtein's distance.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
