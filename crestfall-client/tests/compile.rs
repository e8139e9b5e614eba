//! What must compile, and what must not: by the types generated from a database.

#[test]
fn wrong_columns_types_and_embeds_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/right.rs");
    cases.compile_fail("tests/compile/wrong_*.rs");
}
