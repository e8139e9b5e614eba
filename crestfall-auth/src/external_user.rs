//! Whose account it is that a provider's user may enter (GT-062, D34).
//!
//! An account is joined by address only if both sides are proved: the provider vouches for the
//! address, and the account's own is confirmed (SEC-04). An account whose address nobody has
//! confirmed goes to who proves the address, without anything that was set up before (SEC-05). Where
//! neither holds, nothing is linked and nobody is let in.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::directory::{self, Lookup};
use crate::error::{Error, ErrorCode, Result};
use crate::mail::{MailKind, Variables};
use crate::one_time::TokenType;
use crate::pkce::Challenge;
use crate::provider::{ExternalEmail, ExternalUser};
use crate::store::users::NewUser;
use crate::store::{external, identities, one_time_tokens, users};
use crate::user::{Metadata, User, UserIdentity};
use crate::{confirmation, contact_change, hook, new_user, notice, sending};

/// The linking domain of everything but single sign-on and what the settings set apart.
const DEFAULT_DOMAIN: &str = "default";

/// What came of it. Either way the caller commits.
pub(crate) enum Entered {
    In(Box<User>),
    /// The address has to be confirmed first, which was asked for.
    Refused(Error),
}

/// A user who was proved by a provider.
pub(crate) struct Proof<'a> {
    /// The `provider` of identities; `sso:` and an id for single sign-on.
    pub(crate) provider: &'a str,
    pub(crate) user: &'a ExternalUser,
    /// Without an address it is a user all the same.
    pub(crate) email_optional: bool,
    /// Where a link to confirm the address leads.
    pub(crate) redirect_to: &'a str,
}

/// Lets a user in, with an account as the rules say: theirs, one that it may join, or a new one.
///
/// # Errors
/// When they may not come in. Nothing is to be kept then.
pub(crate) async fn enter(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    proof: &Proof<'_>,
) -> Result<Entered> {
    let external = proof.user;
    lock(db, proof).await?;
    // Whose addresses these are, as the directory has it now.
    for email in &external.emails {
        directory::pull(auth, db, Lookup::Email(&email.address.to_lowercase())).await?;
    }
    let data = external.identity_data();
    let known = identities::find(db, proof.provider, &external.subject).await?;
    let (user, identity, created) = match known {
        Some(identity) => {
            directory::pull(auth, db, Lookup::Id(identity.user_id)).await?;
            let user = lock_user(db, identity.user_id).await?;
            let data = external.identity_data_after(&identity.identity_data);
            identities::signed_in(db, identity.identity_id, &data).await?;
            users::merge_user_metadata(db, user.id, &data).await?;
            (user, identity, false)
        }
        None => match account_of(auth, db, proof).await? {
            Some(user) => {
                let identity = insert_identity(db, user.id, proof, &data).await?;
                users::merge_user_metadata(db, user.id, &data).await?;
                record_link(auth, db, caller, &user, &identity, Action::IdentityLinked).await?;
                (user, identity, false)
            }
            None => {
                let user = create(auth, db, caller, proof, &data).await?;
                let identity = insert_identity(db, user.id, proof, &data).await?;
                let user = reload(db, &user).await?;
                hook::after_user_created(auth, db, caller, &user).await?;
                (user, identity, true)
            }
        },
    };
    users::refresh_providers(db, user.id).await?;
    if user.is_banned() || user.deleted_at.is_some() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
    }
    let id = user.id;
    let entered = confirm(auth, db, caller, proof, user, &identity, created).await?;
    directory::push(auth, db, id).await?;
    Ok(entered)
}

/// Sign-ins of one user, and those with one address, come one after the other.
async fn lock(db: &mut PgConnection, proof: &Proof<'_>) -> Result<()> {
    let subject = format!("{} {}", proof.provider, proof.user.subject);
    external::lock(db, &subject).await?;
    // In one order for all.
    let mut emails: Vec<&str> = proof
        .user
        .emails
        .iter()
        .map(|e| e.address.as_str())
        .collect();
    emails.sort_unstable();
    for email in emails {
        external::lock(db, email).await?;
    }
    Ok(())
}

