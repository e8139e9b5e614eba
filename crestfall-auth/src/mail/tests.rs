use std::fs;

use serde_json::json;

use super::*;

fn mails(change: impl FnOnce(&mut MailConfig)) -> Result<Mails, MailError> {
    let mut config = MailConfig::default();
    change(&mut config);
    Mails::new(config, "https://app.example", "https://api.example/auth/v1")
}

fn mail(kind: MailKind, languages: &[&str]) -> Mail {
    Mail {
        kind,
        to: "ada@example.com".into(),
        languages: languages.iter().map(|tag| (*tag).to_owned()).collect(),
        variables: Variables {
            email: "ada@example.com".into(),
            token: "123456".into(),
            token_hash: "pkce_abc".into(),
            redirect_to: "https://app.example/next?a=b&c=d".into(),
            ..Variables::default()
        },
        expires_at: None,
    }
}

#[test]
fn every_kind_has_a_subject_and_both_parts_in_english_and_german() {
    // GT-098, GT-099.
    let mails = mails(|_| {}).unwrap();
    for kind in MailKind::ALL {
        let english = mails.preview(kind, "en").unwrap();
        let german = mails.preview(kind, "de-AT").unwrap();
        assert_ne!(english.text, german.text, "{kind:?}");
        assert_ne!(english.subject, german.subject, "{kind:?}");
        for mail in [english, german] {
            for part in [&mail.subject, &mail.html, &mail.text] {
                assert!(!part.trim().is_empty(), "{kind:?}");
                assert!(!part.contains("{{"), "{kind:?}: {part}");
                for hole in [
                    "heading", "text", "button", "or_code", "code", "note", "language",
                ] {
                    assert!(!part.contains(&format!("%{hole}%")), "{kind:?}: {part}");
                }
            }
        }
    }
}

#[test]
fn a_mail_with_a_link_has_a_code_too() {
    // D7.2.
    let mails = mails(|_| {}).unwrap();
    for (kind, verification) in [
        (MailKind::Confirmation, "signup"),
        (MailKind::Invite, "invite"),
        (MailKind::Recovery, "recovery"),
        (MailKind::MagicLink, "magiclink"),
        (MailKind::EmailChangeCurrent, "email_change"),
        (MailKind::EmailChangeNew, "email_change"),
        (MailKind::AccountLocked, "magiclink"),
    ] {
        let written = mails.write(&mail(kind, &[])).unwrap();
        let link = format!(
            "https://api.example/auth/v1/verify?token=pkce_abc&type={verification}\
             &redirect_to=https%3A%2F%2Fapp.example%2Fnext%3Fa%3Db%26c%3Dd"
        );
        for part in [
            &written.content.html.replace("&amp;", "&"),
            &written.content.text,
        ] {
            assert!(
                part.contains(&link) && part.contains("123456"),
                "{kind:?}: {part}"
            );
        }
    }
    let code = mails.write(&mail(MailKind::Reauthentication, &[])).unwrap();
    assert!(!code.content.html.contains("href") && code.content.subject.contains("123456"));
}

#[test]
fn links_lead_where_the_settings_say() {
    // SEC-06: no request has a part in this; GT-098: paths are settings.
    let mails = mails(|config| {
        config.url_paths.insert(MailKind::Recovery, "/reset".into());
    })
    .unwrap();
    let link = |kind| mails.link(kind, "a&b", "").unwrap();
    assert_eq!(
        link(MailKind::Recovery),
        "https://api.example/reset?token=a%26b&type=recovery"
    );
    assert_eq!(
        link(MailKind::Invite),
        "https://api.example/auth/v1/verify?token=a%26b&type=invite"
    );
    assert_eq!(mails.link(MailKind::PasswordChanged, "x", ""), None);
    for url in ["", "api.example", "javascript:alert(1)"] {
        assert!(Mails::new(MailConfig::default(), "", url).is_err(), "{url}");
    }
}

#[test]
fn metadata_changes_no_link_no_structure_and_no_header() {
    // SEC-38.
    let folder = tempfile::tempdir().unwrap();
    let template = "<p title=\"{{ .Data.name }}\">Hi {{ .Data.name }}</p><a href=\"{{ .ConfirmationURL }}\">go</a> <i>{{ .Token }}</i>";
    fs::write(folder.path().join("magic_link.html"), template).unwrap();
    fs::write(
        folder.path().join("magic_link.subject"),
        "For {{ .Data.name }}",
    )
    .unwrap();
    let mails = mails(|config| config.templates = Some(folder.path().into())).unwrap();
    let written = |name: &str| {
        let mut mail = mail(MailKind::MagicLink, &[]);
        mail.variables.data = json!({ "name": name }).as_object().unwrap().clone();
        mails.write(&mail).unwrap().content
    };
    let shape = |html: &str| html.matches(['<', '>', '"']).collect::<String>();
    let plain = written("Ada");
    for name in [
        "{{ .TokenHash }}",
        "<a href=https://evil.example>x</a>",
        "\"><script>alert(1)</script>",
        "a\r\nBcc: eve@evil.example",
        "\u{202e}moc.live",
        "https://evil.example/",
        "{% raw %}",
        "<!--",
        "</p",
    ] {
        let mail = written(name);
        assert_eq!(shape(&mail.html), shape(&plain.html), "{name}");
        assert_eq!(
            mail.html.matches("href=").count(),
            name.matches("href=").count() * 2 + 1
        );
        assert!(
            !mail.html.contains("pkce_abc{{") && !mail.subject.contains(['\r', '\n', '\u{202e}'])
        );
        assert!(!mail.subject.contains("pkce_abc"));
    }
}

