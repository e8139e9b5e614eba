//! The names that the server answers to: a request for another one was led here by somebody's name
//! server, or by a proxy that passes on what it does not know (SEC-06).

use crestfall_core::Problem;
use http::header::HOST;
use http::{HeaderMap, Request, StatusCode, Uri};

/// The hosts that may be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// In lower case, without ports; one that begins with a dot is all names below it. Empty: any.
    names: Vec<String>,
}

/// Not a host's name or address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoHost(pub(crate) String);

impl Hosts {
    /// Answers to these, or to any when there is none. `*.example.org` is all below it.
    ///
    /// # Errors
    /// One has a port, a path or what no name has.
    pub(crate) fn new(hosts: &[String]) -> Result<Self, NoHost> {
        let named = hosts.iter().map(|host| host.trim());
        let names: Result<_, _> = named.filter(|host| !host.is_empty()).map(read).collect();
        Ok(Self { names: names? })
    }

    /// Whether a request asks for one of them: by its target, its `Host`, or both.
    pub(crate) fn answer_to<B>(&self, request: &Request<B>) -> bool {
        if self.names.is_empty() {
            return true;
        }
        let target = request.uri().host();
        let Some(headers) = named(request.headers()) else {
            return false;
        };
        let mut asked = target.into_iter().chain(headers.iter().map(String::as_str));
        let is_named = target.is_some() || !headers.is_empty();
        is_named && asked.all(|host| self.has(host))
    }

    fn has(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.names.iter().any(|name| match name.strip_prefix('.') {
            Some(_) => host.len() > name.len() && host.ends_with(name.as_str()),
            None => *name == host,
        })
    }
}

/// The answer to a request for another.
pub(crate) fn misdirected() -> Problem {
    let message = "This server does not answer to that name (server.allowed_hosts)";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", message)
}

fn read(host: &str) -> Result<String, NoHost> {
    let below = host.strip_prefix('*');
    let name = below.map_or(host, |rest| rest.strip_prefix('.').unwrap_or_default());
    let uri = format!("http://{name}/").parse::<Uri>();
    let is_host = uri.is_ok_and(|uri| uri.host() == Some(name) && uri.path() == "/");
    if !is_host || name.contains(['*', '@']) {
        return Err(NoHost(host.to_owned()));
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    Ok(match below {
        Some(_) => format!(".{name}"),
        None => name,
    })
}

/// The hosts of the header, without ports. None when one is no host.
fn named(headers: &HeaderMap) -> Option<Vec<String>> {
    let values = headers.get_all(HOST).iter();
    values
        .map(|value| {
            let authority: http::uri::Authority = value.to_str().ok()?.parse().ok()?;
            let has_user = authority.as_str().contains('@');
            (!has_user).then(|| authority.host().to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str]) -> Hosts {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Hosts::new(&names).expect("hosts")
    }

    fn asks(hosts: &Hosts, uri: &str, headers: &[&str]) -> bool {
        let mut request = Request::get(uri);
        for header in headers {
            request = request.header(HOST, *header);
        }
        hosts.answer_to(&request.body(()).expect("a request"))
    }

    #[test]
    fn sec_06_only_the_names_of_the_list_are_answered_to() {
        let hosts = hosts(&["Api.example.org", "*.films.example", "[::1]", "127.0.0.1"]);
        for good in [
            "api.example.org",
            "API.EXAMPLE.ORG:8000",
            "api.example.org.",
            "a.films.example",
            "a.b.films.example:443",
            "[::1]:8000",
            "127.0.0.1:8000",
        ] {
            assert!(asks(&hosts, "/", &[good]), "{good}");
        }
        for bad in [
            "evil.example",
            "api.example.org.evil.example",
            "xapi.example.org",
            "films.example",
            "afilms.example",
            ".films.example",
            "api.example.org@evil.example",
            "evil.example@api.example.org",
            "api.example.org evil.example",
            "api.example.org,evil.example",
            "api.example.org/evil",
            "",
        ] {
            assert!(!asks(&hosts, "/", &[bad]), "{bad}");
        }
        assert!(!asks(&hosts, "/", &[]));
    }

    #[test]
    fn sec_06_a_target_with_a_host_counts_too() {
        let hosts = hosts(&["api.example.org"]);
        assert!(asks(&hosts, "https://api.example.org/x", &[]));
        assert!(asks(
            &hosts,
            "http://api.example.org/",
            &["api.example.org"]
        ));
        assert!(!asks(&hosts, "http://evil.example/", &["api.example.org"]));
        assert!(!asks(&hosts, "http://api.example.org/", &["evil.example"]));
        assert!(!asks(&hosts, "/", &["api.example.org", "evil.example"]));
    }

    #[test]
    fn without_a_list_every_name_is_answered_to() {
        assert!(asks(&Hosts::default(), "/", &["evil.example"]));
        assert!(asks(&Hosts::default(), "/", &[]));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "https://api.example.org",
            "api.example.org:8000",
            "api.example.org/",
            "*",
            "*example.org",
            "a.*.example.org",
            "a b",
            "a@b",
        ] {
            assert!(Hosts::new(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
