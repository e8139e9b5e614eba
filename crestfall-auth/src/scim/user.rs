//! What a client wants of a user, and what it is shown.

use serde_json::{Map, Value, json};

use super::error::{ScimError, ScimResult};
use super::schema::{ENTERPRISE_URN, USER_URN, VALUE};
use super::{BASE, etag};
use crate::address;
use crate::auth::Auth;
use crate::config::ScimClient;
use crate::store::scim_users::ScimUser;

/// Bytes of all that is kept of a user.
const MAX_KEPT: usize = 64 << 10;
/// Bytes of the names by which clients find users.
const MAX_NAME: usize = 512;

/// A user as a client wants one, checked.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) user_name: String,
    pub(crate) external_id: Option<String>,
    /// None: as before.
    pub(crate) active: Option<bool>,
    pub(crate) password: Option<String>,
    /// The account's address, in its one spelling.
    pub(crate) email: String,
    /// For `user_metadata`.
    pub(crate) full_name: Option<String>,
    /// All else.
    pub(crate) attributes: Map<String, Value>,
}

impl Wanted {
    /// From a user in the one form of [`schema`](super::schema), who has this address already: it may
    /// stay, whatever the settings say by now, so that nothing keeps a client from shutting users out.
    ///
    /// # Errors
    /// `invalidValue` without a name or address, or for one that this client may not give.
    pub(crate) fn new(
        mut user: Map<String, Value>,
        client: &ScimClient,
        current: Option<&str>,
    ) -> ScimResult<Self> {
        let mut text = |name: &str| match user.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let user_name = text("userName").filter(|name| !name.trim().is_empty());
        let user_name =
            user_name.ok_or_else(|| ScimError::invalid_value("`userName` is required"))?;
        let external_id = text("externalId");
        let password = text("password");
        let active = user.remove("active").and_then(|active| active.as_bool());
        if [Some(&user_name), external_id.as_ref()]
            .into_iter()
            .flatten()
            .any(|name| name.len() > MAX_NAME)
        {
            let message = format!("`userName` or `externalId` is longer than {MAX_NAME} bytes");
            return Err(ScimError::invalid_value(message));
        }
        if Value::Object(user.clone()).to_string().len() > MAX_KEPT {
            let message = format!("what is said of a user is more than {MAX_KEPT} bytes");
            return Err(ScimError::invalid_value(message));
        }
        let email = match (account_address(&user, &user_name), current) {
            ((_, sent), Some(current)) if sent.eq_ignore_ascii_case(current) => current.to_owned(),
            ((what, sent), _) => {
                let email = address::email(sent).map_err(|_| ScimError::invalid_value(what))?;
                check_domain(&email, client)?;
                email
            }
        };
        Ok(Self {
            email,
            full_name: full_name(&user),
            user_name,
            external_id,
            active,
            password: password.filter(|_| client.set_passwords),
            attributes: user,
        })
    }
}

