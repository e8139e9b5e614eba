//! Filters as conditions of SQL. Every value, and every name in JSON, is a parameter.

use sqlx::{Postgres, QueryBuilder};

use crate::scim::filter::{Field, Filter, Literal, Operator};
use crate::scim::schema::{ENTERPRISE_URN, EXTERNAL_ID, ID, Kind, META, Place, VALUE};

/// Adds the condition, in parentheses. It is never unknown.
pub(super) fn push(query: &mut QueryBuilder<Postgres>, client: &str, filter: &Filter) {
    match filter {
        Filter::All(all) => push_list(query, client, all, " and "),
        Filter::Any(any) => push_list(query, client, any, " or "),
        Filter::Not(filter) => {
            query.push("(not ");
            push(query, client, filter);
            query.push(")");
        }
        Filter::Present(field) => push_present(query, field),
        Filter::Compare(field, Operator::NotEqual, literal) => {
            query.push("(not ");
            push_comparison(query, client, field, Operator::Equal, literal);
            query.push(")");
        }
        Filter::Compare(field, operator, literal) => {
            push_comparison(query, client, field, *operator, literal);
        }
        Filter::Element(place, attribute, filter) => {
            push_exists(query, *place, attribute.name);
            push(query, client, filter);
            query.push(")");
        }
    }
}

fn push_list(query: &mut QueryBuilder<Postgres>, client: &str, filters: &[Filter], word: &str) {
    query.push("(");
    for (at, filter) in filters.iter().enumerate() {
        if at > 0 {
            query.push(word);
        }
        push(query, client, filter);
    }
    query.push(")");
}

/// Where the values of an attribute are.
enum Column {
    /// An expression.
    Of(&'static str),
    /// A text among the attributes.
    Single,
    /// A list among the attributes.
    List,
    /// A part of the element at hand.
    Element,
}

fn column(field: &Field) -> Column {
    let attribute = field.attribute;
    let part = field.part.map(|part| part.name);
    if field.is_of_element {
        return Column::Element;
    }
    match (attribute.name, part) {
        _ if *attribute == ID => Column::Of("u.id::text"),
        _ if *attribute == EXTERNAL_ID => Column::Of("s.external_id"),
        (_, Some("created")) if *attribute == META => {
            Column::Of("coalesce(u.created_at, s.created_at, now())")
        }
        (_, Some(_)) if *attribute == META => {
            Column::Of("coalesce(s.updated_at, u.updated_at, now())")
        }
        (_, None) if *attribute == META => Column::Of("u.id::text"),
        ("userName", _) => Column::Of("coalesce(s.user_name, u.email)"),
        ("active", _) => Column::Of("not coalesce(u.banned_until > now(), false)"),
        _ if attribute.is_many => Column::List,
        _ => Column::Single,
    }
}

/// `exists (… e where `, to be closed. A user without addresses of a client's has the account's.
fn push_exists(query: &mut QueryBuilder<Postgres>, place: Place, name: &'static str) {
    query.push("exists (select from jsonb_array_elements(");
    if name == "emails" {
        query.push(
            "coalesce(s.attributes -> 'emails', jsonb_build_array(jsonb_build_object(
               'value', u.email, 'type', 'work', 'primary', true)))",
        );
    } else {
        query.push("s.attributes #> ");
        query.push_bind(path(place, name, None));
    }
    query.push(") e where ");
}

fn path(place: Place, name: &'static str, part: Option<&'static str>) -> Vec<&'static str> {
    let schema = (place == Place::Enterprise).then_some(ENTERPRISE_URN);
    schema.into_iter().chain([name]).chain(part).collect()
}

fn push_present(query: &mut QueryBuilder<Postgres>, field: &Field) {
    let part = field.part.map(|part| part.name);
    match column(field) {
        Column::Of(expression) => {
            query.push(format!("(({expression}) is not null)"));
        }
        Column::Single => {
            query.push("((s.attributes #> ");
            query.push_bind(path(field.place, field.attribute.name, part));
            query.push(") is not null)");
        }
        Column::List => {
            push_exists(query, field.place, field.attribute.name);
            match part {
                Some(part) => query.push("e ? ").push_bind(part).push(")"),
                None => query.push("true)"),
            };
        }
        Column::Element => {
            query.push("(e ? ").push_bind(part).push(")");
        }
    }
}

