//! `POST /sso` (GT-026): sign-in through an organisation's SAML provider, which this service does
//! not do yet.

use crate::error::{Error, ErrorCode, Result};

pub(super) async fn sign_in() -> Result<()> {
    Err(Error::new(
        ErrorCode::SamlProviderDisabled,
        "SAML 2.0 is disabled",
    ))
}
