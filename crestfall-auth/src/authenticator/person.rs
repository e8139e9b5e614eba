//! Users as those see them who prove themselves without a session: by password or key.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use crate::auth::Auth;
use crate::store::users;
use crate::user::User;

/// What counts of a user on each request.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) banned_until: Option<DateTime<Utc>>,
    pub(crate) has_second_factor: bool,
    /// Another after each change of the password.
    pub(crate) password_version: i64,
    pub(crate) identity: crestfall_core::Identity,
}

impl Person {
    pub(crate) fn is_banned(&self) -> bool {
        self.banned_until.is_some_and(|until| until > Utc::now())
    }
}

/// The claims of a user who acts without a session: those of a token, but for what a session knows.
pub(crate) fn claims(issuer: &str, audience: &str, user: &User) -> Map<String, Value> {
    let claims = json!({
        "iss": issuer,
        "sub": user.id,
        "aud": audience,
        "email": user.email(),
        "phone": user.phone(),
        "app_metadata": user.app_metadata.0,
        "user_metadata": user.user_metadata.0,
        "aal": "aal1",
        "is_anonymous": user.is_anonymous,
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// The first half of a digest of the stored hash.
pub(crate) fn password_version(user: &User) -> i64 {
    use aws_lc_rs::digest::{SHA256, digest};
    let hash = user.password_hash().unwrap_or_default();
    let digest = digest(&SHA256, hash.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    i64::from_be_bytes(first)
}

/// Users read a moment ago.
pub(crate) struct People {
    known: Cache<Uuid, (Arc<Person>, Instant)>,
    /// Counts what was forgotten: what was read before is not kept after.
    generation: Mutex<u64>,
}

impl Default for People {
    fn default() -> Self {
        Self {
            known: Cache::new(10_000),
            generation: Mutex::new(0),
        }
    }
}

impl People {
    /// A user that is there, not older than this.
    pub(crate) async fn find(
        &self,
        auth: &Auth,
        id: Uuid,
        fresh_for: Duration,
    ) -> sqlx::Result<Option<Arc<Person>>> {
        if let Some((person, read)) = self.known.get(&id)
            && read.elapsed() < fresh_for
        {
            return Ok(Some(person));
        }
        let before = *self.generation.lock();
        let mut db = auth.pool().acquire().await?;
        let Some(person) = read(auth, &mut db, id).await? else {
            return Ok(None);
        };
        let person = Arc::new(person);
        let generation = self.generation.lock();
        if *generation == before {
            self.known.insert(id, (Arc::clone(&person), Instant::now()));
        }
        Ok(Some(person))
    }

    pub(crate) fn forget(&self, id: Uuid) {
        let mut generation = self.generation.lock();
        *generation += 1;
        self.known.remove(&id);
    }
}

async fn read(auth: &Auth, db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Person>> {
    let user = users::find(db, id).await?;
    let Some(user) = user.filter(|user| user.deleted_at.is_none()) else {
        return Ok(None);
    };
    let mut claims = claims(auth.issuer(), &auth.config().tokens.audience, &user);
    claims.insert("amr".into(), json!([{ "method": "password" }]));
    Ok(Some(Person {
        banned_until: user.banned_until,
        has_second_factor: user.has_verified_factor(),
        password_version: password_version(&user),
        identity: crestfall_core::Identity::proved(
            user.role.as_str().into(),
            claims,
            crestfall_core::identity::Proof::Basic,
        ),
    }))
}
