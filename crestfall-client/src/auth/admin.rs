//! Administration of users, with a service's key.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Auth, Passkey, SessionInfo};
use crate::error::Error;
use crate::session::{Factor, User};

/// Administration of users.
#[derive(Debug, Clone)]
pub struct Admin(pub(super) Auth);

/// A new user.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing happens until it is given to `create_user`"]
pub struct NewUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(flatten)]
    change: UserChange,
}

/// Changes of a user; what is not set stays.
#[derive(Debug, Clone, Default, Serialize)]
#[must_use = "nothing changes until it is given to `update_user`"]
pub struct UserChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_confirm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_confirm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ban_duration: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    user_metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    app_metadata: Map<String, Value>,
}

impl UserChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The mail address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The phone number.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// The password.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The hash of a password, for users who come from elsewhere.
    pub fn password_hash(mut self, hash: impl Into<String>) -> Self {
        self.password_hash = Some(hash.into());
        self
    }

    /// The address counts as confirmed.
    pub fn email_confirmed(mut self) -> Self {
        self.email_confirm = Some(true);
        self
    }

    /// The number counts as confirmed.
    pub fn phone_confirmed(mut self) -> Self {
        self.phone_confirm = Some(true);
        self
    }

    /// The role in the database.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Shuts the user out for so long, such as `24h`; `none` lets them in.
    pub fn ban(mut self, duration: impl Into<String>) -> Self {
        self.ban_duration = Some(duration.into());
        self
    }

    /// Something that the user may change.
    pub fn user_data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.user_metadata.insert(name.into(), value.into());
        self
    }

    /// Something that administrators alone change.
    pub fn app_data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.app_metadata.insert(name.into(), value.into());
        self
    }
}

impl NewUser {
    /// With what a change can set.
    pub fn new(fields: UserChange) -> Self {
        Self {
            id: None,
            change: fields,
        }
    }

    /// With this id, a UUID.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl From<UserChange> for NewUser {
    fn from(fields: UserChange) -> Self {
        Self::new(fields)
    }
}

/// Which users are listed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ListUsers {
    /// From 1.
    pub page: Option<u32>,
    /// Users on a page. Default: 50.
    pub per_page: Option<u32>,
    /// A part of the address, number or name.
    pub filter: Option<String>,
    /// Such as `created_at desc`.
    pub sort: Option<String>,
}

/// Some users of many.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// How many there are.
    pub total: Option<u64>,
}

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkKind {
    /// Confirms a sign-up.
    Signup,
    /// Signs in.
    Magiclink,
    /// Lets set a new password.
    Recovery,
    /// Invites.
    Invite,
    /// Confirms a new address, at the old one.
    EmailChangeCurrent,
    /// Confirms a new address.
    EmailChangeNew,
}

/// A link to be made; see [`Admin::generate_link`].
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GenerateLink {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: LinkKind,
    /// For whom.
    pub email: String,
    /// The password of a new user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The address to change to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_email: Option<String>,
    /// Where the link leads in the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_to: Option<String>,
    /// What to keep with a new user.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

impl GenerateLink {
    /// A link of this kind for an address.
    pub fn new(kind: LinkKind, email: impl Into<String>) -> Self {
        Self {
            kind,
            email: email.into(),
            password: None,
            new_email: None,
            redirect_to: None,
            data: Map::new(),
        }
    }
}

/// A link that was made, and not sent.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct GeneratedLink {
    /// For whom.
    #[serde(flatten)]
    pub user: User,
    /// The link.
    pub action_link: String,
    /// The code in place of the link.
    pub email_otp: String,
    /// The link's token, for [`Otp::link`](super::Otp::link).
    pub hashed_token: String,
    /// What it does.
    pub verification_type: String,
    /// Where it leads in the end.
    pub redirect_to: String,
}

#[derive(Deserialize)]
struct Listed {
    users: Vec<User>,
}

impl Admin {
    /// Makes a user. Nothing is sent to them.
    ///
    /// # Errors
    /// `email_exists`, `phone_exists`, `not_admin` and more; no answer.
    pub async fn create_user(&self, user: impl Into<NewUser>) -> Result<User, Error> {
        let request = self.0.post_to(&["admin", "users"], &user.into())?;
        self.0.fetch(request).await
    }

