//! Who may see what: the first rule that fits decides (AU-004, AU-005).

use std::net::IpAddr;

use ipnet::IpNet;
use regex::Regex;

use super::{Subject, Target};
use crate::config::{ForwardAuthPolicy, ForwardAuthRule, QueryOperator, QueryRule};

/// A rule cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("`{0}` in a rule of forward_auth is no regular expression")]
    Pattern(String, #[source] regex::Error),
    #[error("`{0}` in a rule of forward_auth is no network")]
    Network(String),
    #[error("`{0}` in a rule of forward_auth is no subject: write `user:`, `group:` or `role:`")]
    Subject(String),
    #[error("a rule of forward_auth lets everybody pass or nobody: it may not have `subjects`")]
    SubjectOfNobody,
}

/// The rules in their order.
#[derive(Debug)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    default: ForwardAuthPolicy,
}

/// What a request needs, and whether who asks has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It needs nothing.
    Open,
    /// Who asks may.
    Allowed,
    /// Who asks has to sign in, or to prove a second factor.
    SignIn(ForwardAuthPolicy),
    /// Nobody may, or not this user.
    Denied,
}

#[derive(Debug)]
struct Rule {
    domains: Vec<String>,
    domain_regex: Vec<Regex>,
    paths: Vec<String>,
    resources: Vec<Regex>,
    methods: Vec<String>,
    networks: Vec<IpNet>,
    query: Vec<Query>,
    subjects: Vec<Vec<Who>>,
    policy: ForwardAuthPolicy,
}

#[derive(Debug)]
struct Query {
    key: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Equal(String),
    NotEqual(String),
    Present,
    Absent,
    Pattern(Regex),
    NotPattern(Regex),
}

#[derive(Debug)]
enum Who {
    User(String),
    Group(String),
    Role(String),
}

/// Whether a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// It depends on who asks, who is not known yet.
    Unknown,
}

impl Rules {
    pub(super) fn new(
        rules: &[ForwardAuthRule],
        default: ForwardAuthPolicy,
    ) -> Result<Self, PolicyError> {
        let rules = rules.iter().map(Rule::new).collect::<Result<_, _>>()?;
        Ok(Self { rules, default })
    }

    /// What a request needs that nobody was identified for: whether it is open to all.
    pub(crate) fn is_open(&self, target: &Target) -> bool {
        self.decide(target, None) == Decision::Open
    }

    /// `subject` is none while nobody has signed in.
    pub(crate) fn decide(&self, target: &Target, subject: Option<&Subject>) -> Decision {
        let policy = self.policy(target, subject);
        match (policy, subject) {
            (None, _) => Decision::SignIn(ForwardAuthPolicy::OneFactor),
            (Some(ForwardAuthPolicy::Bypass), _) => Decision::Open,
            (Some(ForwardAuthPolicy::Deny), _) => Decision::Denied,
            (Some(ForwardAuthPolicy::OneFactor), Some(_)) => Decision::Allowed,
            (Some(ForwardAuthPolicy::TwoFactor), Some(subject)) if subject.second_factor => {
                Decision::Allowed
            }
            (Some(policy), _) => Decision::SignIn(policy),
        }
    }

    /// The policy of the first rule that fits; none where that depends on who asks.
    fn policy(&self, target: &Target, subject: Option<&Subject>) -> Option<ForwardAuthPolicy> {
        for rule in &self.rules {
            match rule.fits(target, subject) {
                Fit::Yes => return Some(rule.policy),
                Fit::Unknown => return None,
                Fit::No => {}
            }
        }
        Some(self.default)
    }
}

impl Rule {
    fn new(rule: &ForwardAuthRule) -> Result<Self, PolicyError> {
        let about_someone = !rule.subjects.is_empty();
        if about_someone && rule.policy == ForwardAuthPolicy::Bypass {
            return Err(PolicyError::SubjectOfNobody);
        }
        let whole = |pattern: &String| regex(&format!("^(?:{pattern})$"), pattern);
        let lower = |texts: &[String]| texts.iter().map(|text| text.to_ascii_lowercase()).collect();
        let subjects = rule.subjects.iter();
        Ok(Self {
            domains: lower(&rule.domains),
            domain_regex: rule
                .domain_regex
                .iter()
                .map(whole)
                .collect::<Result<_, _>>()?,
            paths: rule.paths.clone(),
            resources: rule
                .resources
                .iter()
                .map(|pattern| regex(pattern, pattern))
                .collect::<Result<_, _>>()?,
            methods: rule
                .methods
                .iter()
                .map(|name| name.to_ascii_uppercase())
                .collect(),
            networks: rule
                .networks
                .iter()
                .map(|text| network(text))
                .collect::<Result<_, _>>()?,
            query: rule
                .query
                .iter()
                .map(Query::new)
                .collect::<Result<_, _>>()?,
            subjects: subjects
                .map(|all| all.iter().map(|text| Who::parse(text)).collect())
                .collect::<Result<_, _>>()?,
            policy: rule.policy,
        })
    }

    fn fits(&self, target: &Target, subject: Option<&Subject>) -> Fit {
        let place = self.has_path(target)
            && (self.methods.is_empty()
                || self.methods.iter().any(|m| m == target.method().as_str()))
            && self.has_network(target.ip())
            && self.query.iter().all(|query| query.holds(target));
        if !place {
            return Fit::No;
        }
        let host = self.host(target, subject);
        match (host, self.subject(subject)) {
            (Fit::No, _) | (_, Fit::No) => Fit::No,
            (Fit::Yes, Fit::Yes) => Fit::Yes,
            _ => Fit::Unknown,
        }
    }