/// The primary address, else the first one of work, else the first; without any, the name has to be
/// one. With what to say if it is none.
fn account_address<'a>(
    user: &'a Map<String, Value>,
    user_name: &'a str,
) -> (&'static str, &'a str) {
    let emails = user.get("emails").and_then(Value::as_array);
    let emails = emails.map(Vec::as_slice).unwrap_or_default();
    let is_primary = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
    let is_work = |email: &&Value| {
        let kind = email.get("type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    let found = emails.iter().find(is_primary);
    let found = found.or_else(|| emails.iter().find(is_work));
    let found = found.or_else(|| emails.first());
    match found.and_then(|email| email.get(VALUE)?.as_str()) {
        Some(sent) => ("the address of `emails` is none", sent),
        None => ("`emails` has no address, and `userName` is none", user_name),
    }
}

fn check_domain(email: &str, client: &ScimClient) -> ScimResult<()> {
    let domain = email.rsplit('@').next().unwrap_or_default();
    let mut domains = client.domains.iter();
    match client.domains.is_empty() || domains.any(|one| one.eq_ignore_ascii_case(domain)) {
        true => Ok(()),
        false => Err(ScimError::invalid_value(format!(
            "addresses of \"{domain}\" are not this client's to give"
        ))),
    }
}

fn full_name(user: &Map<String, Value>) -> Option<String> {
    let name = user.get("name");
    let part = |part: &str| name?.get(part)?.as_str();
    let shown = user.get("displayName").and_then(Value::as_str);
    if let Some(name) = part("formatted").or(shown) {
        return Some(name.to_owned());
    }
    let parts: Vec<&str> = [part("givenName"), part("familyName")]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

impl ScimUser {
    /// What can be written of the user, in the one form. Without `active`: an operation that says
    /// nothing of it leaves it as it is, whoever has made it so.
    pub(crate) fn writable(&self) -> Map<String, Value> {
        let mut user = self.attributes.0.clone();
        user.insert("userName".into(), self.user_name.as_str().into());
        if let Some(id) = &self.external_id {
            user.insert("externalId".into(), id.as_str().into());
        }
        user
    }

    /// The user as clients see one, with its version.
    pub(crate) fn show(&self, auth: &Auth) -> Value {
        let mut user = self.writable();
        user.insert("active".into(), self.is_active.into());
        let mut schemas = vec![USER_URN];
        if user.contains_key(ENTERPRISE_URN) {
            schemas.push(ENTERPRISE_URN);
        }
        if let Some(email) = &self.email
            && !user.contains_key("emails")
        {
            let email = json!([{ "value": email, "type": "work", "primary": true }]);
            user.insert("emails".into(), email);
        }
        user.insert("id".into(), self.id.to_string().into());
        user.insert("schemas".into(), json!(schemas));
        let mut user = Value::Object(user);
        let version = etag::of(&user);
        user["meta"] = json!({
            "resourceType": "User",
            "created": self.created_at,
            "lastModified": self.updated_at,
            "location": location(auth, self.id),
            "version": version,
        });
        user
    }
}

/// Where a user is.
pub(crate) fn location(auth: &Auth, id: uuid::Uuid) -> String {
    format!("{}/Users/{id}", base(auth))
}

/// Where the resources are.
pub(crate) fn base(auth: &Auth) -> String {
    let base = auth.config().external_url.trim_end_matches('/');
    format!("{base}{BASE}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema;

    fn wanted(user: Value, client: &ScimClient) -> ScimResult<Wanted> {
        let user = user.as_object().expect("an object");
        Wanted::new(schema::user(user).expect("a user"), client, None)
    }

    #[test]
    fn the_accounts_address_is_the_primary_one_gt_063() {
        let client = ScimClient::default();
        for (user, email) in [
            (json!({ "userName": "Ada@Example.org" }), "ada@example.org"),
            (
                json!({ "userName": "ada", "emails": [
                    { "value": "a@home.net", "type": "home" },
                    { "value": "a@work.net", "type": "Work" },
                ] }),
                "a@work.net",
            ),
            (
                json!({ "userName": "ada@example.org", "emails": [
                    { "value": "a@work.net", "type": "work" },
                    { "value": "a@home.net", "primary": "True" },
                ] }),
                "a@home.net",
            ),
            (
                json!({ "userName": "ada", "emails": ["a@b.net"] }),
                "a@b.net",
            ),
        ] {
            assert_eq!(wanted(user, &client).expect("a user").email, email);
        }
        for wrong in [
            json!({ "emails": ["a@b.net"] }),
            json!({ "userName": "ada" }),
            json!({ "userName": " ", "emails": ["a@b.net"] }),
            json!({ "userName": "ada@example.org", "emails": ["ada"] }),
            json!({ "userName": "a".repeat(600), "emails": ["a@b.net"] }),
        ] {
            assert!(wanted(wrong.clone(), &client).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_client_gives_addresses_of_its_domains_alone_gt_063() {
        let client = ScimClient {
            domains: vec!["Example.org".to_owned()],
            ..ScimClient::default()
        };
        assert!(wanted(json!({ "userName": "ada@example.org" }), &client).is_ok());
        for other in [
            "ada@sub.example.org",
            "ada@example.org.evil.net",
            "ada@evil.net",
        ] {
            assert!(
                wanted(json!({ "userName": other }), &client).is_err(),
                "{other}"
            );
        }
    }

    #[test]
    fn an_address_that_is_there_may_stay_gt_063() {
        let client = ScimClient {
            domains: vec!["example.org".to_owned()],
            ..ScimClient::default()
        };
        let user = json!({ "userName": "Ada@Former.net", "active": false });
        let user = || user.as_object().cloned().expect("an object");
        assert!(Wanted::new(user(), &client, Some("other@former.net")).is_err());
        let wanted = Wanted::new(user(), &client, Some("ada@former.net")).expect("a user");
        assert_eq!(wanted.email, "ada@former.net");
    }

    #[test]
    fn passwords_count_where_the_settings_say_so_gt_063() {
        let user = || json!({ "userName": "ada@example.org", "password": "correct horse" });
        let mut client = ScimClient::default();
        assert_eq!(wanted(user(), &client).expect("a user").password, None);
        client.set_passwords = true;
        let wanted = wanted(user(), &client).expect("a user");
        assert_eq!(wanted.password.as_deref(), Some("correct horse"));
        assert!(!wanted.attributes.contains_key("password"));
    }
}
