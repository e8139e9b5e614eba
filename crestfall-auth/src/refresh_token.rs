//! Refresh tokens: the number of a refresh within its session, under a key of the session's own.
//! No token is kept, so none can be stolen from the database, and whoever asks twice with the same
//! token can be given the same successor (GT-075, D6).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

const VERSION: u8 = 1;
/// Half of HMAC-SHA256.
const MAC_LENGTH: usize = 16;
const SIGNED_LENGTH: usize = 1 + 16 + 8;

/// A refresh token as it was sent; nothing is proved yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) session: Uuid,
    pub(crate) counter: i64,
    mac: [u8; MAC_LENGTH],
}

impl RefreshToken {
    /// The text of a session's token number `counter`.
    pub(crate) fn encode(session: Uuid, counter: i64, key: &[u8]) -> String {
        let signed = signed(session, counter);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &signed);
        let bytes = [&signed[..], &tag.as_ref()[..MAC_LENGTH]].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token; none for what is none of ours.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, mac) = bytes.split_at_checked(SIGNED_LENGTH)?;
        let (version, rest) = signed.split_first()?;
        let (session, counter) = rest.split_at_checked(16)?;
        Some(Self {
            session: (*version == VERSION).then(|| Uuid::from_slice(session).ok())??,
            counter: i64::from_be_bytes(counter.try_into().ok()?),
            mac: mac.try_into().ok()?,
        })
    }

    /// Whether it was made with this key. In constant time.
    pub(crate) fn is_genuine(&self, key: &[u8]) -> bool {
        let signed = signed(self.session, self.counter);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &signed);
        subtle::ConstantTimeEq::ct_eq(&tag.as_ref()[..MAC_LENGTH], &self.mac[..]).into()
    }
}

fn signed(session: Uuid, counter: i64) -> [u8; SIGNED_LENGTH] {
    let mut bytes = [0; SIGNED_LENGTH];
    bytes[0] = VERSION;
    bytes[1..17].copy_from_slice(session.as_bytes());
    bytes[17..].copy_from_slice(&counter.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_genuine_under_its_own_key_alone() {
        let session = Uuid::new_v4();
        let text = RefreshToken::encode(session, 7, b"key");
        let token = RefreshToken::decode(&text).expect("a token");
        assert_eq!((token.session, token.counter), (session, 7));
        assert!(token.is_genuine(b"key"));
        assert!(!token.is_genuine(b"other"));
        let forged = RefreshToken {
            counter: 8,
            ..token
        };
        assert!(!forged.is_genuine(b"key"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = RefreshToken::decode(&text);
        }

        #[test]
        fn no_other_text_is_genuine(position in 0usize..55, change in 1u8..64) {
            let text = RefreshToken::encode(Uuid::from_u128(1), 1, b"key");
            let mut bytes = text.clone().into_bytes();
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let at = alphabet.iter().position(|&b| b == bytes[position]).expect("base64url");
            bytes[position] = alphabet[(at + change as usize) % 64];
            let changed = String::from_utf8(bytes).expect("ASCII");
            let genuine = RefreshToken::decode(&changed).is_some_and(|t| t.is_genuine(b"key"));
            prop_assert!(!genuine, "{changed}");
        }
    }
}
