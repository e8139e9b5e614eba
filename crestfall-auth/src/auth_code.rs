//! Codes that end a sign-in elsewhere than it began: to be exchanged once, kept as their hash.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, ErrorCode, Result};
use crate::store::flow_states;

/// What is stored of a code.
pub(crate) fn hash(code: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, code.as_bytes()))
}

/// A new code for a user who has just proved who they are.
pub(crate) async fn issue(db: &mut PgConnection, flow_state: Uuid, user: Uuid) -> Result<String> {
    let code = Uuid::new_v4().to_string();
    match flow_states::issue_code(db, flow_state, user, &hash(&code)).await? {
        true => Ok(code),
        false => Err(Error::new(
            ErrorCode::FlowStateNotFound,
            "No associated flow state found",
        )),
    }
}
