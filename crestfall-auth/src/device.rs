//! A device in plain words, from what it says of itself.

/// Browsers before those whose words they borrow.
const PROGRAMS: [(&str, &str); 14] = [
    ("Edg/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("okhttp/", "an Android app"),
    ("CFNetwork/", "an Apple app"),
    ("Dart/", "a Flutter app"),
    ("node", "Node.js"),
];

/// Systems before those whose words they borrow.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Darwin", "macOS"),
    ("Linux", "Linux"),
];

/// Such as `Firefox on Linux`; what it says itself, cut short, when it is none we know.
pub(crate) fn name(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.filter(|text| !text.is_empty()) else {
        return "Unknown device".to_owned();
    };
    let find = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(word, _)| text.contains(word))
            .map(|(_, name)| *name)
    };
    match (find(&PROGRAMS), find(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => text
            .split(['/', ' '])
            .next()
            .unwrap_or(text)
            .chars()
            .take(40)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_plain_names() {
        let named = |text: &str| name(Some(text));
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/130.0.0.0 Safari/537.36";
        assert_eq!(named(chrome), "Chrome on Windows");
        assert_eq!(named(&format!("{chrome} Edg/130.0")), "Edge on Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(named(phone), "Safari on iPhone");
        assert_eq!(named("my-backup/1.2"), "my-backup");
        assert_eq!(name(None), "Unknown device");
    }
}
