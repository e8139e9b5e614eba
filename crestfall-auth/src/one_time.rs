//! Links and codes that prove, once, that somebody reads what is sent to an address.
//!
//! A link's token is random and kept as its SHA-256. The code beside it is short, so it is kept
//! with a counter of wrong tries and is void after a few. One row holds both: using either uses
//! both up (D7).

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use rand::Rng as _;
use sqlx::PgConnection;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::store::one_time_tokens::{self, NewToken, OneTimeToken};

/// Which of a user's tokens; a user has at most one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "auth.one_time_token_type", rename_all = "snake_case")]
pub(crate) enum TokenType {
    ConfirmationToken,
    ReauthenticationToken,
    RecoveryToken,
    EmailChangeTokenNew,
    EmailChangeTokenCurrent,
    PhoneChangeToken,
}

/// What to send.
pub(crate) struct Issued {
    /// For the link (`token_hash` of the API).
    pub(crate) link_token: String,
    /// To be typed.
    pub(crate) code: String,
}

/// What a token is for.
pub(crate) struct Request<'a> {
    pub(crate) user: Uuid,
    pub(crate) kind: TokenType,
    /// The address it is sent to.
    pub(crate) relates_to: &'a str,
    /// The verification type that it answers: `signup`, `magiclink`, ...
    pub(crate) purpose: &'a str,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) code_length: usize,
    /// The PKCE exchange that the link continues.
    pub(crate) flow_state: Option<Uuid>,
}

/// Makes a token in place of the one of the same kind before.
pub(crate) async fn issue(db: &mut PgConnection, request: &Request<'_>) -> sqlx::Result<Issued> {
    issue_with(db, request, new_code(request.code_length)).await
}

/// The same with a code that was chosen before.
pub(crate) async fn issue_with(
    db: &mut PgConnection,
    request: &Request<'_>,
    code: String,
) -> sqlx::Result<Issued> {
    let id = Uuid::new_v4();
    let prefix = if request.flow_state.is_some() {
        "pkce_"
    } else {
        ""
    };
    let link_token = format!("{prefix}{}", hex(&rand::random::<[u8; 28]>()));
    one_time_tokens::replace(
        db,
        &NewToken {
            id,
            user_id: request.user,
            kind: request.kind,
            token_hash: &hash(&link_token),
            code_hash: &hash_code(id, &code),
            relates_to: request.relates_to,
            purpose: request.purpose,
            expires_at: request.expires_at,
            flow_state_id: request.flow_state,
        },
    )
    .await?;
    Ok(Issued { link_token, code })
}

/// Uses up the token that a link names, of one of these kinds; none when there is none or it is
/// too late.
pub(crate) async fn use_link(
    db: &mut PgConnection,
    kinds: &[TokenType],
    link_token: &str,
) -> sqlx::Result<Option<OneTimeToken>> {
    let token = one_time_tokens::take_by_hash(db, &hash(link_token)).await?;
    Ok(token.filter(|token| kinds.contains(&token.kind) && token.expires_at > Utc::now()))
}

/// What came of a code. A wrong one has been counted: the caller commits.
#[derive(Debug)]
pub(crate) enum CodeOutcome {
    Right(Box<OneTimeToken>),
    Wrong,
}

/// Uses up a user's token for this address by its code. The row stays locked until the transaction
/// ends, so that of many tries at once each is counted.
pub(crate) async fn use_code(
    db: &mut PgConnection,
    user: Uuid,
    kinds: &[TokenType],
    relates_to: &str,
    code: &str,
    max_attempts: u16,
) -> sqlx::Result<CodeOutcome> {
    let pending = pending(db, user, kinds, relates_to).await?;
    for token in &pending {
        let expected = token.code_hash.as_deref().unwrap_or_default();
        let given = hash_code(token.id, code);
        if bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            one_time_tokens::delete(db, token.id).await?;
            return Ok(CodeOutcome::Right(Box::new(token.clone())));
        }
    }
    for token in &pending {
        one_time_tokens::count_attempt(db, token.id, max_attempts).await?;
    }
    Ok(CodeOutcome::Wrong)
}

/// A user's tokens for this address that hold, locked.
pub(crate) async fn pending(
    db: &mut PgConnection,
    user: Uuid,
    kinds: &[TokenType],
    relates_to: &str,
) -> sqlx::Result<Vec<OneTimeToken>> {
    let mut pending = Vec::new();
    for kind in kinds {
        let token = one_time_tokens::lock(db, user, *kind).await?;
        pending.extend(
            token.filter(|token| token.expires_at > Utc::now() && token.relates_to == relates_to),
        );
    }
    Ok(pending)
}

/// So many random digits.
pub(crate) fn new_code(length: usize) -> String {
    let mut random = rand::rng();
    (0..length.clamp(6, 10))
        .map(|_| char::from(b'0' + random.random_range(0..10)))
        .collect()
}

/// What is kept of a link's token.
pub(crate) fn hash(link_token: &str) -> String {
    hex(digest(&SHA256, link_token.as_bytes()).as_ref())
}

fn hash_code(id: Uuid, code: &str) -> String {
    let code = code.trim();
    hex(digest(&SHA256, &[id.as_bytes(), code.as_bytes()].concat()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
