//! All templates in all languages: the built-in ones, and the files over them.

mod files;
pub(super) mod remote;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use serde_json::Value;

use super::builtin::{self, Source};
use super::template::{Form, SyntaxError, Template};
use super::variables::NAMES;
use super::{MailConfig, MailError, MailKind, RenderedMail, language, plain};
use files::{Files, Stamp};

/// How often the files are looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

pub(super) struct Library {
    folder: Option<PathBuf>,
    default_language: String,
    subjects: BTreeMap<MailKind, String>,
    texts: ArcSwap<Texts>,
    looked: Mutex<Looked>,
}

/// What was found where templates stand.
struct Looked {
    at: Instant,
    stamp: Stamp,
    /// HTML that was fetched.
    remote: Remote,
}

type Remote = BTreeMap<MailKind, String>;

type Texts = BTreeMap<String, BTreeMap<MailKind, Text>>;

/// One kind in one language.
#[derive(Debug)]
struct Text {
    subject: Template,
    html: Template,
    /// None: made of the HTML.
    text: Option<Template>,
}

impl Library {
    pub(super) fn new(config: &MailConfig) -> Result<Self, MailError> {
        let folder = config.templates.clone();
        let default_language = language::normal(&config.default_language);
        let (files, stamp) = read(folder.as_ref())?;
        let remote = Remote::new();
        let texts = assemble(files, &remote, &default_language, &config.subjects)?;
        if !language::shortened(&default_language).any(|tag| texts.contains_key(tag)) {
            return Err(MailError::Setting(format!(
                "there are no mails in the default language `{default_language}`"
            )));
        }
        Ok(Self {
            folder,
            default_language,
            subjects: config.subjects.clone(),
            texts: ArcSwap::from_pointee(texts),
            looked: Mutex::new(Looked {
                at: Instant::now(),
                stamp,
                remote,
            }),
        })
    }

    /// A mail in the first of the languages that has it. A file that fails yields to the built-in
    /// text: better a plain mail than none.
    pub(super) fn render(
        &self,
        kind: MailKind,
        languages: &[String],
        data: &Value,
    ) -> Result<RenderedMail, MailError> {
        self.reload_if_changed();
        let texts = self.texts.load();
        let chain = languages
            .iter()
            .map(String::as_str)
            .chain([self.default_language.as_str(), "en"]);
        let text = chain
            .flat_map(language::shortened)
            .find_map(|tag| texts.get(tag)?.get(&kind));
        match text.map(|text| text.render(data)) {
            Some(Ok(mail)) => Ok(mail),
            failed => {
                if let Some(Err(error)) = failed {
                    tracing::error!(kind = kind.name(), %error, "a mail template fails; the built-in one is used");
                }
                builtin_text("en", kind)?.render(data)
            }
        }
    }

    /// Those there is any text in.
    pub(super) fn languages(&self) -> Vec<String> {
        self.texts.load().keys().cloned().collect()
    }

    /// Takes the HTML of one kind in the default language, if it is understood. A file in the folder
    /// goes before it.
    fn set_remote(&self, kind: MailKind, html: String) -> Result<(), MailError> {
        let mut looked = self.looked.lock();
        if looked.remote.get(&kind) == Some(&html) {
            return Ok(());
        }
        let mut remote = looked.remote.clone();
        remote.insert(kind, html);
        let (files, stamp) = read(self.folder.as_ref())?;
        let texts = self.assemble(files, &remote)?;
        looked.stamp = stamp;
        looked.remote = remote;
        self.texts.store(Arc::new(texts));
        tracing::info!(kind = kind.name(), "a mail template was fetched");
        Ok(())
    }

    /// Takes the HTML of one kind that another library has fetched, if it has.
    pub(super) fn take_over(&self, kind: MailKind, other: &Self) {
        let html = other.looked.lock().remote.get(&kind).cloned();
        // What was understood there and is not here is fetched, and told, soon.
        if let Some(html) = html {
            let _ = self.set_remote(kind, html);
        }
    }

    fn assemble(&self, files: Files, remote: &Remote) -> Result<Texts, MailError> {
        assemble(files, remote, &self.default_language, &self.subjects)
    }

    fn reload_if_changed(&self) {
        if self.folder.is_none() {
            return;
        }
        let Some(mut looked) = self.looked.try_lock() else {
            return;
        };
        if looked.at.elapsed() < LOOK {
            return;
        }
        looked.at = Instant::now();
        let loaded = read(self.folder.as_ref()).and_then(|(files, stamp)| {
            if looked.stamp == stamp {
                return Ok(None);
            }
            looked.stamp = stamp;
            self.assemble(files, &looked.remote).map(Some)
        });
        match loaded {
            Ok(None) => {}
            Ok(Some(texts)) => {
                self.texts.store(Arc::new(texts));
                tracing::info!("mail templates were read again");
            }
            Err(error) => {
                tracing::error!(%error, "mail templates cannot be read; the former ones stay");
            }
        }
    }
}