    fn host(&self, target: &Target, subject: Option<&Subject>) -> Fit {
        if self.domains.is_empty() && self.domain_regex.is_empty() {
            return Fit::Yes;
        }
        let host = target.host();
        let named = self
            .domains
            .iter()
            .any(|domain| match domain.strip_prefix("*.") {
                Some(parent) => host
                    .strip_suffix(parent)
                    .is_some_and(|rest| rest.ends_with('.')),
                None => domain == host,
            });
        if named {
            return Fit::Yes;
        }
        let fits = self
            .domain_regex
            .iter()
            .map(|regex| matches_host(regex, host, subject));
        fits.fold(Fit::No, |best, fit| match (best, fit) {
            (Fit::Yes, _) | (_, Fit::Yes) => Fit::Yes,
            (Fit::Unknown, _) | (_, Fit::Unknown) => Fit::Unknown,
            _ => Fit::No,
        })
    }

    fn has_path(&self, target: &Target) -> bool {
        if self.paths.is_empty() && self.resources.is_empty() {
            return true;
        }
        let path = target.path();
        let below = |prefix: &String| {
            let prefix = prefix.trim_end_matches('/');
            let rest = path.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let resource = match target.url().query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        self.paths.iter().any(below) || self.resources.iter().any(|regex| regex.is_match(&resource))
    }

    fn has_network(&self, ip: Option<IpAddr>) -> bool {
        let inside = |ip: IpAddr| self.networks.iter().any(|network| network.contains(&ip));
        self.networks.is_empty() || ip.is_some_and(inside)
    }

    fn subject(&self, subject: Option<&Subject>) -> Fit {
        match subject {
            _ if self.subjects.is_empty() => Fit::Yes,
            None => Fit::Unknown,
            Some(subject) => {
                let mut any = self.subjects.iter();
                match any.any(|all| all.iter().all(|who| who.is(subject))) {
                    true => Fit::Yes,
                    false => Fit::No,
                }
            }
        }
    }
}

/// Whether a host matches, and the groups `user` and `group` are who asks.
fn matches_host(regex: &Regex, host: &str, subject: Option<&Subject>) -> Fit {
    let Some(captures) = regex.captures(host) else {
        return Fit::No;
    };
    let (user, group) = (captures.name("user"), captures.name("group"));
    if user.is_none() && group.is_none() {
        return Fit::Yes;
    }
    let Some(subject) = subject else {
        return Fit::Unknown;
    };
    // A host has no `@`: the part before it is a user's name there.
    let name = subject.user().split('@').next().unwrap_or_default();
    let is_user = user.is_none_or(|user| user.as_str().eq_ignore_ascii_case(name));
    let in_group = group.is_none_or(|group| {
        let mut groups = subject.groups.iter();
        groups.any(|one| one.eq_ignore_ascii_case(group.as_str()))
    });
    match is_user && in_group {
        true => Fit::Yes,
        false => Fit::No,
    }
}

impl Query {
    fn new(rule: &QueryRule) -> Result<Self, PolicyError> {
        let value = &rule.value;
        let test = match rule.operator {
            QueryOperator::Equal => Test::Equal(value.clone()),
            QueryOperator::NotEqual => Test::NotEqual(value.clone()),
            QueryOperator::Present => Test::Present,
            QueryOperator::Absent => Test::Absent,
            QueryOperator::Pattern => Test::Pattern(regex(value, value)?),
            QueryOperator::NotPattern => Test::NotPattern(regex(value, value)?),
        };
        Ok(Self {
            key: rule.key.clone(),
            test,
        })
    }

    /// A parameter that is there twice has to meet a positive test with each of its values.
    fn holds(&self, target: &Target) -> bool {
        let pairs = target.url().query_pairs();
        let values: Vec<_> = pairs
            .filter(|(key, _)| *key == self.key)
            .map(|(_, value)| value)
            .collect();
        let is_there = !values.is_empty();
        match &self.test {
            Test::Equal(wanted) => is_there && values.iter().all(|value| value == wanted),
            Test::NotEqual(other) => values.iter().all(|value| value != other),
            Test::Present => is_there,
            Test::Absent => !is_there,
            Test::Pattern(regex) => is_there && values.iter().all(|value| regex.is_match(value)),
            Test::NotPattern(regex) => !values.iter().any(|value| regex.is_match(value)),
        }
    }
}

impl Who {
    fn parse(text: &str) -> Result<Self, PolicyError> {
        let unknown = || PolicyError::Subject(text.to_owned());
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        match (kind, name) {
            (_, "") => Err(unknown()),
            ("user", name) => Ok(Self::User(name.to_owned())),
            ("group", name) => Ok(Self::Group(name.to_owned())),
            ("role", name) => Ok(Self::Role(name.to_owned())),
            _ => Err(unknown()),
        }
    }

    fn is(&self, subject: &Subject) -> bool {
        match self {
            Self::User(name) => {
                let number = name.trim_start_matches('+');
                name.eq_ignore_ascii_case(&subject.email)
                    || (!subject.phone.is_empty() && number == subject.phone)
                    || *name == subject.id
            }
            Self::Group(name) => subject.groups.contains(name),
            Self::Role(name) => *name == subject.role,
        }
    }
}

fn regex(pattern: &str, written: &str) -> Result<Regex, PolicyError> {
    Regex::new(pattern).map_err(|error| PolicyError::Pattern(written.to_owned(), error))
}

fn network(text: &str) -> Result<IpNet, PolicyError> {
    let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let parsed = text.parse().ok().or_else(one);
    parsed.ok_or_else(|| PolicyError::Network(text.to_owned()))
}

#[cfg(test)]
mod tests;
