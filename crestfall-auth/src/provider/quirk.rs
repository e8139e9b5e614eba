//! What no data can say about a provider.

use aws_lc_rs::hmac;
use serde_json::Value;

use super::ProviderError;
use super::known::Known;
use super::profile::ExternalUser;
use super::request::Request;

/// How one provider deviates.
pub(super) enum Quirk {
    /// The addresses are a list of their own.
    Emails {
        /// Below the API.
        path: &'static str,
        /// Where the list is in the answer, and the members of an entry. Without `verified` none is.
        list: &'static str,
        address: &'static str,
        verified: &'static str,
        primary: &'static str,
    },
    /// Something is to be worked out of the profile.
    Adjust(fn(&Value, &mut ExternalUser)),
    /// Names come by language, the address apart.
    LinkedIn,
}

/// Applies what deviates once the profile has been read.
pub(super) async fn more_emails(
    known: &Known,
    api: &str,
    request: &Request<'_>,
    user: &mut ExternalUser,
) -> Result<(), ProviderError> {
    match &known.quirk {
        None | Some(Quirk::Adjust(_)) => Ok(()),
        Some(Quirk::Emails {
            path,
            list,
            address,
            verified,
            primary,
        }) => {
            let answer = request.get(&format!("{api}{path}")).await?;
            let entries = answer.pointer(list).and_then(Value::as_array);
            for entry in entries.into_iter().flatten() {
                let is = |pointer: &str| {
                    !pointer.is_empty() && entry.pointer(pointer) == Some(&Value::Bool(true))
                };
                if let Some(address) = entry.pointer(address).and_then(Value::as_str) {
                    user.add_email(address, is(verified), is(primary));
                }
            }
            Ok(())
        }
        Some(Quirk::LinkedIn) => {
            let path = "/v2/emailAddress?q=members&projection=(elements*(handle~))";
            let answer = request.get(&format!("{api}{path}")).await?;
            let address = answer.pointer("/elements/0/handle~0/emailAddress");
            if let Some(address) = address.and_then(Value::as_str) {
                user.add_email(address, request.provider.trust_email, true);
            }
            Ok(())
        }
    }
}

/// Applies what the profile itself tells.
pub(super) fn adjust(known: &Known, profile: &Value, user: &mut ExternalUser) {
    match &known.quirk {
        Some(Quirk::Adjust(adjust)) => adjust(profile, user),
        Some(Quirk::LinkedIn) => {
            let parts = [
                linkedin_name(profile, "firstName"),
                linkedin_name(profile, "lastName"),
            ];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            user.name(name.trim());
        }
        Some(Quirk::Emails { .. }) | None => {}
    }
}

fn linkedin_name<'a>(profile: &'a Value, name: &str) -> Option<&'a str> {
    let name = profile.get(name)?;
    let part = |pointer| name.pointer(pointer).and_then(Value::as_str);
    let language = part("/preferredLocale/language")?;
    let country = part("/preferredLocale/country")?;
    name.get("localized")?
        .get(format!("{language}_{country}"))?
        .as_str()
}

/// Discord, "Image Formatting": a picture of one's own, which may move, or one of five.
pub(super) fn discord(profile: &Value, user: &mut ExternalUser) {
    let text = |name: &str| {
        profile
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let discriminator = text("discriminator");
    let is_hash = |hash: &str| {
        !hash.is_empty() && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let base = "https://cdn.discordapp.com";
    let picture = match text("avatar") {
        hash if is_hash(hash) => {
            let form = if hash.starts_with("a_") { "gif" } else { "png" };
            format!("{base}/avatars/{}/{hash}.{form}", user.subject)
        }
        _ => {
            let number = discriminator.parse::<u32>().unwrap_or_default() % 5;
            format!("{base}/embed/avatars/{number}.png")
        }
    };
    user.picture(Some(&picture));
    let name = text("username");
    if !discriminator.is_empty() {
        user.claim("name", Some(&format!("{name}#{discriminator}")));
    }
}

/// Spotify gives pictures in several sizes: the largest.
pub(super) fn spotify(profile: &Value, user: &mut ExternalUser) {
    let size = |image: &&Value| {
        let side = |name: &str| image.get(name).and_then(Value::as_u64).unwrap_or_default();
        side("height").saturating_mul(side("width"))
    };
    let images = profile.get("images").and_then(Value::as_array);
    let largest = images.into_iter().flatten().max_by_key(size);
    let url = largest
        .and_then(|image| image.get("url"))
        .and_then(Value::as_str);
    user.picture(url);
}

/// Vercel: one user across installations, by another name than the token's subject.
pub(super) fn vercel(profile: &Value, user: &mut ExternalUser) {
    if let Some(id) = profile.get("global_user_id").and_then(Value::as_str)
        && !id.is_empty()
    {
        user.subject = format!("global_user_id:{id}");
    }
}

/// Facebook, "Securing Graph API Requests": proof that the token's user is asked for by us.
pub(super) fn with_facebook_proof(url: &str, secret: &str, access_token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let proof = hmac::sign(&key, access_token.as_bytes());
    let proof: String = proof
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}appsecret_proof={proof}")
}
