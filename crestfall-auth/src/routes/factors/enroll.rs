//! `POST /factors` (GT-033): begins a factor, which counts once it is used.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use url::{Position, Url};
use uuid::Uuid;

use crate::address;
use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::body::{Body, or_default};
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::factor::totp::Totp;
use crate::mfa::{self, Owner};
use crate::store::factors::{self, FactorType, NewFactor};
use crate::store::users;
use crate::user::User;

/// Longest name and issuer, in characters.
const MAX_NAME: usize = 120;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Request {
    #[serde(deserialize_with = "or_default")]
    factor_type: String,
    #[serde(deserialize_with = "or_default")]
    friendly_name: String,
    #[serde(deserialize_with = "or_default")]
    issuer: String,
    #[serde(deserialize_with = "or_default")]
    phone: String,
}

#[derive(Serialize)]
pub(super) struct Enrolled {
    id: Uuid,
    #[serde(rename = "type")]
    kind: FactorType,
    friendly_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<TotpView>,
    #[serde(skip_serializing_if = "String::is_empty")]
    phone: String,
}

/// The secret, this once.
#[derive(Serialize)]
struct TotpView {
    qr_code: String,
    secret: String,
    uri: String,
}

pub(super) async fn enroll(
    State(auth): State<Auth>,
    caller: Caller,
    owner: Owner,
    Body(request): Body<Request>,
) -> Result<Json<Enrolled>> {
    let kind = request.check(&auth)?;
    let phone = match kind {
        FactorType::Phone => Some(phone(&request.phone)?),
        FactorType::Totp | FactorType::Webauthn => None,
    };
    let id = Uuid::new_v4();
    let (totp, secret) = match kind {
        FactorType::Totp => {
            let failed = |error| Error::internal("Error generating QR Code", error);
            let totp = Totp::generate().map_err(failed)?;
            let secret = mfa::totp::seal(&auth, id, &totp)?;
            (Some(totp), Some(secret))
        }
        FactorType::Phone | FactorType::Webauthn => (None, None),
    };
    let mut tx = auth.begin().await?;
    // Of many at once, each sees those before it.
    let user = users::lock(&mut tx, owner.user.id).await?;
    let user = user.unwrap_or_else(|| owner.user.clone());
    let user = forget_begun(&auth, &mut tx, user, phone.as_deref()).await?;
    check_factors(&auth, &owner, &user, &request.friendly_name)?;
    let new = NewFactor {
        id,
        user_id: user.id,
        kind,
        friendly_name: &request.friendly_name,
        secret: secret.as_deref(),
        phone: phone.as_deref(),
    };
    factors::insert(&mut tx, &new).await?;
    let traits = json!({ "factor_id": id, "factor_type": kind.name() });
    audit::record(&mut tx, &caller, &user, Action::FactorInProgress, traits).await?;
    tx.commit().await?;
    Ok(Json(Enrolled {
        id,
        kind,
        totp: totp.map(|totp| TotpView::new(&auth, &totp, &user, &request.issuer)),
        friendly_name: request.friendly_name,
        phone: request.phone,
    }))
}

impl Request {
    fn check(&self, auth: &Auth) -> Result<FactorType> {
        let kind = match self.factor_type.as_str() {
            "totp" => FactorType::Totp,
            "phone" => FactorType::Phone,
            "webauthn" => FactorType::Webauthn,
            _ => {
                return Err(Error::invalid(
                    "factor_type needs to be totp, phone, or webauthn",
                ));
            }
        };
        mfa::check_enroll(auth, kind)?;
        for (name, text) in [
            ("friendly_name", &self.friendly_name),
            ("issuer", &self.issuer),
        ] {
            if text.chars().count() > MAX_NAME {
                let message = format!("{name} must be {MAX_NAME} characters or less");
                return Err(Error::invalid(message));
            }
        }
        Ok(kind)
    }
}

impl TotpView {
    fn new(auth: &Auth, totp: &Totp, user: &User, issuer: &str) -> Self {
        let site = Url::parse(&auth.config().site_url).ok();
        let host = site.map(|site| site[Position::BeforeHost..Position::AfterPort].to_owned());
        let issuer = match issuer {
            "" => host.unwrap_or_default(),
            issuer => issuer.to_owned(),
        };
        let (account, _) = crate::relying_party::names(user);
        Self {
            qr_code: totp.qr_code(&issuer, &account),
            secret: totp.secret().to_string(),
            uri: totp.uri(&issuer, &account).to_string(),
        }
    }
}

fn phone(text: &str) -> Result<String> {
    match text {
        "" => Err(Error::invalid(
            "Phone number required to enroll Phone factor",
        )),
        text => address::phone(text),
    }
}

/// Forgets what the user began and left, and what was begun with the same number.
async fn forget_begun(
    auth: &Auth,
    db: &mut PgConnection,
    user: User,
    phone: Option<&str>,
) -> Result<User> {
    let mfa = &auth.config().mfa;
    let ages = (
        mfa.factor_lifetime.get().as_secs_f64(),
        mfa.challenge_lifetime.get().as_secs_f64(),
    );
    factors::delete_expired(db, user.id, ages).await?;
    if let Some(phone) = phone {
        factors::delete_unverified(db, user.id, FactorType::Phone, Some(phone)).await?;
    }
    let user = users::find(db, user.id).await?.unwrap_or(user);
    let is_same = |number: &Option<String>| phone.is_some() && number.as_deref() == phone;
    if user.factors.iter().any(|factor| is_same(&factor.phone)) {
        return Err(Error::new(
            ErrorCode::MfaVerifiedFactorExists,
            "A verified phone factor already exists, unenroll the existing factor to continue",
        ));
    }
    Ok(user)
}

/// Whether there may be one more, of this name. Any number may be without a name, unlike GoTrue's.
fn check_factors(auth: &Auth, owner: &Owner, user: &User, name: &str) -> Result<()> {
    let same = |other: &Option<String>| other.as_deref() == Some(name);
    let is_named = !name.trim().is_empty();
    if is_named && user.factors.iter().any(|other| same(&other.friendly_name)) {
        return Err(Error::new(
            ErrorCode::MfaFactorNameConflict,
            format!("A factor with the friendly name {name:?} for this user already exists"),
        ));
    }
    if user.factors.len() >= auth.config().mfa.max_enrolled_factors {
        return Err(mfa::too_many());
    }
    mfa::check_first_use(auth, owner, user)
}
