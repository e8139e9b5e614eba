//! The providers that are built in (GT-056), as data. `{auth}` and `{api}` stand for where a
//! provider is; the setting `url` replaces both, `api_url` the second.
//!
//! Whether an address is verified is only what the provider itself says of that address
//! ([`Verified`], SEC-04). Where GoTrue takes addresses for verified that nobody says are (Figma, Fly,
//! Notion, Slack without OpenID, Snapchat, WorkOS, Facebook, Azure without `xms_edov`), they are not:
//! users confirm them once by mail, and no account is linked by them, unless the operator says
//! `trust_email`. `twitter` is the older way to what `x` is by OAuth 2.0.

mod table;

use super::ClientAuth;
use super::id_token::Issuer;
use super::profile::Profile;
use super::quirk;
use crate::config;
pub(crate) use table::KNOWN;
use table::OPENID;

/// What one provider is like.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// Where it is: what `{auth}` and `{api}` stand for.
    pub(super) hosts: (&'static str, &'static str),
    /// What follows `url` to its API, for a provider on one's own server.
    pub(super) own_api: &'static str,
    /// Where users are sent, where tokens are had; none where its discovery document says it.
    pub(super) endpoints: Option<(&'static str, &'static str)>,
    /// Where OAuth 1.0a begins; none with OAuth 2.
    pub(super) request_token: Option<&'static str>,
    pub(super) client_auth: ClientAuth,
    pub(super) scopes: &'static [&'static str],
    pub(super) parameters: &'static [(&'static str, &'static str)],
    pub(super) pkce: bool,
    /// Whether ID tokens of the browser's flow repeat the nonce that was sent.
    pub(super) nonce: bool,
    /// Whether ID tokens that programs get for themselves do.
    pub(super) native_nonce: bool,
    pub(super) issuer: Option<KnownIssuer>,
    pub(super) source: Source,
    pub(super) user_info: UserInfo,
    pub(super) profile: Profile,
    pub(super) quirk: Option<quirk::Quirk>,
}

/// Who signs a provider's ID tokens.
pub(crate) struct KnownIssuer {
    /// Empty is what the setting `url` says; `{auth}…` is where a document says it.
    pub(super) url: &'static str,
    pub(super) also: &'static [&'static str],
    /// Where the document is, below `{auth}`, when not below `url`.
    pub(super) document: &'static str,
}

/// What tells who the user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    IdToken,
    UserInfo,
    /// The answer that the tokens came in, here.
    Answer(&'static str),
}

/// Where more is told about a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserInfo {
    No,
    At(&'static str),
    /// Where the issuer's document says, beside the ID token.
    Published,
}

/// Where one provider is.
pub(super) struct Place {
    pub(super) auth: String,
    pub(super) api: String,
}

impl Place {
    pub(super) fn fill(&self, template: &str) -> String {
        template
            .replace("{auth}", &self.auth)
            .replace("{api}", &self.api)
    }
}

impl Known {
    pub(super) fn place(&self, settings: &config::Provider) -> Place {
        let (auth, api) = self.hosts;
        let url = settings.url.trim_end_matches('/');
        let api_url = settings.api_url.trim_end_matches('/');
        Place {
            auth: if url.is_empty() { auth } else { url }.to_owned(),
            api: match (url, api_url) {
                ("", "") => api.to_owned(),
                (url, "") => format!("{url}{}", self.own_api),
                (_, api_url) => api_url.to_owned(),
            },
        }
    }

    pub(super) fn issuer(&self, settings: &config::Provider) -> Option<Issuer> {
        let issuer = self.issuer.as_ref()?;
        let url = settings.url.trim_end_matches('/');
        if !issuer.document.is_empty() {
            let document = self.place(settings).fill(issuer.document);
            return Some(match issuer.url {
                "" => Issuer::as_published_at(document),
                known if url.is_empty() => Issuer::exactly(known).discovered_at(&document),
                _ => Issuer::exactly(url),
            });
        }
        match (url, issuer.url) {
            ("", "") => None,
            ("", known) => Some(Issuer::exactly(known).and_known_as(issuer.also)),
            (url, _) => Some(Issuer::exactly(url)),
        }
    }

    pub(super) fn user_info_url(&self, place: &Place) -> Option<String> {
        match self.user_info {
            UserInfo::At(template) => Some(place.fill(template)),
            UserInfo::No | UserInfo::Published => None,
        }
    }
}

impl Known {
    /// How its ID tokens are read, which need not look like its profiles.
    pub(super) fn token_profile(&'static self) -> &'static Profile {
        match self.source {
            Source::IdToken => &self.profile,
            Source::UserInfo | Source::Answer(_) => &OPENID,
        }
    }
}

/// The provider of this name.
pub(crate) fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// The provider whose ID tokens are issued by this issuer.
pub(crate) fn of_issuer(issuer: &str) -> Option<&'static Known> {
    let is = |known: &&Known| {
        let known = known.issuer.as_ref();
        known.is_some_and(|known| known.url == issuer || known.also.contains(&issuer))
    };
    KNOWN.iter().find(is)
}
