//! The two forms of a connection string.

use percent_encoding::percent_decode_str;

use crate::db::DbError;

type Pairs = Vec<(String, String)>;

/// Reads either form into keywords and values, in order.
pub(super) fn connection_string(text: &str) -> Result<Pairs, DbError> {
    let uri = ["postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    match uri {
        Some(rest) => from_uri(rest),
        None => from_keywords(text),
    }
}

fn config(text: impl Into<String>) -> DbError {
    DbError::Config(text.into())
}

/// `[user[:password]@][host[:port][,...]][/dbname][?keyword=value[&...]]`
fn from_uri(text: &str) -> Result<Pairs, DbError> {
    let mut pairs = Pairs::new();
    let rest = match end_of_credentials(text) {
        Some(at) => {
            credentials(&text[..at], &mut pairs)?;
            &text[at + 1..]
        }
        None => text,
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    host_list(hosts, &mut pairs)?;
    if !database.is_empty() {
        pairs.push(("dbname".into(), decode(database)?));
    }
    for part in query.split('&').filter(|part| !part.is_empty()) {
        pairs.push(query_parameter(part)?);
    }
    Ok(pairs)
}

/// The `@` after user and password: the last one before the hosts, so that a password may hold one.
fn end_of_credentials(text: &str) -> Option<usize> {
    let authority = text.split('/').next().unwrap_or_default();
    let first = authority.find('@')?;
    let end = authority[first..]
        .find('?')
        .map_or(authority.len(), |end| first + end);
    authority[..end].rfind('@')
}

fn credentials(text: &str, pairs: &mut Pairs) -> Result<(), DbError> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    if !user.is_empty() {
        pairs.push(("user".into(), decode(user)?));
    }
    if let Some(password) = password {
        pairs.push(("password".into(), decode(password)?));
    }
    Ok(())
}

fn host_list(text: &str, pairs: &mut Pairs) -> Result<(), DbError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for part in text.split(',') {
        let (host, port) = host_and_port(part)?;
        hosts.push(decode(host)?);
        ports.push(decode(port)?);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        pairs.push(("host".into(), hosts.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.push(("port".into(), ports.join(",")));
    }
    Ok(())
}

fn host_and_port(text: &str) -> Result<(&str, &str), DbError> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok(text.split_once(':').unwrap_or((text, "")));
    };
    let (address, rest) = inner.split_once(']').ok_or_else(|| {
        config("an IPv6 address without its closing bracket in the connection URI")
    })?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((address, port)),
        None if rest.is_empty() => Ok((address, "")),
        None => Err(config(format!(
            "unexpected text after the IPv6 address {address} in the connection URI"
        ))),
    }
}

fn query_parameter(part: &str) -> Result<(String, String), DbError> {
    let (keyword, value) = part
        .split_once('=')
        .ok_or_else(|| config("a query parameter without \"=\" in the connection URI"))?;
    let (keyword, value) = (decode(keyword)?, decode(value)?);
    // As JDBC writes it.
    if keyword == "ssl" && value == "true" {
        return Ok(("sslmode".into(), "require".into()));
    }
    Ok((keyword, value))
}

fn decode(text: &str) -> Result<String, DbError> {
    let bytes = text.as_bytes();
    for (index, _) in text.match_indices('%') {
        let digits = bytes.get(index + 1..index + 3).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) || digits == b"00" {
            // Without the text itself, which may be a password.
            return Err(config("an invalid percent-encoding in the connection URI"));
        }
    }
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| config("a percent-encoding that is no UTF-8 in the connection URI"))?;
    Ok(decoded.into_owned())
}

/// `keyword = value ...`; values with spaces stand in single quotes, `\` takes the next character as it is.
fn from_keywords(text: &str) -> Result<Pairs, DbError> {
    let mut pairs = Pairs::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        if characters.peek().is_none() {
            return Ok(pairs);
        }
        let mut keyword = String::new();
        while let Some(c) = characters.next_if(|c| *c != '=' && !c.is_whitespace()) {
            keyword.push(c);
        }
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        if characters.next_if_eq(&'=').is_none() {
            // Not the word itself: it may be a piece of an unquoted password.
            return Err(config(
                "missing \"=\" after a keyword in the connection string",
            ));
        }
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        pairs.push((keyword, keyword_value(&mut characters)?));
    }
}

fn keyword_value(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<String, DbError> {
    let quoted = characters.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match characters.next() {
            None if quoted => {
                return Err(config(
                    "a quoted value without its end in the connection string",
                ));
            }
            None => return Ok(value),
            Some('\\') => value.extend(characters.next()),
            Some('\'') if quoted => return Ok(value),
            Some(c) if !quoted && c.is_whitespace() => return Ok(value),
            Some(c) => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        connection_string(text).unwrap()
    }

    fn is(text: &str, expected: &[(&str, &str)]) {
        let found = pairs(text);
        let found: Vec<_> = found.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn uris() {
        is("postgres://", &[]);
        is("postgresql:///db", &[("dbname", "db")]);
        is("postgres://u@h", &[("user", "u"), ("host", "h")]);
        is(
            "postgres://u:p%2F%3A@h:1/db?sslmode=require&application_name=a%20b",
            &[
                ("user", "u"),
                ("password", "p/:"),
                ("host", "h"),
                ("port", "1"),
                ("dbname", "db"),
                ("sslmode", "require"),
                ("application_name", "a b"),
            ],
        );
        is(
            "postgres://%2Frun%2Fpg:5433/db",
            &[("host", "/run/pg"), ("port", "5433"), ("dbname", "db")],
        );
        is(
            "postgres:///db?host=/run/pg",
            &[("dbname", "db"), ("host", "/run/pg")],
        );
        is(
            "postgres://[::1]:6,h/db",
            &[("host", "::1,h"), ("port", "6,"), ("dbname", "db")],
        );
        is(
            "postgres://u:p@ss?x@h?user=a@b",
            &[
                ("user", "u"),
                ("password", "p"),
                ("host", "ss"),
                ("x@h?user", "a@b"),
            ],
        );
    }

    #[test]
    fn a_password_may_hold_an_at_sign() {
        is(
            "postgres://u:p@ss@h/db",
            &[
                ("user", "u"),
                ("password", "p@ss"),
                ("host", "h"),
                ("dbname", "db"),
            ],
        );
        is(
            "postgres://u:p?x@h",
            &[("user", "u"), ("password", "p?x"), ("host", "h")],
        );
    }

    #[test]
    fn keywords() {
        is(
            r"host = h  password='a b\'c\\' user=x\ y dbname=''",
            &[
                ("host", "h"),
                ("password", r"a b'c\"),
                ("user", "x y"),
                ("dbname", ""),
            ],
        );
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for text in [
            "postgres://u:%zzsecret@h",
            "password=a secret b",
            "password='secret",
            "postgres://u:secret@[::1",
        ] {
            let error = connection_string(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_password_survives_encoding(password in "\\PC*") {
            let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
            let found = pairs(&format!("postgres://u:{encoded}@h/d"));
            prop_assert_eq!(&found[1].1, &password);
            let quoted = password.replace('\\', r"\\").replace('\'', r"\'");
            let found = pairs(&format!("user=u password='{quoted}' host=h"));
            prop_assert_eq!(&found[1].1, &password);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = connection_string(&text);
            let _ = connection_string(&format!("postgres://{text}"));
        }
    }
}
