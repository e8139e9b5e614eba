//! Codes of authenticator apps: TOTP (RFC 6238) over HOTP (RFC 4226), GT-033 and GT-035.

use super::base32;
use aws_lc_rs::{hmac, rand};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::{EcLevel, QrCode, render::svg};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// Seconds of one time step.
const PERIOD: u64 = 30;
/// Bytes of a new secret: HMAC-SHA-1's output, as RFC 4226 advises.
const SECRET: usize = 20;
/// Steps before and after the present one whose codes are accepted: clocks differ, and typing takes time.
const SKEW: i64 = 1;

/// The hash below the HMAC. Authenticator apps reliably know the first only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Algorithm {
    /// HMAC-SHA-1, GoTrue's.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    #[cfg_attr(not(test), expect(dead_code, reason = "of RFC 6238's vectors"))]
    Sha256,
    /// HMAC-SHA-512.
    #[cfg_attr(not(test), expect(dead_code, reason = "of RFC 6238's vectors"))]
    Sha512,
}

impl Algorithm {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

/// How many digits a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Digits {
    /// GoTrue's.
    #[default]
    Six,
    /// Eight.
    #[cfg_attr(not(test), expect(dead_code, reason = "of RFC 6238's vectors"))]
    Eight,
}

impl Digits {
    fn count(self) -> usize {
        match self {
            Self::Six => 6,
            Self::Eight => 8,
        }
    }

    fn modulus(self) -> u32 {
        match self {
            Self::Six => 1_000_000,
            Self::Eight => 100_000_000,
        }
    }
}

/// A shared secret and how codes are made of it.
pub(crate) struct Totp {
    secret: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    digits: Digits,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp")
            .field("algorithm", &self.algorithm)
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness")]
pub(crate) struct NoRandomness;

impl Totp {
    /// A new secret for GoTrue's kind of codes: SHA-1, six digits.
    ///
    /// # Errors
    /// No randomness.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        let mut secret = Zeroizing::new(vec![0; SECRET]);
        rand::fill(&mut secret).map_err(|_| NoRandomness)?;
        Ok(Self::new(secret, Algorithm::default(), Digits::default()))
    }

    /// Of a secret in Base32, as it is stored: SHA-1, six digits. `None` when it is no Base32 or shorter than RFC 4226
    /// allows (128 bits), GoTrue's imported ones excepted, which have 160.
    pub(crate) fn from_base32(secret: &str) -> Option<Self> {
        let secret = Zeroizing::new(base32::decode(secret)?);
        (secret.len() >= 16).then(|| Self::new(secret, Algorithm::default(), Digits::default()))
    }

    /// Of a secret and its parameters.
    pub(crate) fn new(secret: Zeroizing<Vec<u8>>, algorithm: Algorithm, digits: Digits) -> Self {
        Self {
            secret,
            algorithm,
            digits,
        }
    }

    /// The secret in Base32, for the store and for users who cannot scan.
    pub(crate) fn secret(&self) -> Zeroizing<String> {
        Zeroizing::new(base32::encode(&self.secret))
    }

    /// The `otpauth://` address, with the parameters and their order of GoTrue's
    /// (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>).
    pub(crate) fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let (issuer, account) = (escape(issuer), escape(account));
        let (algorithm, digits, secret) =
            (self.algorithm.name(), self.digits.count(), self.secret());
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?algorithm={algorithm}&digits={digits}&issuer={issuer}&period={PERIOD}&secret={}",
            *secret
        ))
    }

    /// The address as a QR code: an SVG document without `#`, since auth-js puts it into a `data:` address as it is.
    /// Empty when the issuer and account are too long for any QR code (over two kilobytes).
    pub(crate) fn qr_code(&self, issuer: &str, account: &str) -> String {
        let uri = self.uri(issuer, account);
        let code = QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M);
        code.map_or_else(
            |_| String::new(),
            |code| {
                let mut image = code.render();
                image
                    .dark_color(svg::Color("black"))
                    .light_color(svg::Color("white"))
                    .module_dimensions(4, 4)
                    .build()
            },
        )
    }

    /// Finds the time step of which `code` is the code, among the present one and its neighbours. The caller refuses a
    /// step that is not later than the last one used (RFC 6238, section 5.2: a code holds once).
    ///
    /// `now` is in seconds since 1970. Spaces in the code are passed over. Takes the same time whatever the code.
    pub(crate) fn verify(&self, code: &str, now: u64) -> Option<u64> {
        let code: Zeroizing<Vec<u8>> =
            Zeroizing::new(code.bytes().filter(|b| !b.is_ascii_whitespace()).collect());
        let present = now / PERIOD;
        let (mut found, mut step_found) = (subtle::Choice::from(0), 0);
        for step in (-SKEW..=SKEW).filter_map(|skew| present.checked_add_signed(skew)) {
            let matches = self.code(step).as_bytes().ct_eq(&code);
            step_found.conditional_assign(&step, matches);
            found |= matches;
        }
        bool::from(found).then_some(step_found)
    }

    /// The code of a time step (RFC 4226, section 5.3).
    pub(crate) fn code(&self, step: u64) -> Zeroizing<String> {
        let key = hmac::Key::new(self.algorithm.hmac(), &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 15);
        let word = tag[offset..offset + 4]
            .iter()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
        let number = (word & 0x7fff_ffff) % self.digits.modulus();
        Zeroizing::new(format!("{number:0width$}", width = self.digits.count()))
    }

    /// The time step of a moment, in seconds since 1970.
    #[cfg(test)]
    pub(crate) fn step(now: u64) -> u64 {
        now / PERIOD
    }
}

