//! What the authenticator says and signs (WebAuthn, 6.1).

use super::{
    cbor::{self, Value},
    error::Error,
};
use uuid::Uuid;

/// Longest credential id (WebAuthn, 4).
pub(super) const MAX_CREDENTIAL_ID: usize = 1023;

/// One byte of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) fn user_present(self) -> bool {
        self.0 & 1 != 0
    }

    pub(super) fn user_verified(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    /// The credential may be synchronised to other devices.
    pub(super) fn backup_eligible(self) -> bool {
        self.0 & 1 << 3 != 0
    }

    /// The credential is.
    pub(super) fn backed_up(self) -> bool {
        self.0 & 1 << 4 != 0
    }

    fn has_credential(self) -> bool {
        self.0 & 1 << 6 != 0
    }

    fn has_extensions(self) -> bool {
        self.0 & 1 << 7 != 0
    }
}

#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    pub(super) rp_id_hash: &'a [u8],
    pub(super) flags: Flags,
    pub(super) counter: u32,
    pub(super) credential: Option<AttestedCredential<'a>>,
}

/// The new credential, in a registration.
#[derive(Debug)]
pub(super) struct AttestedCredential<'a> {
    /// The authenticator's model.
    pub(super) aaguid: Uuid,
    pub(super) id: &'a [u8],
    /// COSE_Key.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it whole: what stands behind must be announced by a flag.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::read(bytes).ok_or(Error::AuthenticatorData)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (rp_id_hash, rest) = bytes.split_at_checked(32)?;
        let (flags, rest) = rest.split_first()?;
        let (counter, mut rest) = rest.split_first_chunk::<4>()?;
        let flags = Flags(*flags);
        let mut credential = None;
        if flags.has_credential() {
            let (found, behind) = AttestedCredential::read(rest)?;
            (credential, rest) = (Some(found), behind);
        }
        if flags.has_extensions() {
            let (Value::Map(_), behind) = cbor::read(rest)? else {
                return None;
            };
            rest = behind;
        }
        rest.is_empty().then(|| Self {
            rp_id_hash,
            flags,
            counter: u32::from_be_bytes(*counter),
            credential,
        })
    }
}

impl<'a> AttestedCredential<'a> {
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (aaguid, rest) = bytes.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (_, behind) = cbor::read(rest)?;
        let public_key = &rest[..rest.len() - behind.len()];
        let is_id = (1..=MAX_CREDENTIAL_ID).contains(&id.len());
        is_id.then(|| {
            (
                Self {
                    aaguid: Uuid::from_bytes(*aaguid),
                    id,
                    public_key,
                },
                behind,
            )
        })
    }
}