#[test]
fn files_come_before_built_in_texts_language_by_language() {
    // D31.
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "recovery.html",
        "<p>Default: <a href=\"{{ .ConfirmationURL }}\">reset</a> {{ .Token }}</p>",
    );
    write("fr/recovery.html", "<p>Bonjour {{ .Token }}</p>");
    write("fr/recovery.subject", "Mot de passe");
    write("de_CH/recovery.subject", "Passwort, gell");
    write(
        "email_change.html",
        "<p>{{ .NewEmail }}: {{ .Token }} to {{ .SendingTo }}</p>",
    );
    let mails = mails(|config| {
        config.templates = Some(folder.path().into());
        config
            .subjects
            .insert(MailKind::Recovery, "Reset {{ .Email }}".into());
    })
    .unwrap();
    let content = |languages: &[&str]| {
        mails
            .write(&mail(MailKind::Recovery, languages))
            .unwrap()
            .content
    };
    let english = content(&["nl", "en-GB"]);
    assert_eq!(english.subject, "Reset ada@example.com");
    assert!(
        english
            .text
            .starts_with("Default: reset: https://api.example/auth/v1/verify?token=")
    );
    let french = content(&["nl", "fr-CA", "en"]);
    assert_eq!(
        (&*french.subject, &*french.text),
        ("Mot de passe", "Bonjour 123456\n")
    );
    let swiss = content(&["de-ch"]);
    assert_eq!(swiss.subject, "Passwort, gell");
    assert!(swiss.html.contains("Neues Passwort"));
    assert!(content(&["de"]).subject.contains("Neues Passwort"));
    let change = mails
        .write(&mail(MailKind::EmailChangeNew, &[]))
        .unwrap()
        .content;
    assert_eq!(change.text, ": 123456 to ada@example.com\n");
    assert_eq!(mails.languages(), ["de", "de-ch", "en", "fr"]);
}

#[test]
fn wrong_files_are_found_when_they_are_loaded() {
    let error = |name: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("fr")).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        mails(|config| config.templates = Some(folder.path().into()))
            .unwrap_err()
            .to_string()
    };
    let syntax = error("invite.html", "<p>\n{{ .Emial }}</p>");
    assert!(
        syntax.contains("invite.html:2: there is no `.Emial`"),
        "{syntax}"
    );
    assert!(
        error("invitation.html", "x")
            .contains("is named after no kind of mail; there are confirmation, ")
    );
    assert!(error("fr/invite.html", "x").contains("`fr/invite.subject` is missing"));
    let setting = mails(|config| drop(config.subjects.insert(MailKind::Invite, "{{ x }}".into())));
    assert_eq!(
        setting.unwrap_err().to_string(),
        "mail.subjects.invite:1: there is no function `x`"
    );
    assert!(mails(|config| config.templates = Some("/nonexistent".into())).is_err());
    assert!(mails(|config| config.default_language = "xx".into()).is_err());
    let regional = mails(|config| {
        config.default_language = "de-AT".into();
        config.subjects.insert(MailKind::Invite, "Servus".into());
    });
    assert_eq!(
        regional
            .unwrap()
            .preview(MailKind::Invite, "xx")
            .unwrap()
            .subject,
        "Servus"
    );
}

#[test]
fn a_changed_file_counts_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("invite.subject");
    fs::write(&file, "one").unwrap();
    let mails = mails(|config| config.templates = Some(folder.path().into())).unwrap();
    let subject = || mails.preview(MailKind::Invite, "en").unwrap().subject;
    assert_eq!(subject(), "one");
    let pause = || std::thread::sleep(std::time::Duration::from_millis(1050));
    fs::write(&file, "two, longer").unwrap();
    pause();
    assert_eq!(subject(), "two, longer");
    fs::write(&file, "{{ broken").unwrap();
    pause();
    assert_eq!(subject(), "two, longer");
    fs::remove_file(&file).unwrap();
    pause();
    assert_eq!(subject(), "You are invited");
}

#[test]
fn notices_can_be_turned_off_and_nothing_else() {
    // GT-099.
    let mails = mails(|config| {
        config.notices.insert(MailKind::PasswordChanged, false);
        config.notices.insert(MailKind::Recovery, false);
    })
    .unwrap();
    assert!(!mails.is_enabled(MailKind::PasswordChanged));
    assert!(mails.is_enabled(MailKind::Recovery) && mails.is_enabled(MailKind::EmailChanged));
}

#[test]
fn built_in_texts_can_be_copied_into_files_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for kind in MailKind::ALL {
        let source = builtin_source("de", kind).unwrap();
        for (ending, text) in [
            ("html", source.html),
            ("txt", source.text),
            ("subject", source.subject),
        ] {
            fs::write(
                folder.path().join(format!("{}.{ending}", kind.name())),
                text,
            )
            .unwrap();
        }
    }
    let copied = mails(|config| config.templates = Some(folder.path().into())).unwrap();
    let original = mails(|_| {}).unwrap();
    for kind in MailKind::ALL {
        assert_eq!(
            copied.preview(kind, "en").unwrap(),
            original.preview(kind, "de").unwrap()
        );
    }
}
