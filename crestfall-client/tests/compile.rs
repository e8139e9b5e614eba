//! What must compile, and what must not: by the types generated from a database.

use std::process::Command;

/// The compiler whose words stand in `compile/*.stderr`. With another one only what must compile is
/// looked at: compilers tell the same in other words. After a new one, `TRYBUILD=overwrite` and read
/// the difference.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn wrong_columns_types_and_embeds_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/right.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    match version.stdout.starts_with(COMPILER.as_bytes()) {
        true => cases.compile_fail("tests/compile/wrong_*.rs"),
        false => eprintln!("this is not {COMPILER}: what must not compile is not looked at"),
    }
}