async fn lock_user(db: &mut PgConnection, id: Uuid) -> Result<User> {
    let user = users::lock(db, id).await?;
    let user = user.filter(|user| user.deleted_at.is_none());
    user.ok_or_else(|| Error::new(ErrorCode::UserNotFound, "User not found"))
}

/// The account that a new identity joins, if any.
async fn account_of(auth: &Auth, db: &mut PgConnection, proof: &Proof<'_>) -> Result<Option<User>> {
    let emails = proof.user.verified_emails();
    if emails.is_empty() {
        return Ok(None);
    }
    let domain = domain(auth, proof.provider);
    let aud = &auth.config().tokens.audience;
    let mut found: Vec<Uuid> = external::verified_identities(db, &emails, aud)
        .await?
        .into_iter()
        .filter(|(_, provider)| self::domain(auth, provider) == domain)
        .map(|(user, _)| user)
        .collect();
    if domain == DEFAULT_DOMAIN {
        found.extend(external::users_by_email(db, &emails, aud).await?);
    }
    found.sort_unstable();
    found.dedup();
    let mut accounts = Vec::new();
    for id in found {
        let user = lock_user(db, id).await?;
        // Somebody proved a phone number and only claimed the address: the account stays theirs,
        // the address does not.
        let claimed =
            !user.is_email_confirmed() && emails.iter().any(|email| *email == user.email());
        match claimed && user.is_phone_confirmed() {
            true => external::release_email(db, user.id).await?,
            false => accounts.push(user),
        }
    }
    if accounts.len() > 1 {
        let message = format!(
            "Multiple accounts with the same email address in the same linking domain detected: {domain}"
        );
        return Err(Error::new(ErrorCode::UnexpectedFailure, message));
    }
    let Some(user) = accounts.pop() else {
        return Ok(None);
    };
    match user.is_email_confirmed() && !auth.config().external.automatic_linking {
        true => Err(Error::new(
            ErrorCode::EmailExists,
            "A user with this email address has already been registered; sign in to link this identity",
        )),
        false => Ok(Some(user)),
    }
}

/// Identities of one domain belong to one account.
fn domain<'a>(auth: &'a Auth, provider: &'a str) -> &'a str {
    if provider.starts_with("sso:") {
        return provider;
    }
    let domains = &auth.config().external.linking_domains;
    domains.get(provider).map_or(DEFAULT_DOMAIN, String::as_str)
}

async fn create(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    proof: &Proof<'_>,
    data: &Metadata,
) -> Result<User> {
    let config = auth.config();
    if proof.user.emails.is_empty() && !proof.email_optional {
        return Err(Error::new(
            ErrorCode::UnexpectedFailure,
            "Error getting user email from external provider",
        ));
    }
    if config.disable_signup {
        return Err(Error::new(
            ErrorCode::SignupDisabled,
            "Signups not allowed for this instance",
        ));
    }
    let is_apart = domain(auth, proof.provider) != DEFAULT_DOMAIN;
    let mut email = proof.user.email().map(|email| email.address.clone());
    if let Some(address) = &email
        && !is_apart
        && users::find_by_email(db, address, &config.tokens.audience)
            .await?
            .is_some()
    {
        // Nobody vouches for the address, and it is another's.
        match proof.email_optional {
            true => email = None,
            false => return Err(needs_verification(proof.provider, false)),
        }
    }
    let mut app_metadata = Metadata::new();
    app_metadata.insert("provider".into(), proof.provider.into());
    app_metadata.insert("providers".into(), json!([proof.provider]));
    let new = NewUser {
        aud: config.tokens.audience.clone(),
        role: config.tokens.default_role.clone(),
        email,
        app_metadata,
        user_metadata: data.clone(),
        is_sso_user: is_apart,
        ..NewUser::default()
    };
    hook::before_user_created(auth, db, caller, &new).await?;
    users::insert(db, &new).await.map_err(|error| {
        let taken = error
            .as_database_error()
            .is_some_and(|error| error.is_unique_violation());
        match taken {
            // By a sign-up at the same moment.
            true => new_user::already_registered(),
            false => error.into(),
        }
    })
}

