//! Flags, exit statuses, what is printed.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::process::output;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_dumped_configuration_reads_back_the_same_pr_180() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rest.conf");
    let settings = "db-config = false\ndb-schema = \"a, b\"\napp.settings.x = \"\\\"q\\\"\"\n\
                    jwt-role-claim-key = \"$$.a[0]\"\nserver-unix-socket-mode = \"700\"\n";
    std::fs::write(&file, settings).unwrap();
    let dump = |variables: &[(&str, &str)]| {
        let ran = output(
            &["rest", "--dump-config", file.to_str().unwrap()],
            variables,
        );
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        text(&ran.stdout)
    };
    let first = dump(&[("PGRST_MAX_ROWS", "9")]);
    assert!(first.contains("db-schemas = \"a,b\"\n") && first.contains("db-max-rows = 9\n"));
    let lines: Vec<&str> = first.lines().collect();
    assert!(lines.is_sorted());
    std::fs::write(&file, &first).unwrap();
    assert_eq!(dump(&[]), first);
}

#[test]
fn what_is_wrong_is_told_and_the_status_is_1() {
    for (variable, value, words) in [
        (
            "PGRST_DB_TX_END",
            "x",
            "Error in config Invalid transaction termination",
        ),
        (
            "PGRST_JWT_SECRET",
            "short",
            "must be at least 32 characters long.",
        ),
        (
            "PGRST_ADMIN_SERVER_PORT",
            "3000",
            "cannot be the same as server-port",
        ),
        (
            "PGRST_DB_URI",
            "@/does/not/exist",
            "/does/not/exist: No such file",
        ),
    ] {
        let ran = output(&["rest", "--dump-config"], &[(variable, value)]);
        assert_eq!(ran.status.code(), Some(1));
        assert!(text(&ran.stderr).contains(words), "{}", text(&ran.stderr));
    }
    let ran = output(&["rest", "/does/not/exist"], &[]);
    assert_eq!(ran.status.code(), Some(1));
}

#[test]
fn a_binary_called_postgrest_is_postgrest() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("postgrest");
    symlink(env!("CARGO_BIN_EXE_crestfall"), &link).unwrap();
    let ran = Command::new(link).arg("--version").output().unwrap();
    assert!(text(&ran.stdout).starts_with("PostgREST 16.2"));
}

#[test]
fn the_example_is_a_valid_configuration() {
    let example = output(&["rest", "--example"], &[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rest.conf");
    let quiet = [example.stdout.as_slice(), b"\ndb-config = false\n"].concat();
    std::fs::write(&file, quiet).unwrap();
    let dumped = output(&["rest", "--dump-config", file.to_str().unwrap()], &[]);
    assert!(dumped.status.success(), "{}", text(&dumped.stderr));
    let defaults = output(&["rest", "--dump-config"], &[("PGRST_DB_CONFIG", "false")]);
    assert_eq!(text(&dumped.stdout), text(&defaults.stdout));
}

#[test]
fn an_unknown_setting_of_serve_names_the_nearest() {
    let ran = output(&["settings", "check", "--set", "rest.max_row=1"], &[]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(text(&ran.stderr).contains("did you mean `rest.max_rows`?"));
    let ran = output(
        &["settings", "check"],
        &[("CRESTFALL_JWT__SECRET", "hunter2")],
    );
    assert!(!text(&ran.stderr).contains("hunter2"));
    assert_eq!(ran.status.code(), Some(1));
}
