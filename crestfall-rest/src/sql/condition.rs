//! Conditions, orders and ranges.

use crestfall_core::QualifiedName;

use super::Sql;
use crate::plan::column::ColumnRef;
use crate::plan::read::{Condition, OrderBy};
use crate::request::filter::{
    FtsOperator, IsValue, LogicOperator, Operation, QuantOperator, Quantifier, SimpleOperator,
};
use crate::request::select::{Direction, Nulls};
use crate::request::{RowRange, Text};

impl Sql {
    pub(super) fn condition(&mut self, relation: &QualifiedName, condition: &Condition) {
        match condition {
            Condition::Group {
                negated,
                operator,
                members,
            } => {
                self.group(*negated, *operator, members, |sql, member| {
                    sql.condition(relation, member)
                });
            }
            Condition::Compare {
                column,
                negated,
                operation,
            } => {
                self.compare(relation, column, *negated, operation);
            }
            Condition::EmbedIsNull { key, negated } => {
                let comparison = if *negated {
                    " IS DISTINCT FROM NULL"
                } else {
                    " IS NOT DISTINCT FROM NULL"
                };
                self.ident(key).push(comparison);
            }
        }
    }

    pub(super) fn group(
        &mut self,
        negated: bool,
        operator: LogicOperator,
        members: &[Condition],
        write: impl FnMut(&mut Self, &Condition),
    ) {
        let separator = match operator {
            LogicOperator::And => " AND ",
            LogicOperator::Or => " OR ",
        };
        self.push(if negated { "NOT (" } else { "(" })
            .join(separator, members, write)
            .push(")");
    }

    pub(super) fn compare(
        &mut self,
        relation: &QualifiedName,
        column: &ColumnRef,
        negated: bool,
        operation: &Operation,
    ) {
        self.push(if negated { "NOT " } else { "" })
            .field(relation, column)
            .push(" ");
        match operation {
            Operation::Simple(operator, value) => {
                self.push(simple_operator(*operator))
                    .push(" ")
                    .value(column, value);
            }
            Operation::Quantified(operator, quantifier, value) => {
                self.push(quant_operator(*operator)).push(" ");
                self.push(match quantifier {
                    Some(Quantifier::Any) => "ANY(",
                    Some(Quantifier::All) => "ALL(",
                    None => "",
                });
                match operator {
                    QuantOperator::Like | QuantOperator::ILike => {
                        self.text_param(&value.replace('*', "%"));
                    }
                    _ => self.value(column, value),
                }
                self.push(if quantifier.is_some() { ")" } else { "" });
            }
            Operation::In(values) => self.in_list(column, values),
            Operation::Is(value) => {
                self.push(match value {
                    IsValue::Null => "IS NULL",
                    IsValue::NotNull => "IS NOT NULL",
                    IsValue::True => "IS TRUE",
                    IsValue::False => "IS FALSE",
                    IsValue::Unknown => "IS UNKNOWN",
                });
            }
            Operation::IsDistinct(value) => {
                self.push("IS DISTINCT FROM ").text_param(value);
            }
            Operation::FullText {
                operator,
                language,
                query,
            } => {
                self.push("@@ ").push(fts_function(*operator)).push("(");
                if let Some(language) = language {
                    self.text_param(language).push(", ");
                }
                self.text_param(query).push(")");
            }
        }
    }

    fn value(&mut self, column: &ColumnRef, value: &str) {
        match &column.transform {
            Some(function) => self.push(function).push("(").text_param(value).push(")"),
            None => self.text_param(value),
        };
    }

    /// One array parameter, however many values: the statement stays the same.
    fn in_list(&mut self, column: &ColumnRef, values: &[Text]) {
        if matches!(values, [only] if only.is_empty()) {
            self.push("= ANY('{}')");
            return;
        }
        let array = array_literal(values);
        self.push("= ANY(");
        match &column.transform {
            Some(function) => self
                .push("(SELECT ")
                .push(function)
                .push("(unnest(")
                .text_param(&array)
                .push("::text[])))"),
            None => self.text_param(&array),
        };
        self.push(")");
    }

    pub(super) fn order_by(&mut self, relation: &QualifiedName, order: &[OrderBy]) {
        if order.is_empty() {
            return;
        }
        self.push(" ORDER BY ").join(", ", order, |sql, term| {
            match &term.embed {
                Some(key) => sql.field(&QualifiedName::new("", key.clone()), &term.column),
                None => sql.field(relation, &term.column),
            };
            sql.push(match term.direction {
                Some(Direction::Asc) => " ASC",
                Some(Direction::Desc) => " DESC",
                None => "",
            });
            sql.push(match term.nulls {
                Some(Nulls::First) => " NULLS FIRST",
                Some(Nulls::Last) => " NULLS LAST",
                None => "",
            });
        });
    }

    /// Numbers, not parameters: bound ones would cost a new plan for each execution.
    pub(super) fn limit_offset(&mut self, range: RowRange) {
        if let Some(limit) = range.limit {
            self.push(" LIMIT ").display(limit);
        }
        if range.offset > 0 {
            self.push(" OFFSET ").display(range.offset);
        }
    }
}

/// An array in PostgreSQL's text form.
pub(super) fn array_literal(values: &[Text]) -> String {
    let mut array =
        String::with_capacity(2 + values.iter().map(|value| value.len() + 3).sum::<usize>());
    array.push('{');
    for (index, value) in values.iter().enumerate() {
        array.push_str(if index > 0 { ",\"" } else { "\"" });
        for character in value.chars().take_while(|&character| character != '\0') {
            if matches!(character, '"' | '\\') {
                array.push('\\');
            }
            array.push(character);
        }
        array.push('"');
    }
    array.push('}');
    array
}

fn simple_operator(operator: SimpleOperator) -> &'static str {
    match operator {
        SimpleOperator::NotEqual => "<>",
        SimpleOperator::Contains => "@>",
        SimpleOperator::Contained => "<@",
        SimpleOperator::Overlap => "&&",
        SimpleOperator::StrictlyLeft => "<<",
        SimpleOperator::StrictlyRight => ">>",
        SimpleOperator::NotExtendsRight => "&<",
        SimpleOperator::NotExtendsLeft => "&>",
        SimpleOperator::Adjacent => "-|-",
    }
}

fn quant_operator(operator: QuantOperator) -> &'static str {
    match operator {
        QuantOperator::Equal => "=",
        QuantOperator::GreaterThanEqual => ">=",
        QuantOperator::GreaterThan => ">",
        QuantOperator::LessThanEqual => "<=",
        QuantOperator::LessThan => "<",
        QuantOperator::Like => "like",
        QuantOperator::ILike => "ilike",
        QuantOperator::Match => "~",
        QuantOperator::IMatch => "~*",
    }
}

fn fts_function(operator: FtsOperator) -> &'static str {
    match operator {
        FtsOperator::Plain => "to_tsquery",
        FtsOperator::Words => "plainto_tsquery",
        FtsOperator::Phrase => "phraseto_tsquery",
        FtsOperator::Websearch => "websearch_to_tsquery",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_elements_are_quoted_and_escaped() {
        let values: Vec<Text> = ["a", r#"b"c"#, r"d\e", "", "f\0g"].map(Text::from).to_vec();
        assert_eq!(array_literal(&values), r#"{"a","b\"c","d\\e","","f"}"#);
    }
}