fn push_comparison(
    query: &mut QueryBuilder<Postgres>,
    client: &str,
    field: &Field,
    operator: Operator,
    literal: &Literal,
) {
    let part = field.part.map(|part| part.name);
    match column(field) {
        // What clients ask for each user that they bring: by index.
        Column::Of(_) if field.attribute.name == "userName" && operator == Operator::Equal => {
            push_name(query, client, literal);
        }
        Column::Of(expression) => {
            query.push("coalesce(");
            push_test(query, field.kind(), operator, literal, |query| {
                query.push(expression);
            });
            query.push(", false)");
        }
        Column::Single => {
            query.push("coalesce(");
            push_test(query, field.kind(), operator, literal, |query| {
                query.push("s.attributes #>> ");
                query.push_bind(path(field.place, field.attribute.name, part));
            });
            query.push(", false)");
        }
        Column::List => {
            push_exists(query, field.place, field.attribute.name);
            push_test(query, field.kind(), operator, literal, |query| {
                query.push("e ->> ").push_bind(part.unwrap_or(VALUE));
            });
            query.push(")");
        }
        Column::Element => {
            query.push("coalesce(");
            push_test(query, field.kind(), operator, literal, |query| {
                query.push("e ->> ").push_bind(part);
            });
            query.push(", false)");
        }
    }
}

fn push_name(query: &mut QueryBuilder<Postgres>, client: &str, literal: &Literal) {
    let Literal::Text(name) = literal else {
        query.push("false");
        return;
    };
    query.push("u.id in (select user_id from auth.scim_users where client = ");
    query.push_bind(client);
    query.push(" and lower(user_name) = lower(");
    query.push_bind(name);
    query.push(") union all select n.id from auth.users n where n.email = lower(");
    query.push_bind(name);
    query.push(") and not exists (select from auth.scim_users where user_id = n.id))");
}

/// One value and the literal, unknown without a value.
fn push_test(
    query: &mut QueryBuilder<Postgres>,
    kind: &Kind,
    operator: Operator,
    literal: &Literal,
    value: impl FnOnce(&mut QueryBuilder<Postgres>),
) {
    match literal {
        Literal::Boolean(truth) => {
            query.push("((");
            value(query);
            query.push(")::boolean = ").push_bind(*truth).push(")");
        }
        Literal::Time(time) => {
            query.push("((");
            value(query);
            query.push(format!(") {} ", sign(operator)));
            query.push_bind(*time).push(")");
        }
        Literal::Text(text) => push_text(query, kind, operator, text, value),
    }
}

fn push_text(
    query: &mut QueryBuilder<Postgres>,
    kind: &Kind,
    operator: Operator,
    text: &str,
    value: impl FnOnce(&mut QueryBuilder<Postgres>),
) {
    let fold = match kind {
        Kind::ExactText => "(",
        _ => "lower(",
    };
    let (before, between, after) = match operator {
        Operator::Contains => ("(strpos(", ", ", ") > 0)".to_owned()),
        Operator::StartsWith => ("starts_with(", ", ", ")".to_owned()),
        Operator::EndsWith => ("starts_with(reverse(", "), reverse(", "))".to_owned()),
        other => {
            query.push("(").push(fold);
            value(query);
            query.push(format!(") collate \"C\" {} {fold}", sign(other)));
            query.push_bind(text).push("))");
            return;
        }
    };
    query.push(before).push(fold);
    value(query);
    query.push(")").push(between).push(fold);
    query.push_bind(text).push(")").push(after);
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::NotEqual => "<>",
        Operator::Equal | Operator::Contains | Operator::StartsWith | Operator::EndsWith => "=",
    }
}