async fn insert_identity(
    db: &mut PgConnection,
    user: Uuid,
    proof: &Proof<'_>,
    data: &Metadata,
) -> Result<UserIdentity> {
    let subject = &proof.user.subject;
    Ok(identities::insert(db, user, proof.provider, subject, data).await?)
}

/// Confirms the account's address if the provider vouches for it, or asks for it to be confirmed.
async fn confirm(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    proof: &Proof<'_>,
    user: User,
    identity: &UserIdentity,
    created: bool,
) -> Result<Entered> {
    let traits = json!({ "provider": proof.provider });
    let is_open = user.email().is_empty() || user.is_email_confirmed();
    let vouched = proof.user.verifies(user.email());
    if !is_open && vouched {
        let data = proof.user.identity_data();
        external::remove_unproved(db, user.id, identity.identity_id, &data).await?;
        users::refresh_providers(db, user.id).await?;
        users::confirm_email(db, user.id).await?;
    } else if !is_open && created && auth.config().email.autoconfirm {
        users::confirm_email(db, user.id).await?;
    } else if !is_open {
        let user = reload(db, &user).await?;
        let none = Challenge::default();
        confirmation::request(auth, db, caller, &user, &none, proof.redirect_to).await?;
        if !auth.config().email.allow_unverified_sign_in {
            return Ok(Entered::Refused(needs_verification(proof.provider, true)));
        }
    }
    let user = reload(db, &user).await?;
    let action = match created || (!is_open && vouched) {
        true => Action::UserSignedUp,
        false => Action::Login,
    };
    audit::record(db, caller, &user, action, traits).await?;
    Ok(Entered::In(Box::new(user)))
}

fn needs_verification(provider: &str, sent: bool) -> Error {
    let what = match sent {
        true => format!("A confirmation email has been sent to your {provider} email"),
        false => format!("Verify the email with {provider} in order to sign in"),
    };
    let message = format!("Unverified email with {provider}. {what}");
    Error::new(ErrorCode::ProviderEmailNeedsVerification, message)
        .with_status(http::StatusCode::UNPROCESSABLE_ENTITY)
}

async fn reload(db: &mut PgConnection, user: &User) -> Result<User> {
    let found = users::find(db, user.id).await?;
    found.ok_or_else(|| Error::new(ErrorCode::UserNotFound, "User not found"))
}

/// Links an identity to the account of a user who is signed in (GT-023).
///
/// # Errors
/// It is linked already; the account is gone.
pub(crate) async fn link(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    target: Uuid,
    proof: &Proof<'_>,
) -> Result<Entered> {
    lock(db, proof).await?;
    let user = lock_user(db, target).await?;
    if user.is_banned() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
    }
    check_unlinked(db, target, proof).await?;
    let external = proof.user;
    let identity = insert_identity(db, target, proof, &external.identity_data()).await?;
    users::refresh_providers(db, target).await?;
    record_link(auth, db, caller, &user, &identity, Action::IdentityLinked).await?;
    let refused = match external.email() {
        Some(email) if user.email().is_empty() => {
            take_email(auth, db, caller, &user, email, proof).await?
        }
        _ => None,
    };
    directory::push(auth, db, target).await?;
    if let Some(error) = refused {
        return Ok(Entered::Refused(error));
    }
    users::set_known(db, target).await?;
    Ok(Entered::In(Box::new(reload(db, &user).await?)))
}

/// Gives the provider's address to an account that has none; what to say if it is to be confirmed: until
/// then it is no address of the account's, and in no token.
async fn take_email(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    email: &ExternalEmail,
    proof: &Proof<'_>,
) -> Result<Option<Error>> {
    let address = email.address.as_str();
    let taken = directory::find_by_email(auth, db, address).await?.is_some();
    match (taken, email.verified) {
        // Nobody vouches for it: it counts for nothing.
        (true, false) => return Ok(None),
        (true, true) => {
            let message = "A user with this email address has already been registered";
            return Err(Error::new(ErrorCode::EmailExists, message)
                .with_status(http::StatusCode::BAD_REQUEST));
        }
        (false, true) => {
            users::set_email(db, user.id, address).await?;
            users::confirm_email(db, user.id).await?;
            return Ok(None);
        }
        (false, false) => {}
    }
    sending::email_change(auth, caller, user.id, address).await?;
    let redirect = (&Challenge::default(), proof.redirect_to);
    contact_change::send_email_change(auth, db, caller, user, address, redirect).await?;
    let provider = proof.provider;
    let message = format!(
        "Unverified email with {provider}. \
         A confirmation email has been sent to your {provider} email"
    );
    let error = Error::new(ErrorCode::EmailNotConfirmed, message);
    Ok(Some(
        error.with_status(http::StatusCode::UNPROCESSABLE_ENTITY),
    ))
}