fn read(folder: Option<&PathBuf>) -> Result<(Files, Stamp), MailError> {
    match folder {
        Some(folder) => files::read(folder),
        None => Ok(<(Files, Stamp)>::default()),
    }
}

/// Built-in texts with those that were fetched and then the files over them.
fn assemble(
    mut files: Files,
    remote: &Remote,
    default_language: &str,
    subjects: &BTreeMap<MailKind, String>,
) -> Result<Texts, MailError> {
    // Files outside a folder are in the default language.
    if let Some(loose) = files.remove("") {
        let folder = files.entry(default_language.to_owned()).or_default();
        for (name, file) in loose {
            folder.entry(name).or_insert(file);
        }
    }
    for (kind, html) in remote {
        let folder = files.entry(default_language.to_owned()).or_default();
        let names = kind.file_names();
        let has_file = names
            .iter()
            .any(|name| folder.contains_key(&format!("{name}.html")));
        if !has_file {
            let file = files::File {
                path: format!("mail.template_urls.{}", kind.name()),
                text: html.clone(),
            };
            folder.insert(format!("{}.html", kind.name()), file);
        }
    }
    let mut languages: Vec<&str> = builtin::LANGUAGES.to_vec();
    languages.extend(files.keys().map(String::as_str));
    let mut texts = Texts::new();
    for tag in languages {
        let folder = files.get(tag);
        let is_default = language::shortened(default_language).any(|default| default == tag);
        let subjects = is_default.then_some(subjects);
        for kind in MailKind::ALL {
            let subject = subjects.and_then(|subjects| subjects.get(&kind));
            if let Some(text) = text(tag, kind, folder, subject)? {
                texts.entry(tag.to_owned()).or_default().insert(kind, text);
            }
        }
    }
    Ok(texts)
}

/// One kind in one language, if there is anything.
fn text(
    tag: &str,
    kind: MailKind,
    folder: Option<&files::Folder>,
    setting: Option<&String>,
) -> Result<Option<Text>, MailError> {
    let file = |ending: &str| {
        let names = kind.file_names();
        names
            .iter()
            .find_map(|name| folder?.get(&format!("{name}.{ending}")))
    };
    let (html, text, subject) = (file("html"), file("txt"), file("subject"));
    let builtin = language::shortened(tag).find_map(|tag| builtin::source(tag, kind));
    if html.is_none() && text.is_none() && subject.is_none() && builtin::source(tag, kind).is_none()
    {
        return Ok(None);
    }
    let missing = |ending: &str| {
        MailError::Setting(format!(
            "mail templates: `{tag}/{}.{ending}` is missing",
            kind.name()
        ))
    };
    let part = |file: Option<&files::File>, form, ending: &str, own: Option<&String>| match file {
        Some(file) => parse(&file.path, &file.text, form),
        None => match own {
            Some(source) => parse(
                &format!("built-in {tag}/{}.{ending}", kind.name()),
                source,
                form,
            ),
            None => Err(missing(ending)),
        },
    };
    let html_template = part(
        html,
        Form::Html,
        "html",
        builtin.as_ref().map(|own| &own.html),
    )?;
    let own_text = builtin
        .as_ref()
        .map(|own| &own.text)
        .filter(|_| html.is_none());
    let text = match (text, own_text) {
        // The text says what the HTML says.
        (None, None) => None,
        (file, own) => Some(part(file, Form::Text, "txt", own)?),
    };
    let subject = match (subject, setting) {
        (None, Some(setting)) => parse(
            &format!("mail.subjects.{}", kind.name()),
            setting,
            Form::Line,
        )?,
        (file, _) => part(
            file,
            Form::Line,
            "subject",
            builtin.as_ref().map(|own| &own.subject),
        )?,
    };
    Ok(Some(Text {
        subject,
        html: html_template,
        text,
    }))
}

fn parse(place: &str, source: &str, form: Form) -> Result<Template, MailError> {
    Template::parse(source, form, NAMES).map_err(|SyntaxError { line, message }| {
        MailError::Template {
            place: place.to_owned(),
            line,
            message,
        }
    })
}

fn builtin_text(tag: &str, kind: MailKind) -> Result<Text, MailError> {
    let missing = || MailError::Setting(format!("there is no mail `{}`", kind.name()));
    let Source {
        subject,
        html,
        text,
    } = builtin::source(tag, kind).ok_or_else(missing)?;
    Ok(Text {
        subject: parse("built-in", &subject, Form::Line)?,
        html: parse("built-in", &html, Form::Html)?,
        text: Some(parse("built-in", &text, Form::Text)?),
    })
}

impl Text {
    fn render(&self, data: &Value) -> Result<RenderedMail, MailError> {
        let html = self.html.render(data)?;
        let text = match &self.text {
            Some(text) => text.render(data)?,
            None => plain::from_html(&html),
        };
        Ok(RenderedMail {
            subject: self.subject.render(data)?,
            html,
            text,
        })
    }
}
