//! What parses to what, and in which words the rest is refused.

use proptest::prelude::*;

use super::super::parser::{Scanner, parse};
use super::*;

/// Position and details of the refusal; panics where the text parses.
macro_rules! refusal {
    ($parser:expr, $text:expr) => {{
        let error = parse($text, 64, $parser, $parser, String::new).expect_err($text);
        let position = error.message.trim_start_matches("\"\" ").to_owned();
        format!("{position}: {}", error.details)
    }};
}

macro_rules! parsed {
    ($parser:expr, $text:expr) => {
        parse($text, 64, $parser, $parser, String::new).expect($text)
    };
}

fn column(name: &str) -> Field {
    Field {
        name: name.into(),
        path: Vec::new(),
    }
}

/// PR-034, PR-035
#[test]
fn names_are_trimmed_dashed_or_quoted() {
    for (text, expected) in [
        ("plain", "plain"),
        ("with some spaces", "with some spaces"),
        ("with-dashes-in", "with-dashes-in"),
        ("a - b", "a-b"),
        ("42", "42"),
        ("_", "_"),
        ("$", "$"),
        ("größe", "größe"),
        ("  outer blanks ", "outer blanks"),
        ("\":\"", ":"),
        ("\" kept \"", " kept "),
        (r#""a\"b\\c""#, r#"a"b\c"#),
        ("a->b", "a"),
    ] {
        assert_eq!(parsed!(name, text), expected);
    }
    assert_eq!(
        refusal!(name, ":"),
        r#"(line 1, column 1): unexpected ":" expecting field name (* or [a..z0..9_$])"#
    );
    assert_eq!(
        refusal!(name, "\"open"),
        r#"(line 1, column 6): unexpected end of input expecting "\\" or "\"""#
    );
}

/// PR-033
#[test]
fn json_paths_have_keys_and_indexes() {
    let step = |as_text, operand| JsonStep { as_text, operand };
    let key = |key: &str| JsonOperand::Key(key.into());
    let index = |index: &str| JsonOperand::Index(index.into());
    for (text, expected) in [
        ("", vec![]),
        ("->a", vec![step(false, key("a"))]),
        ("->>a", vec![step(true, key("a"))]),
        ("->%&*_a", vec![step(false, key("%&*_a"))]),
        (
            "->a->>-1",
            vec![step(false, key("a")), step(true, index("-1"))],
        ),
        ("->0,more", vec![step(false, index("+0"))]),
        ("->0.desc", vec![step(false, index("+0"))]),
        ("->1a", vec![step(false, key("1a"))]),
        ("->\"a.b\"", vec![step(false, key("a.b"))]),
    ] {
        assert_eq!(parsed!(json_path, text), expected, "{text}");
    }
    assert_eq!(
        refusal!(json_path, "->>-78xy"),
        r#"(line 1, column 7): unexpected 'x' expecting digit, "->", "::", ".", "," or end of input"#
    );
    assert_eq!(
        refusal!(json_path, "->>--34"),
        r#"(line 1, column 5): unexpected "-" expecting digit"#
    );
    assert_eq!(
        refusal!(json_path, "->>-xy-4"),
        r#"(line 1, column 5): unexpected "x" expecting digit"#
    );
    assert_eq!(
        refusal!(field_forest, "data->(!@#$%^&*_d->>!@#$%^&*_e::integer"),
        r#"(line 1, column 7): unexpected "(" expecting "-", digit or any non reserved character different from: .,>()"#
    );
}

/// PR-038, PR-039, PR-045, PR-065, PR-067, PR-069
#[test]
fn select_is_a_forest() {
    assert_eq!(parsed!(field_forest, ""), []);
    let shape = |text: &str| format!("{:?}", parsed!(field_forest, text));
    let plain = |name: &str| SelectItem::Field {
        field: column(name),
        aggregate: None,
        aggregate_cast: None,
        cast: None,
        alias: None,
    };
    assert_eq!(parsed!(field_forest, "id, b "), [plain("id"), plain("b")]);
    let SelectItem::Field {
        field,
        aggregate,
        aggregate_cast,
        cast,
        alias,
    } = parsed!(field_forest, "n:a->b::int.sum()::text").remove(0)
    else {
        panic!("a field")
    };
    assert_eq!((&*field.name, field.path.len()), ("a", 1));
    assert_eq!(aggregate, Some(super::super::select::Aggregate::Sum));
    assert_eq!(cast.as_deref(), Some("int"));
    assert_eq!(aggregate_cast.as_deref(), Some("text"));
    assert_eq!(alias.as_deref(), Some("n"));
    assert!(shape("n:count()::int").contains("Count"));
    assert!(shape("a.min()").contains("Min"));
    let SelectItem::Relation {
        relation,
        alias,
        hint,
        join,
        select,
    } = parsed!(field_forest, "x:rel!inner!fk(a,...deep(b),none())").remove(0)
    else {
        panic!("a relation")
    };
    assert_eq!((&*relation, alias.as_deref()), ("rel", Some("x")));
    assert_eq!(hint.as_deref(), Some("fk"));
    assert_eq!(join, Some(super::super::select::JoinType::Inner));
    assert_eq!(select.len(), 3);
    assert!(matches!(&select[1], SelectItem::Spread { relation, .. } if &**relation == "deep"));
    assert!(matches!(&select[2], SelectItem::Relation { select, .. } if select.is_empty()));
}

/// PR-145
#[test]
fn select_is_refused_where_it_stops_making_sense() {
    for (text, expected) in [
        (
            "id,clients(name[])",
            r#"(line 1, column 16): unexpected '[' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input"#,
        ),
        (
            "data->>-78xy",
            r#"(line 1, column 11): unexpected 'x' expecting digit, "->", "::", ".", "," or end of input"#,
        ),
        (
            "name!hint",
            r#"(line 1, column 5): unexpected '!' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input"#,
        ),
        (
            "name::",
            "(line 1, column 7): unexpected end of input expecting letter or digit",
        ),
        (
            "data->>--34",
            r#"(line 1, column 9): unexpected "-" expecting digit"#,
        ),
    ] {
        assert_eq!(refusal!(field_forest, text), expected, "{text}");
    }
    assert_eq!(
        refusal!(select::select_field, "*!hint"),
        r#"(line 1, column 2): unexpected '!' expecting ")", "," or end of input"#
    );
}

/// PR-049, PR-050
#[test]
fn order_has_terms() {
    use super::super::select::{Direction, Nulls};
    let terms = parsed!(order_terms, "a.desc.nullsfirst, b(c->d).asc,e.nullslast,f");
    let told: Vec<_> = terms
        .iter()
        .map(|term| {
            (
                term.relation.as_deref(),
                &*term.field.name,
                term.direction,
                term.nulls,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (None, "a", Some(Direction::Desc), Some(Nulls::First)),
            (Some("b"), "c", Some(Direction::Asc), None),
            (None, "e", None, Some(Nulls::Last)),
            (None, "f", None, None),
        ]
    );
    let modifiers = r#"expecting "asc", "desc", "nullsfirst" or "nullslast""#;
    for (text, expected) in [
        ("id.ac", format!(r#"(line 1, column 4): unexpected "c" {modifiers}"#)),
        ("id.nulsfist", format!(r#"(line 1, column 4): unexpected "n" {modifiers}"#)),
        ("id.smth34", format!(r#"(line 1, column 4): unexpected "s" {modifiers}"#)),
        (
            "clients(name,id)",
            r#"(line 1, column 8): unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input"#.into(),
        ),
        (
            "id.descc",
            r#"(line 1, column 8): unexpected 'c' expecting delimiter (.), "," or end of input"#.into(),
        ),
        (
            "id.nullslasttt",
            r#"(line 1, column 13): unexpected 't' expecting "," or end of input"#.into(),
        ),
        (
            "id.asc.nlsfst",
            r#"(line 1, column 8): unexpected "l" expecting "nullsfirst" or "nullslast""#.into(),
        ),
        (
            "id.asc.nullslasttt",
            r#"(line 1, column 17): unexpected 't' expecting "," or end of input"#.into(),
        ),
        (
            "id.asc.smth34",
            r#"(line 1, column 8): unexpected "s" expecting "nullsfirst" or "nullslast""#.into(),
        ),
    ] {
        assert_eq!(refusal!(order_terms, text), expected, "{text}");
    }
}

/// PR-016 to PR-029
#[test]
fn filters_have_operators() {
    use super::super::filter::{
        FtsOperator, IsValue, Operation, QuantOperator, Quantifier, SimpleOperator,
    };
    let equal = |quantifier, value: &str| {
        Operation::Quantified(QuantOperator::Equal, quantifier, value.into())
    };
    let list = |values: &[&str]| Operation::In(values.iter().map(|&it| it.into()).collect());
    for (text, expected) in [
        ("eq.1", (false, equal(None, "1"))),
        ("eq.", (false, equal(None, ""))),
        (
            "not.eq(all).{1}",
            (true, equal(Some(Quantifier::All), "{1}")),
        ),
        ("eq(any).a", (false, equal(Some(Quantifier::Any), "a"))),
        (
            "gte.2",
            (
                false,
                Operation::Quantified(QuantOperator::GreaterThanEqual, None, "2".into()),
            ),
        ),
        (
            "neq.a.b",
            (
                false,
                Operation::Simple(SimpleOperator::NotEqual, "a.b".into()),
            ),
        ),
        ("in.()", (false, list(&[""]))),
        (
            r#"in.( 1,"a,b" ,"c\"d")"#,
            (false, list(&["1", "\"a", "b\" ", "c\"d"])),
        ),
        (
            r#"in.(1,"a,b","x"y)"#,
            (false, list(&["1", "a,b", "\"x\"y"])),
        ),
        ("is.NULL", (false, Operation::Is(IsValue::Null))),
        ("is.Not_Null", (false, Operation::Is(IsValue::NotNull))),
        ("isdistinct.x", (false, Operation::IsDistinct("x".into()))),
        (
            "wfts(english).a b",
            (
                false,
                Operation::FullText {
                    operator: FtsOperator::Websearch,
                    language: Some("english".into()),
                    query: "a b".into(),
                },
            ),
        ),
    ] {
        assert_eq!(parsed!(filter_operation, text), expected, "{text}");
    }
}

/// PR-037
#[test]
fn filters_are_refused_in_the_clients_words() {
    let operator = "expecting operator (eq, gt, ...)";
    for (text, expected) in [
        (
            "noop.0",
            r#"(line 1, column 1): unexpected "o" expecting "not" or operator (eq, gt, ...)"#.to_owned(),
        ),
        (
            "val",
            r#"(line 1, column 1): unexpected "v" expecting "not" or operator (eq, gt, ...)"#.into(),
        ),
        (
            "0",
            r#"(line 1, column 1): unexpected "0" expecting "not" or operator (eq, gt, ...)"#.into(),
        ),
        ("fts().value", format!(r#"(line 1, column 5): unexpected ")" {operator}"#)),
        ("eq().value", format!(r#"(line 1, column 4): unexpected ")" {operator}"#)),
        ("is().value", format!(r#"(line 1, column 3): unexpected "(" {operator}"#)),
        ("in().value", format!(r#"(line 1, column 3): unexpected "(" {operator}"#)),
        (
            "is.nulx",
            r#"(line 1, column 7): unexpected "x" expecting isVal: (null, not_null, true, false, unknown)"#.into(),
        ),
        (
            "",
            r#"(line 1, column 1): unexpected end of input expecting "not" or operator (eq, gt, ...)"#.into(),
        ),
        ("in.x", r#"(line 1, column 4): unexpected "x" expecting "(""#.into()),
    ] {
        assert_eq!(refusal!(filter_operation, text), expected, "{text}");
    }
}

/// PR-030, PR-031
#[test]
fn logic_is_a_tree() {
    use super::super::filter::LogicTree;
    let LogicTree::Group {
        negated, members, ..
    } = parsed!(
        logic_tree,
        r#"not.and( or( a.eq."x,y", b.cs.{1,2}) ,c.in.( 1, 2 ), d->e.not.is.null)"#
    )
    else {
        panic!("a group")
    };
    assert!(negated);
    assert_eq!(members.len(), 3);
    let told = format!("{members:?}");
    for part in ["\"x,y\"", "\"{1,2}\"", "\" 2 \"", "IsNull"] {
        let part = if part == "IsNull" { "Is(Null)" } else { part };
        assert!(told.contains(part), "{part} in {told}");
    }
    for (text, expected) in [
        (
            "or()",
            r#"(line 1, column 4): unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)"#,
        ),
        (
            "or(id.in.1,2,id.eq.3)",
            r#"(line 1, column 10): unexpected "1" expecting "(""#,
        ),
        (
            "or)(",
            r#"(line 1, column 3): unexpected ")" expecting "(""#,
        ),
        (
            "and(ord(id.eq.1,id.eq.1),id.eq.2)",
            r#"(line 1, column 7): unexpected "d" expecting "(""#,
        ),
        (
            "or(id.eq.1,not.xor(id.eq.2,id.eq.3))",
            r#"(line 1, column 16): unexpected "x" expecting logic operator (and, or)"#,
        ),
    ] {
        assert_eq!(refusal!(logic_tree, text), expected, "{text}");
    }
}

/// PR-034: what stands at a position is shown escaped.
#[test]
fn odd_characters_are_shown_escaped() {
    for (text, expected) in [
        ("\u{1}", r#"(line 1, column 1): unexpected "\SOH""#),
        ("\n", r#"(line 1, column 1): unexpected "\n""#),
        ("\\", r#"(line 1, column 1): unexpected "\\""#),
        ("☃", r#"(line 1, column 1): unexpected "\9731""#),
    ] {
        let told = refusal!(name, text);
        assert!(told.starts_with(expected), "{told}");
    }
    assert!(refusal!(order_terms, "a\t!").starts_with("(line 1, column 9)"));
}

/// PR-145: nesting is bounded, and no depth takes the stack.
#[test]
fn what_nests_too_deep_is_refused() {
    for depth in [64, 65, 100_000] {
        let select = "a(".repeat(depth) + &")".repeat(depth);
        let logic = "and(".repeat(depth) + "a.eq.1" + &")".repeat(depth);
        let select = parse(&select, 64, field_forest, field_forest, String::new);
        let logic = parse(&logic, 64, logic_tree, logic_tree, String::new);
        if depth == 64 {
            assert!(select.is_ok() && logic.is_ok());
        } else {
            let refusals = [select.expect_err("deep"), logic.expect_err("deep")];
            assert!(
                refusals
                    .iter()
                    .all(|it| it.details == "nested deeper than 64 levels")
            );
        }
    }
}

/// A bound on nesting that the settings raise still leaves room on a small stack.
#[test]
fn the_deepest_nesting_fits_on_a_small_stack() {
    let deepest = super::super::DEEPEST;
    let select = "a(".repeat(deepest) + &")".repeat(deepest);
    let logic = "and(".repeat(deepest) + "a.eq.1" + &")".repeat(deepest);
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let thread = small.spawn(move || {
        parse(&select, deepest, field_forest, field_forest, String::new).is_ok()
            && parse(&logic, deepest, logic_tree, logic_tree, String::new).is_ok()
    });
    assert!(thread.expect("a thread").join().expect("no overflow"));
}

/// Texts that look enough like the grammars to get far into them.
fn almost() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "(",
            ")",
            ",",
            ".",
            "->",
            "->>",
            "::",
            "!",
            "...",
            "\"",
            "\\",
            "{",
            "}",
            "-",
            " ",
            ":",
            "not",
            "and",
            "or",
            "eq",
            "in",
            "is",
            "null",
            "fts",
            "any",
            "count()",
            "sum()",
            "asc",
            "nullslast",
            "a",
            "b1",
            "é",
            "\n",
            "*",
            "inner",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Explaining must agree with the lean run about what parses.
macro_rules! agree {
    ($parser:expr, $text:expr) => {{
        let lean = $parser(&mut Scanner::<false>::new($text, 8)).is_ok();
        let explained = $parser(&mut Scanner::<true>::new($text, 8)).is_ok();
        prop_assert_eq!(lean, explained);
        if let Err(error) = parse($text, 8, $parser, $parser, String::new) {
            prop_assert!(!error.details.is_empty());
        }
    }};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics_and_both_runs_agree(text in almost()) {
        agree!(field_forest, &text);
        agree!(order_terms, &text);
        agree!(filter_operation, &text);
        agree!(logic_tree, &text);
        agree!(logic_path, &text);
        agree!(tree_path, &text);
        agree!(names, &text);
        agree!(name, &text);
    }

    #[test]
    fn empty_names_are_none_sec_29(text in "(\0\\PC{0,5})?") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        agree!(name, &quoted);
        prop_assert!(name(&mut Scanner::<false>::new(&quoted, 8)).is_err());
    }

    #[test]
    fn any_text_quotes(text in "\\PC{0,40}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        if !text.is_empty() {
            prop_assert_eq!(parsed!(name, &quoted), text.clone());
        }
        let list = parsed!(filter_operation, &format!("in.({quoted},{quoted})"));
        let text: Text = text.into();
        prop_assert_eq!(list, (false, super::super::filter::Operation::In(vec![text.clone(), text])));
    }
}
