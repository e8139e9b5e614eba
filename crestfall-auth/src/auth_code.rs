//! Codes that end a sign-in elsewhere than it began: to be exchanged once, kept as their hash.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::Auth;
use crate::error::{Error, ErrorCode, Result};
use crate::store::flow_states::{self, FlowState};

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

/// Keeps the tokens of the user's provider for who exchanges the code: sealed, for they open another
/// service.
pub(crate) async fn keep_provider_tokens(
    auth: &Auth,
    db: &mut PgConnection,
    flow_state: Uuid,
    access_token: &str,
    refresh_token: Option<&str>,
) -> Result<()> {
    let seal = |token: &str| {
        let sealed = auth.sealer().seal(token.as_bytes(), &owner(flow_state));
        sealed.map_err(|error| Error::internal("Unexpected failure", error))
    };
    let access_token = seal(access_token)?;
    let refresh_token = refresh_token.map(seal).transpose()?;
    flow_states::set_provider_tokens(
        db,
        flow_state,
        Some(&access_token),
        refresh_token.as_deref(),
    )
    .await?;
    Ok(())
}

/// The provider's access and refresh tokens that were kept with a sign-in.
pub(crate) fn provider_tokens(
    auth: &Auth,
    flow: &FlowState,
) -> Result<(Option<String>, Option<String>)> {
    let open = |sealed: &Option<String>| -> Result<Option<String>> {
        let Some(sealed) = sealed.as_deref() else {
            return Ok(None);
        };
        let opened = auth.sealer().open(sealed, &owner(flow.id));
        let opened = opened.map_err(|error| Error::internal("Unexpected failure", error))?;
        Ok(Some(String::from_utf8_lossy(&opened).into_owned()))
    };
    Ok((
        open(&flow.provider_access_token)?,
        open(&flow.provider_refresh_token)?,
    ))
}

fn owner(flow_state: Uuid) -> String {
    format!("auth.flow_state.{flow_state}")
}