    /// Users, page by page, the newest first.
    ///
    /// # Errors
    /// `not_admin`; no answer.
    pub async fn users(&self, list: ListUsers) -> Result<UserPage, Error> {
        let mut request = self.0.get(&["admin", "users"])?;
        let pairs = [
            ("page", list.page.map(|page| page.to_string())),
            ("per_page", list.per_page.map(|rows| rows.to_string())),
            ("filter", list.filter),
            ("sort", list.sort),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                request = request.query(name, &value);
            }
        }
        let response = request.send(&self.0.client).await?;
        let total = response
            .header("x-total-count")
            .and_then(|count| count.parse().ok());
        let listed: Listed = response.json()?;
        Ok(UserPage {
            users: listed.users,
            total,
        })
    }

    /// A user.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn user(&self, id: &str) -> Result<User, Error> {
        self.0.fetch(self.0.get(&["admin", "users", id])?).await
    }

    /// Changes a user.
    ///
    /// # Errors
    /// `user_not_found`, `email_exists` and more; no answer.
    pub async fn update_user(&self, id: &str, change: UserChange) -> Result<User, Error> {
        let request = self.0.request(Method::PUT, &["admin", "users", id])?;
        self.0.fetch(request.json(&change)?).await
    }

    /// Deletes a user; a soft one keeps a row without anything personal.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn delete_user(&self, id: &str, soft: bool) -> Result<(), Error> {
        let request = self.0.delete(&["admin", "users", id])?;
        self.0
            .run(request.json(&json!({ "should_soft_delete": soft }))?)
            .await
    }

    /// Invites somebody by mail.
    ///
    /// # Errors
    /// `email_exists`; no answer.
    pub async fn invite(
        &self,
        email: &str,
        data: Map<String, Value>,
        redirect_to: Option<&str>,
    ) -> Result<User, Error> {
        let mut request = self
            .0
            .post("invite", &json!({ "email": email, "data": data }))?;
        if let Some(url) = redirect_to {
            request = request.query("redirect_to", url);
        }
        self.0.fetch(request).await
    }

    /// Makes a link or code, to be sent by other means.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn generate_link(&self, link: GenerateLink) -> Result<GeneratedLink, Error> {
        let request = self.0.post_to(&["admin", "generate_link"], &link)?;
        self.0.fetch(request).await
    }

    /// Ends the session of an access token.
    ///
    /// # Errors
    /// No answer.
    pub async fn sign_out(&self, access_token: &str, scope: super::SignOut) -> Result<(), Error> {
        let client = self.0.client.with_token(access_token);
        let auth = client.auth();
        let request = auth.request(Method::POST, &["logout"])?;
        auth.run(request.query("scope", scope.scope())).await
    }

    /// A user's factors.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn factors(&self, user: &str) -> Result<Vec<Factor>, Error> {
        self.0
            .fetch(self.0.get(&["admin", "users", user, "factors"])?)
            .await
    }

    /// Removes a user's factor.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn remove_factor(&self, user: &str, factor: &str) -> Result<(), Error> {
        let path = ["admin", "users", user, "factors", factor];
        self.0.run(self.0.delete(&path)?).await
    }

    /// A user's passkeys.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn passkeys(&self, user: &str) -> Result<Vec<Passkey>, Error> {
        self.0
            .fetch(self.0.get(&["admin", "users", user, "passkeys"])?)
            .await
    }

    /// Removes a user's passkey.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn remove_passkey(&self, user: &str, passkey: &str) -> Result<(), Error> {
        let path = ["admin", "users", user, "passkeys", passkey];
        self.0.run(self.0.delete(&path)?).await
    }

    /// A user's sessions. Crestfall's own.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn sessions(&self, user: &str) -> Result<Vec<SessionInfo>, Error> {
        self.0
            .fetch(self.0.get(&["admin", "users", user, "sessions"])?)
            .await
    }

    /// Ends all of a user's sessions. Crestfall's own.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn end_sessions(&self, user: &str) -> Result<(), Error> {
        self.0
            .run(self.0.delete(&["admin", "users", user, "sessions"])?)
            .await
    }

    /// Anything else below `/admin`: clients of the OAuth server, API keys, providers of one's own.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let path: Vec<&str> = ["admin"].into_iter().chain(path.iter().copied()).collect();
        let request = self.0.request(method, &path)?;
        let request = match body {
            Some(body) => request.json(body)?,
            None => request,
        };
        self.0.fetch(request).await
    }
}
