//! A code that somebody has typed, or a link's token that an application has read from its link.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::one_time::{self, CodeOutcome, TokenType};
use crate::proof::{self, Proved};
use crate::session::{self, SessionOptions};
use crate::sign_in_guard::{self, Who};
use crate::store::one_time_tokens::{self, OneTimeToken};
use crate::store::{proofs, users};
use crate::token::TokenResponse;
use crate::verification::Verification;
use crate::{address, directory};

pub(super) enum Answer {
    Tokens(Box<TokenResponse>),
    /// The other address of a change has to confirm it too.
    FirstOfTwo,
}

/// One answer for every reason: no such user, nothing sent, too late, a wrong code.
fn wrong() -> Error {
    Error::new(ErrorCode::OtpExpired, "Token has expired or is invalid")
}

/// Uses up a link's token and does what it was made for. Rows are locked in one order everywhere,
/// the user's first.
pub(super) async fn redeem(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    verification: Verification,
    link_token: &str,
) -> Result<(Proved, OneTimeToken)> {
    let hash = one_time::hash(link_token);
    let there = one_time_tokens::peek_by_hash(db, &hash)
        .await?
        .ok_or_else(proof::invalid)?;
    users::lock(db, there.user_id).await?;
    let token = one_time::use_link(db, verification.tokens(), link_token)
        .await?
        .ok_or_else(proof::invalid)?;
    let proved = proof::accept(auth, db, caller, &token).await?;
    Ok((proved, token))
}

/// By the token of a link, which the application exchanges itself.
pub(super) async fn by_hash(
    auth: &Auth,
    caller: &Caller,
    verification: Verification,
    link_token: &str,
) -> Result<Answer> {
    let mut tx = auth.begin().await?;
    let (proved, _) = redeem(auth, &mut tx, caller, verification, link_token).await?;
    let answer = sign_in(auth, &mut tx, caller, proved).await?;
    tx.commit().await?;
    Ok(answer)
}

pub(super) async fn by_email(
    auth: &Auth,
    caller: &Caller,
    verification: Verification,
    email: &str,
    code: &str,
) -> Result<Answer> {
    let email = address::email(email).map_err(|_| {
        Error::invalid("Invalid email format").with_status(http::StatusCode::UNPROCESSABLE_ENTITY)
    })?;
    if verification.is_by_phone() {
        return Err(wrong());
    }
    let mut db = auth.pool().acquire().await?;
    let mut candidates = Vec::new();
    let owner = directory::find_by_email(auth, &mut db, &email).await?;
    candidates.extend(owner.map(|owner| owner.id));
    if verification == Verification::EmailChange {
        let audience = &auth.config().tokens.audience;
        candidates.extend(proofs::who_want_email(&mut db, &email, audience).await?);
    }
    drop(db);
    try_each(auth, caller, verification, &email, candidates, code).await
}

pub(super) async fn by_phone(
    auth: &Auth,
    caller: &Caller,
    verification: Verification,
    phone: &str,
    code: &str,
) -> Result<Answer> {
    let phone = address::phone(phone)?;
    if !verification.is_by_phone() {
        return Err(wrong());
    }
    let candidates = candidates_by_phone(auth, verification, &phone).await?;
    try_each(auth, caller, verification, &phone, candidates, code).await
}

/// Tries the code with those to whom it may have been sent: one, or several who want the same
/// address. All tries count, at the account and at the code.
async fn try_each(
    auth: &Auth,
    caller: &Caller,
    verification: Verification,
    address: &str,
    candidates: Vec<Uuid>,
    code: &str,
) -> Result<Answer> {
    let who = candidates
        .first()
        .map_or(Who::Nobody(address), |user| Who::Account(*user));
    let attempt = sign_in_guard::check(auth, caller, who).await?;
    let kinds = verification.tokens();
    for user in &candidates {
        if attempt.is_locked_for_codes() {
            break;
        }
        let by_service = match verification.is_by_phone() {
            true => proof::ask_service(auth, *user, kinds, address, code).await?,
            false => None,
        };
        let mut tx = auth.begin().await?;
        users::lock(&mut tx, *user).await?;
        let tried = try_code(auth, &mut tx, (*user, kinds), address, code, by_service).await?;
        if let CodeOutcome::Right(token) = tried {
            let proved = proof::accept(auth, &mut tx, caller, &token).await?;
            attempt.succeeded(&mut tx).await?;
            let answer = sign_in(auth, &mut tx, caller, proved).await?;
            tx.commit().await?;
            return Ok(answer);
        }
        tx.commit().await?;
    }
    attempt.failed(auth, caller, "otp").await?;
    Err(wrong())
}

async fn candidates_by_phone(
    auth: &Auth,
    verification: Verification,
    phone: &str,
) -> Result<Vec<Uuid>> {
    let audience = &auth.config().tokens.audience;
    let mut db = auth.pool().acquire().await?;
    if verification == Verification::PhoneChange {
        return Ok(proofs::who_want_phone(&mut db, phone, audience).await?);
    }
    let owner = directory::find_by_phone(auth, &mut db, phone).await?;
    Ok(owner.into_iter().map(|owner| owner.id).collect())
}

async fn try_code(
    auth: &Auth,
    db: &mut PgConnection,
    (user, kinds): (Uuid, &[TokenType]),
    address: &str,
    code: &str,
    by_service: Option<bool>,
) -> Result<CodeOutcome> {
    let attempts = match address.contains('@') {
        true => auth.config().email.otp_attempts,
        false => auth.config().phone.otp_attempts,
    };
    match by_service {
        Some(is_right) => proof::settle(db, user, kinds, address, is_right, attempts).await,
        None => Ok(one_time::use_code(db, user, kinds, address, code, attempts).await?),
    }
}

async fn sign_in(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    proved: Proved,
) -> Result<Answer> {
    match proved {
        Proved::FirstOfTwo => Ok(Answer::FirstOfTwo),
        Proved::User(mut user, method) => {
            let options = SessionOptions::default();
            let tokens = session::begin(auth, db, caller, &mut user, method, options).await?;
            Ok(Answer::Tokens(Box::new(tokens)))
        }
    }
}