async fn check_unlinked(db: &mut PgConnection, target: Uuid, proof: &Proof<'_>) -> Result<()> {
    let linked = identities::find(db, proof.provider, &proof.user.subject).await?;
    let message = match linked {
        None => return Ok(()),
        Some(identity) if identity.user_id == target => "Identity is already linked",
        Some(_) => "Identity is already linked to another user",
    };
    Err(Error::new(ErrorCode::IdentityAlreadyExists, message))
}

/// Lets in a user who was invited by mail, and who has that address with the provider too. The
/// invitation proves the address.
///
/// # Errors
/// There is no such invitation, or it was sent to another address.
pub(crate) async fn accept_invite(
    db: &mut PgConnection,
    caller: &Caller,
    token_hash: &str,
    proof: &Proof<'_>,
) -> Result<User> {
    let not_found = || Error::new(ErrorCode::InviteNotFound, "Invite not found");
    lock(db, proof).await?;
    let token = one_time_tokens::take_by_hash(db, token_hash).await?;
    let token = token.filter(is_invite).ok_or_else(not_found)?;
    let user = lock_user(db, token.user_id).await?;
    let mut emails = proof.user.emails.iter();
    if user.email().is_empty() || !emails.any(|email| email.address == user.email()) {
        return Err(Error::invalid(
            "Invited email does not match emails from external provider",
        ));
    }
    if user.is_banned() {
        return Err(Error::new(ErrorCode::UserBanned, "User is banned"));
    }
    check_unlinked(db, user.id, proof).await?;
    let data = proof.user.identity_data();
    let identity = insert_identity(db, user.id, proof, &data).await?;
    match user.is_email_confirmed() {
        true => users::merge_user_metadata(db, user.id, &data).await?,
        false => {
            // What the inviter knew of the user stays.
            let mut metadata = user.user_metadata.0.clone();
            metadata.extend(data);
            external::remove_unproved(db, user.id, identity.identity_id, &metadata).await?;
            users::confirm_email(db, user.id).await?;
        }
    }
    users::refresh_providers(db, user.id).await?;
    let user = reload(db, &user).await?;
    let traits = json!({ "provider": proof.provider });
    audit::record(db, caller, &user, Action::InviteAccepted, traits).await?;
    Ok(user)
}

/// Whether a link that is still good invites somebody.
pub(crate) fn is_invite(token: &one_time_tokens::OneTimeToken) -> bool {
    token.kind == TokenType::ConfirmationToken
        && token.purpose == "invite"
        && token.expires_at > chrono::Utc::now()
}

/// Writes down that an identity was linked or unlinked, and tells the account's address.
pub(crate) async fn record_link(
    auth: &Auth,
    db: &mut PgConnection,
    caller: &Caller,
    user: &User,
    identity: &UserIdentity,
    action: Action,
) -> Result<()> {
    let traits = json!({
        "identity_id": identity.identity_id,
        "provider": identity.provider,
        "provider_id": identity.provider_id,
    });
    audit::record(db, caller, user, action, traits).await?;
    if !user.is_email_confirmed() {
        return Ok(());
    }
    let kind = match action {
        Action::IdentityUnlinked => MailKind::IdentityUnlinked,
        _ => MailKind::IdentityLinked,
    };
    let variables = Variables {
        provider: identity.provider.clone(),
        ..Variables::default()
    };
    notice::tell(auth, db, caller, user, kind, variables).await
}
