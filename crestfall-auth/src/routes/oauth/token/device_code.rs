//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628): a device without a browser
//! asks whether its user has agreed.

use super::super::device::INTERVAL;
use super::{Granted, approved};
use crate::auth::Auth;
use crate::auth_code;
use crate::caller::Caller;
use crate::oauth::client::Client;
use crate::oauth::parameters::Parameters;
use crate::oauth::{OauthCode, OauthError};
use crate::store::oauth_authorizations::{self, Authorization, Status};

/// What the session says of how its user came in.
const METHOD: &str = "oauth_provider/device_code";

pub(super) async fn grant(
    auth: &Auth,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<Granted, OauthError> {
    let code = parameters.get("device_code").ok_or_else(|| {
        OauthError::invalid_request("device_code is required for device_code grant")
    })?;
    let mut tx = auth.begin().await?;
    let authorization = oauth_authorizations::lock_by_device_code(&mut tx, &auth_code::hash(code))
        .await?
        .filter(|authorization| authorization.client_id == client.id)
        .ok_or_else(|| OauthError::invalid_grant("Invalid device code"))?;
    if authorization.used_at.is_some() {
        approved::end_what_it_gave(&mut tx, caller, &authorization).await?;
        tx.commit().await?;
        return Err(OauthError::invalid_grant(
            "Device code has already been used",
        ));
    }
    if let Some(refusal) = not_yet(&authorization) {
        oauth_authorizations::set_polled(&mut tx, authorization.id).await?;
        tx.commit().await?;
        return Err(refusal);
    }
    let granted = approved::grant(auth, &mut tx, caller, client, &authorization, METHOD).await?;
    tx.commit().await?;
    Ok(granted)
}

/// Why there is nothing for the device, or nothing yet (RFC 8628, section 3.5).
fn not_yet(authorization: &Authorization) -> Option<OauthError> {
    let refused = |code, description| Some(OauthError::new(code, description));
    if authorization.is_expired {
        return refused(OauthCode::ExpiredToken, "Device code has expired");
    }
    match authorization.status {
        Status::Approved => None,
        Status::Denied => refused(OauthCode::AccessDenied, "User denied the request"),
        Status::Expired => refused(OauthCode::ExpiredToken, "Device code has expired"),
        Status::Pending => {
            let is_hasty = authorization
                .polled_ago
                .is_some_and(|seconds| seconds < f64::from(INTERVAL));
            match is_hasty {
                true => refused(OauthCode::SlowDown, "wait longer before asking again"),
                false => refused(
                    OauthCode::AuthorizationPending,
                    "the user has not decided yet",
                ),
            }
        }
    }
}
