//! Conditions on rows.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use super::literal::quoted;
use super::query::Parameters;
use super::table::Table;

/// A condition on rows of `T`. Conditions are joined by `&`, `|` and `!`, or by [`all`], [`any`] and
/// [`not`].
#[derive(Debug)]
#[must_use = "a filter does nothing until it is given to a query"]
pub struct Filter<T> {
    node: Node,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Filter<T> {
    fn clone(&self) -> Self {
        Self::of(self.node.clone())
    }
}

#[derive(Debug, Clone)]
enum Node {
    Leaf {
        column: Cow<'static, str>,
        negated: bool,
        operator: Cow<'static, str>,
        operand: String,
        /// The operand is part of the grammar, not a value.
        bare: bool,
    },
    Group {
        negated: bool,
        word: &'static str,
        members: Vec<Node>,
    },
}

/// All of these hold. Of none, true.
pub fn all<T: Table>(filters: impl IntoIterator<Item = Filter<T>>) -> Filter<T> {
    Filter::group("and", filters)
}

/// One of these holds, or more.
pub fn any<T: Table>(filters: impl IntoIterator<Item = Filter<T>>) -> Filter<T> {
    Filter::group("or", filters)
}

/// It does not hold.
pub fn not<T: Table>(filter: Filter<T>) -> Filter<T> {
    !filter
}

impl<T: Table> Filter<T> {
    fn of_node(node: Node) -> Self {
        Self::of(node)
    }

    pub(super) fn leaf(
        column: Cow<'static, str>,
        operator: impl Into<Cow<'static, str>>,
        operand: impl Into<String>,
    ) -> Self {
        Self::made(column, operator.into(), operand.into(), false)
    }

    pub(super) fn bare(
        column: Cow<'static, str>,
        operator: &'static str,
        operand: impl Into<String>,
    ) -> Self {
        Self::made(column, Cow::Borrowed(operator), operand.into(), true)
    }

    fn made(
        column: Cow<'static, str>,
        operator: Cow<'static, str>,
        operand: String,
        bare: bool,
    ) -> Self {
        Self::of_node(Node::Leaf {
            column,
            negated: false,
            operator,
            operand,
            bare,
        })
    }

    fn group(word: &'static str, filters: impl IntoIterator<Item = Self>) -> Self {
        let members: Vec<Node> = filters.into_iter().map(|filter| filter.node).collect();
        Self::of_node(Node::Group {
            negated: false,
            word,
            members,
        })
    }

    /// Adds it to a query: `path` names the embeds above.
    pub(super) fn write(&self, path: &str, parameters: &mut Parameters) {
        self.node.write(path, parameters);
    }
}

impl<T> Filter<T> {
    fn of(node: Node) -> Self {
        Self {
            node,
            of: PhantomData,
        }
    }
}

impl Node {
    fn write(&self, path: &str, parameters: &mut Parameters) {
        match self {
            Self::Leaf {
                column,
                negated,
                operator,
                operand,
                ..
            } => {
                let not = if *negated { "not." } else { "" };
                parameters.add_parts([path, column], [not, operator, ".", operand]);
            }
            Self::Group {
                negated: false,
                word: "and",
                members,
            } => members
                .iter()
                .for_each(|member| member.write(path, parameters)),
            Self::Group {
                negated,
                word,
                members,
            } => {
                let not = if *negated { "not." } else { "" };
                parameters.add_parts([path, not, word], [&list(members)]);
            }
        }
    }

    /// As a member of a group.
    fn text(&self) -> String {
        match self {
            Self::Leaf {
                column,
                negated,
                operator,
                operand,
                bare,
            } => {
                let not = if *negated { "not." } else { "" };
                let operand = match *bare || is_plain(operand) {
                    true => operand.clone(),
                    false => quoted(operand),
                };
                format!("{column}.{not}{operator}.{operand}")
            }
            Self::Group {
                negated,
                word,
                members,
            } => {
                let not = if *negated { "not." } else { "" };
                format!("{not}{word}{}", list(members))
            }
        }
    }
}

fn list(members: &[Node]) -> String {
    let members: Vec<String> = members.iter().map(Node::text).collect();
    format!("({})", members.join(","))
}

fn is_plain(operand: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '%' | ':');
    !operand.is_empty() && operand.chars().all(is_plain)
}

impl<T: Table> Not for Filter<T> {
    type Output = Self;

    fn not(mut self) -> Self {
        match &mut self.node {
            Node::Leaf { negated, .. } | Node::Group { negated, .. } => *negated = !*negated,
        }
        self
    }
}

impl<T: Table> BitAnd for Filter<T> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        all([self, other])
    }
}

impl<T: Table> BitOr for Filter<T> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        any([self, other])
    }
}

#[cfg(test)]
mod tests {
    use super::super::col;
    use super::*;

    fn query(filter: Filter<super::super::Any>) -> String {
        let mut parameters = Parameters::default();
        filter.write("", &mut parameters);
        let pairs: Vec<_> = parameters
            .pairs()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }

    #[test]
    fn filters_are_written_in_postgrests_grammar() {
        assert_eq!(query(col("a").eq(1)), "a=eq.1");
        assert_eq!(query(!col("a").eq("x,y")), "a=not.eq.x,y");
        assert_eq!(
            query(col("a").is_in(["x", "y,z", "(", ""])),
            r#"a=in.(x,"y,z","(","")"#
        );
        assert_eq!(query(col("a").is_not_null()), "a=not.is.null");
        assert_eq!(
            query(col("a").contains(vec!["x", "y z"])),
            r#"a=cs.{x,"y z"}"#
        );
        assert_eq!(
            query(col("a").gte(1) & (col("b").like("*x*") | !col("c").eq("p.q, r\"s"))),
            r#"a=gte.1&or=(b.like.*x*,c.not.eq."p.q, r\"s")"#
        );
        assert_eq!(
            query(!(col("a").eq(1) & col("b").is_in([1, 2]))),
            "not.and=(a.eq.1,b.in.(1,2))"
        );
        assert_eq!(
            query(any([
                all([col("a").eq(1), col("b").is_null()]),
                col("c").eq("")
            ])),
            r#"or=(and(a.eq.1,b.is.null),c.eq."")"#
        );
    }
}
