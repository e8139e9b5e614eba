//! Administration of users, with a service's key.

mod applications;
mod audit;
mod custom_providers;
mod fields;
mod links;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Auth, Passkey, SessionInfo, SignOut};
use crate::error::Error;
use crate::session::{Factor, User};

pub use applications::{OauthApplication, OauthApplicationFields, OauthClients};
pub use audit::{AuditEntry, ListAudit};
pub use custom_providers::{CustomProvider, CustomProviderFields, CustomProviders};
pub use fields::{NewUser, UserChange};
pub use links::{GenerateLink, GeneratedLink, LinkKind};

/// Administration of users.
#[derive(Debug, Clone)]
pub struct Admin(pub(in crate::auth) Auth);

/// Which users are listed.
#[derive(Debug, Clone, Default)]
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
            request = request.query_if(name, value.as_deref());
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
        let body = json!({ "email": email, "data": data });
        let request = self.0.post("invite", &body)?;
        self.0
            .fetch(request.query_if("redirect_to", redirect_to))
            .await
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
    pub async fn sign_out(&self, access_token: &str, scope: SignOut) -> Result<(), Error> {
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
        self.of_user(user, "factors").await
    }

    /// Removes a user's factor.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn remove_factor(&self, user: &str, factor: &str) -> Result<(), Error> {
        self.remove_of_user(user, &["factors", factor]).await
    }

    /// A user's passkeys.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn passkeys(&self, user: &str) -> Result<Vec<Passkey>, Error> {
        self.of_user(user, "passkeys").await
    }

    /// Removes a user's passkey.
    ///
    /// # Errors
    /// There is none of that id; no answer.
    pub async fn remove_passkey(&self, user: &str, passkey: &str) -> Result<(), Error> {
        self.remove_of_user(user, &["passkeys", passkey]).await
    }

    /// A user's sessions. Crestfall's own.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn sessions(&self, user: &str) -> Result<Vec<SessionInfo>, Error> {
        self.of_user(user, "sessions").await
    }

    /// Ends all of a user's sessions. Crestfall's own.
    ///
    /// # Errors
    /// `user_not_found`; no answer.
    pub async fn end_sessions(&self, user: &str) -> Result<(), Error> {
        self.remove_of_user(user, &["sessions"]).await
    }

    async fn of_user<R: DeserializeOwned>(&self, user: &str, part: &str) -> Result<R, Error> {
        let path = ["admin", "users", user, part];
        self.0.fetch(self.0.get(&path)?).await
    }

    async fn remove_of_user(&self, user: &str, part: &[&str]) -> Result<(), Error> {
        let path = [&["admin", "users", user], part].concat();
        self.0.run(self.0.delete(&path)?).await
    }

    /// Anything else below `/admin`.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let path = [&["admin"], path].concat();
        let request = self.0.request(method, &path)?;
        let request = match body {
            Some(body) => request.json(body)?,
            None => request,
        };
        self.0.fetch(request).await
    }
}
