use proptest::prelude::*;

use super::*;

fn printed(text: &str) -> Option<String> {
    parse_dictionary(text).ok().map(|read| read.to_string())
}

#[test]
fn a_dictionary_is_printed_in_its_one_spelling() {
    for (given, expected) in [
        ("", ""),
        ("  a=1 ", "a=1"),
        ("a=1,b=2", "a=1, b=2"),
        ("a=1\t ,\tb", "a=1, b"),
        ("a;x=?1;y=?0", "a;x;y=?0"),
        ("a=?1", "a"),
        ("a=(  \"x\"   \"y\";z )", "a=(\"x\" \"y\";z)"),
        ("a=();  b=1", "a=();b=1"),
        ("a=01.50", "a=1.5"),
        ("a=-0.0", "a=0.0"),
        ("a=-1.250", "a=-1.25"),
        ("a=\"q\\\"\\\\\"", "a=\"q\\\"\\\\\""),
        ("a=tok/en:*", "a=tok/en:*"),
        ("a=:aGVsbG8=:", "a=:aGVsbG8=:"),
        ("a=@1659578233", "a=@1659578233"),
        ("a=999999999999999", "a=999999999999999"),
    ] {
        assert_eq!(printed(given).as_deref(), Some(expected), "{given}");
    }
}

#[test]
fn what_is_no_dictionary_is_refused() {
    for wrong in [
        "a=1,",
        ",a=1",
        "A=1",
        "a=",
        "a==1",
        "a=1 b=2",
        "a=1;;b",
        "a=1000000000000000",
        "a=1.",
        "a=1.0000",
        "a=1234567890123.0",
        "a=--1",
        "a=\"x",
        "a=\"\\x\"",
        "a=\"é\"",
        "a=\"\t\"",
        "a=(\"x\"\"y\")",
        "a=(\"x\"",
        "a=(\"x\"\t\"y\")",
        "a=:a:",
        "a=:aGVsbG8=",
        "a=?2",
        "a=@1.5",
        "a=%\"x\"",
        "a=1, a=2",
        "a;x=1;x=2",
        "a=()b",
    ] {
        assert_eq!(printed(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        let _ = parse_dictionary(&text);
    }

    #[test]
    fn what_is_printed_reads_the_same(text in "[a-c*]{1,3}(=(\\(( ?\"[ -!#-Z]{0,4}\"(;[a-c](=[0-9]{1,3})?)?){0,1}\\)|[0-9]{1,4}(\\.[0-9]{1,3})?|\"[ -!#-Z]{0,8}\"))?(;[d-f]=\\?[01])?") {
        if let Ok(read) = parse_dictionary(&text) {
            let once = read.to_string();
            prop_assert_eq!(parse_dictionary(&once), Ok(read), "{}", once);
        }
    }
}
