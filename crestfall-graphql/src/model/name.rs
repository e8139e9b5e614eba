//! From names in the database to names in GraphQL.

/// Whether GraphQL can spell it.
pub(super) fn is_valid(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// `blog_post` to `BlogPost` when names are inflected, else as it is.
pub(super) fn type_name(name: &str, inflects: bool) -> String {
    if !inflects {
        return name.to_owned();
    }
    let mut inflected = String::with_capacity(name.len());
    let mut begins = true;
    for character in name.chars() {
        match (begins, character) {
            (_, '_') => {}
            (true, _) => inflected.extend(character.to_uppercase()),
            (false, _) => inflected.push(character),
        }
        begins = !character.is_alphanumeric();
    }
    inflected
}

/// The same with its first letter in lower case.
pub(super) fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The field of a column.
pub(super) fn column_field(name: &str, inflects: bool) -> String {
    match inflects {
        true => lower_first(&type_name(name, true)),
        false => name.to_owned(),
    }
}

/// The field of a function: without the underscore that marks those of rows.
pub(super) fn function_field(name: &str, inflects: bool) -> String {
    lower_first(&type_name(name.strip_prefix('_').unwrap_or(name), inflects))
}

/// The field that follows a foreign key of one column to one row: `owner_id` leads to `owner`.
/// None when the column's name says nothing.
pub(super) fn reference_field(column: &str, inflects: bool) -> Option<String> {
    let stem = column.strip_suffix(if inflects { "_id" } else { "Id" })?;
    Some(lower_first(&type_name(stem, inflects)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_inflected_only_when_asked_gq_005() {
        assert_eq!(type_name("blog_post", true), "BlogPost");
        assert_eq!(type_name("account_BY_email", true), "AccountBYEmail");
        assert_eq!(type_name("blog_post", false), "blog_post");
        assert_eq!(column_field("created_at", true), "createdAt");
        assert_eq!(column_field("Created_at", false), "Created_at");
        assert_eq!(function_field("_full_name", true), "fullName");
        assert_eq!(function_field("Full_name", false), "full_name");
    }

    #[test]
    fn a_reference_is_named_after_its_column_gq_025() {
        assert_eq!(reference_field("owner_id", true).as_deref(), Some("owner"));
        assert_eq!(reference_field("ownerId", false).as_deref(), Some("owner"));
        assert_eq!(reference_field("owner_id", false), None);
    }

    #[test]
    fn names_that_graphql_cannot_spell_are_told_apart() {
        assert!(is_valid("_a1") && is_valid("A"));
        for name in ["", "1a", "a-b", "é", "a b"] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
