//! Why an answer of a browser is refused.

/// Why an answer is refused. Clients are told `webauthn_verification_failed`, the log is told this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// No `PublicKeyCredential` in JSON, or one that is too long.
    #[error("the credential is no PublicKeyCredential in JSON")]
    Json,
    /// `clientDataJSON` is not what browsers write.
    #[error("the client data is malformed")]
    ClientData,
    /// `clientDataJSON.type` is of the other ceremony.
    #[error("the client data is of another ceremony")]
    Type,
    /// The challenge is another.
    #[error("the challenge is another")]
    Challenge,
    /// The page is of no allowed origin.
    #[error("the origin is not allowed")]
    Origin,
    /// The page was framed by one of another origin.
    #[error("the page was framed by one of another origin")]
    CrossOrigin,
    /// The authenticator data are malformed.
    #[error("the authenticator data are malformed")]
    AuthenticatorData,
    /// The authenticator data are of another relying party.
    #[error("the authenticator answered another relying party")]
    RelyingParty,
    /// The user did not touch the authenticator.
    #[error("the user was not present")]
    UserPresence,
    /// The user gave neither PIN nor fingerprint, and has to.
    #[error("the user was not verified")]
    UserVerification,
    /// A credential is backed up that cannot be, or was of the other kind before.
    #[error("the backup flags contradict one another")]
    BackupFlags,
    /// The public key is malformed or on no known curve.
    #[error("the public key is malformed")]
    PublicKey,
    /// An algorithm that was not asked for.
    #[error("the algorithm is not supported")]
    Algorithm,
    /// The attestation object or statement is malformed.
    #[error("the attestation is malformed")]
    Attestation,
    /// The attestation's format is not verified here, and the policy asks for one that is.
    #[error("the attestation's format is not accepted")]
    AttestationFormat,
    /// The authenticator's model is not among the allowed ones, or not proved.
    #[error("the authenticator's model is not allowed")]
    Model,
    /// A signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The credential is not one of those asked for.
    #[error("the credential was not asked for")]
    Credential,
    /// The user handle is missing or another user's.
    #[error("the credential is another user's")]
    UserHandle,
    /// The signature counter did not grow: the authenticator may have been cloned.
    #[error("the signature counter did not grow")]
    Counter,
    /// The ceremony is of the other kind.
    #[error("the ceremony is of another kind")]
    Ceremony,
    /// The operating system gave no random bytes.
    #[error("no randomness")]
    NoRandomness,
}
