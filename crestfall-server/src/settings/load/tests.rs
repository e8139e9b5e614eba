use super::*;

fn read(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Result<Settings, String> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    merge(&[], text, &environment, &flags).map_err(|error| error.to_string())
}

fn merge(
    defaults: &[String],
    text: &str,
    environment: &BTreeMap<String, String>,
    flags: &[String],
) -> Result<Settings, Error> {
    let mut merged = Merged::new(defaults)?;
    merged.file("crestfall.toml", text)?;
    merged.environment(environment)?;
    merged.flags(flags)?;
    merged.settings()
}

#[test]
fn settings_of_the_crates_are_read_from_every_source() {
    let text = "[auth]\nsite_url = \"https://a.example\"\n[auth.mail.smtp]\nport = 2525\n\
                [auth.mail.subjects]\nrecovery = \"Again\"";
    let environment = [
        ("CRESTFALL_AUTH__EMAIL__AUTOCONFIRM", "true"),
        ("CRESTFALL_AUTH__TOKENS__LIFETIME", "5m"),
        ("CRESTFALL_AUTH__MAIL__SUBJECTS__INVITE", "Come"),
        (
            "CRESTFALL_AUTH__MAIL__NOTICES",
            r#"{"password_changed": false}"#,
        ),
    ];
    let settings = read(text, &environment, &["auth.enabled=true"]).unwrap();
    let service = &settings.auth.service;
    assert!(settings.auth.enabled && service.email.autoconfirm);
    assert_eq!(service.site_url, "https://a.example");
    assert_eq!(service.tokens.lifetime.to_string(), "5m");
    assert_eq!(service.mail.smtp.port, Some(2525));
    assert_eq!(
        (service.mail.subjects.len(), service.mail.notices.len()),
        (2, 1)
    );
    for (text, words) in [
        ("[auth]\nsite_ulr = \"x\"", "did you mean `auth.site_url`?"),
        (
            "[auth.email]\nautoconfrm = true",
            "did you mean `auth.email.autoconfirm`?",
        ),
        (
            "[auth.tokens]\nlifetime = \"soon\"",
            "auth.tokens.lifetime: ",
        ),
    ] {
        let error = read(text, &[], &[]).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_secret_may_stand_in_a_file_and_the_stronger_source_decides() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "from the file\n").unwrap();
    let named = format!("auth.encryption_key_file={}", file.display());
    let key = |defaults: &[String], text: &str, flags: &[String]| {
        let settings = merge(defaults, text, &BTreeMap::new(), flags).unwrap();
        settings.auth.service.encryption_key.expose().to_owned()
    };
    let given = "[auth]\nencryption_key = \"given\"";
    let defaults = std::slice::from_ref(&named);
    assert_eq!(key(defaults, "", &[]), "from the file");
    assert_eq!(key(defaults, given, &[]), "given");
    assert_eq!(key(&[], given, defaults), "from the file");
    let text = format!("[auth]\nencryption_key_file = {:?}", file.display());
    assert_eq!(key(&[], &text, &[]), "from the file");
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(
        merge(defaults, "", &BTreeMap::new(), &[]),
        Err(Error::Read { .. })
    ));
}

#[test]
fn flags_win_over_the_environment_over_the_file() {
    let text = "[server]\nport = 1\nhost = \"a\"\n[rest]\nmax_rows = 5";
    let environment = [
        ("CRESTFALL_SERVER__PORT", "2"),
        ("CRESTFALL_SERVER__HOST", "b"),
    ];
    let settings = read(text, &environment, &["server.port=3"]).unwrap();
    assert_eq!((settings.server.port, &*settings.server.host), (3, "b"));
    assert_eq!(settings.rest.max_rows, Some(5));
}

#[test]
fn text_becomes_what_the_setting_is() {
    let environment = [
        ("CRESTFALL_REST__SCHEMAS", "api, public"),
        ("CRESTFALL_REST__AGGREGATES", "true"),
        ("CRESTFALL_DATABASE__MAX_IDLE", "5m"),
        ("CRESTFALL_REST__MAX_BODY", "1MiB"),
        ("CRESTFALL_ADMIN__PORT", ""),
        ("CRESTFALL_LOG__LEVEL", "debug"),
        ("CRESTFALL_REST__TX_END", "rollback-allow-override"),
    ];
    let settings = read("", &environment, &[]).unwrap();
    assert_eq!(settings.rest.schemas, ["api", "public"]);
    assert!(settings.rest.aggregates);
    assert_eq!(settings.database.max_idle.to_string(), "5m");
    assert_eq!(settings.rest.max_body.get(), 1 << 20);
}

#[test]
fn an_unknown_key_names_the_nearest() {
    for (text, environment, flag, words) in [
        (
            "[rest]\nmax_row = 1",
            ("CRESTFALL_LOG__LEVEL", "info"),
            "log.level=info",
            "`rest.max_row`; did you mean `rest.max_rows`?",
        ),
        (
            "",
            ("CRESTFALL_DATABSE__URL", "x"),
            "log.level=info",
            "`database.url`?",
        ),
        (
            "",
            ("CRESTFALL_LOG__LEVEL", "info"),
            "server.prt=1",
            "`server.port`?",
        ),
        (
            "[sever]\nport = 1",
            ("CRESTFALL_LOG__LEVEL", "info"),
            "log.level=info",
            "no setting `sever`",
        ),
    ] {
        let error = read(text, &[environment], &[flag]).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn errors_tell_the_line_but_no_value() {
    let error = read("[jwt]\nsecret = \"hush hush", &[], &[]).unwrap_err();
    assert!(
        error.contains("line 2") && !error.contains("hush"),
        "{error}"
    );
    let error = read("[server]\nport = \"many\"", &[], &[]).unwrap_err();
    assert!(error.contains("line 2"), "{error}");
    let error = read("", &[("CRESTFALL_SERVER__PORT", "hush")], &[]).unwrap_err();
    assert!(
        error.contains("CRESTFALL_SERVER__PORT") && !error.contains("hush"),
        "{error}"
    );
}