/// What an address may contain as it is, besides letters and digits. GoTrue leaves `&`, `+` and `=` too, which
/// would end an issuer early.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b':');

fn escape(text: &str) -> String {
    utf8_percent_encode(text, &PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totp(secret: &[u8], algorithm: Algorithm, digits: Digits) -> Totp {
        Totp::new(Zeroizing::new(secret.to_vec()), algorithm, digits)
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b_hold() {
        let seed = b"1234567890123456789012345678901234567890123456789012345678901234";
        let vectors = [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ];
        for (now, sha1, sha256, sha512) in vectors {
            let code = |length, algorithm| {
                totp(&seed[..length], algorithm, Digits::Eight).code(Totp::step(now))
            };
            assert_eq!(*code(20, Algorithm::Sha1), sha1);
            assert_eq!(*code(32, Algorithm::Sha256), sha256);
            assert_eq!(*code(64, Algorithm::Sha512), sha512);
        }
    }

    #[test]
    fn the_vectors_of_rfc_4226_appendix_d_hold() {
        let totp = totp(b"12345678901234567890", Algorithm::Sha1, Digits::Six);
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in codes.iter().enumerate() {
            assert_eq!(*totp.code(step as u64), *code);
        }
    }

    #[test]
    fn gt_035_a_code_is_accepted_one_step_early_and_late_and_names_its_step() {
        let (totp, now) = (Totp::generate().unwrap(), 1_700_000_000);
        let step = Totp::step(now);
        for near in step - 1..=step + 1 {
            assert_eq!(totp.verify(&totp.code(near), now), Some(near));
        }
        for far in [step - 2, step + 2] {
            assert_eq!(totp.verify(&totp.code(far), now), None);
        }
        let spaced = format!(" {} {} ", &totp.code(step)[..3], &totp.code(step)[3..]);
        assert_eq!(totp.verify(&spaced, now), Some(step));
        for wrong in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(totp.verify(wrong, now), None);
        }
    }

    #[test]
    fn the_beginning_of_time_has_no_step_before_it() {
        let totp = Totp::generate().unwrap();
        assert_eq!(totp.verify(&totp.code(0), 0), Some(0));
    }

    #[test]
    fn gt_033_a_secret_survives_being_stored() {
        let totp = Totp::generate().unwrap();
        assert_eq!(totp.secret().len(), 32);
        assert_eq!(
            Totp::from_base32(&totp.secret()).unwrap().code(7),
            totp.code(7)
        );
        assert!(Totp::from_base32("MZXW6YTBOI").is_none());
        assert!(!format!("{totp:?}").contains(&**totp.secret()));
    }

    #[test]
    fn gt_033_the_address_has_gotrues_parameters() {
        let totp = totp(b"12345678901234567890", Algorithm::Sha1, Digits::Six);
        assert_eq!(
            *totp.uri("localhost:3000", "ada@example.com"),
            "otpauth://totp/localhost:3000:ada@example.com?algorithm=SHA1&digits=6&issuer=localhost:3000&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        assert!(
            totp.uri("A & B/C", "x?y#z")
                .starts_with("otpauth://totp/A%20%26%20B%2FC:x%3Fy%23z?algorithm=")
        );
    }

    #[test]
    fn gt_033_the_qr_code_fits_into_a_data_address() {
        let totp = Totp::generate().unwrap();
        let svg = totp.qr_code("localhost:3000", "ada@example.com");
        assert!(svg.contains("<svg ") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains(['#', '%', '\n']), "{svg}");
        assert_eq!(totp.qr_code(&"x".repeat(4000), ""), "");
    }
}
