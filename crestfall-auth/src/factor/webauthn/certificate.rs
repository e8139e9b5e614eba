//! Attestation certificates: as much of X.509 (RFC 5280) as WebAuthn, 8.2.1 asks about.

/// 1.3.6.1.4.1.45724.1.1.4, the authenticator's model.
const AAGUID: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const COUNTRY: &[u8] = &[0x55, 4, 6];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 4, 11];

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// SubjectPublicKeyInfo.
    pub(super) public_key: &'a [u8],
    /// The model that the certificate is of, when it says so.
    pub(super) aaguid: Option<&'a [u8]>,
    is_v3: bool,
    is_ca: bool,
    /// Attributes of the subject: OID and text.
    subject: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate in DER; `None` when it is malformed.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut outer = Der(der);
        let mut certificate = outer.enter(SEQUENCE)?;
        let mut tbs = certificate.enter(SEQUENCE)?;
        let is_v3 = tbs
            .optional(0xa0)?
            .is_some_and(|version| version == [INTEGER, 1, 2]);
        tbs.take(INTEGER)?; // serial number
        tbs.take(SEQUENCE)?; // signature algorithm
        tbs.take(SEQUENCE)?; // issuer
        tbs.take(SEQUENCE)?; // validity
        let subject = names(tbs.enter(SEQUENCE)?)?;
        let public_key = tbs.whole(SEQUENCE)?;
        tbs.optional(0x81)?;
        tbs.optional(0x82)?;
        let mut parsed = Self {
            public_key,
            aaguid: None,
            is_v3,
            is_ca: false,
            subject,
        };
        if let Some(extensions) = tbs.optional(0xa3)? {
            parsed.read_extensions(Der(extensions).enter(SEQUENCE)?)?;
        }
        outer.0.is_empty().then_some(parsed)
    }

    fn read_extensions(&mut self, mut extensions: Der<'a>) -> Option<()> {
        while !extensions.0.is_empty() {
            let mut extension = extensions.enter(SEQUENCE)?;
            let id = extension.take(OID)?;
            let is_critical = extension
                .optional(BOOLEAN)?
                .is_some_and(|value| value != [0]);
            let value = extension.take(OCTETS)?;
            if id == AAGUID {
                self.aaguid = Some(Der(value).take(OCTETS)?);
                if is_critical {
                    return None; // WebAuthn, 8.2.1
                }
            }
            if id == BASIC_CONSTRAINTS {
                self.is_ca = Der(value)
                    .enter(SEQUENCE)?
                    .optional(BOOLEAN)?
                    .is_some_and(|value| value != [0]);
            }
        }
        Some(())
    }

    /// What a packed attestation's certificate has to be (WebAuthn, 8.2.1).
    pub(super) fn is_of_authenticator(&self) -> bool {
        let has = |id: &[u8]| {
            self.subject
                .iter()
                .any(|(known, text)| *known == id && !text.is_empty())
        };
        let unit = self
            .subject
            .iter()
            .find(|(known, _)| *known == ORGANIZATIONAL_UNIT);
        self.is_v3
            && !self.is_ca
            && unit.is_some_and(|(_, text)| *text == b"Authenticator Attestation")
            && [COUNTRY, ORGANIZATION, COMMON_NAME].into_iter().all(has)
    }
}

/// The attributes of a name: a sequence of sets of sequences of OID and text.
fn names<'a>(mut name: Der<'a>) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    let mut attributes = Vec::new();
    while !name.0.is_empty() {
        let mut set = name.enter(SET)?;
        while !set.0.is_empty() {
            let mut attribute = set.enter(SEQUENCE)?;
            attributes.push((attribute.take(OID)?, attribute.element()?.1));
        }
    }
    Some(attributes)
}

/// What is left of a DER text (X.690).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next element: its tag, its content, and both with the length between.
    fn element(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let start = self.0;
        let (tag, rest) = start.split_first()?;
        let (first, mut rest) = rest.split_first()?;
        let mut length = usize::from(*first);
        if *first >= 0x80 {
            let (bytes, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if !(1..=3).contains(&bytes.len()) || tag & 31 == 31 {
                return None; // indefinite or beyond 16 MiB; tags of several bytes
            }
            length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = behind;
        }
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((*tag, content, &start[..start.len() - behind.len()]))
    }

    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element()
            .filter(|(found, ..)| *found == tag)
            .map(|(_, content, _)| content)
    }

    fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        self.take(tag).map(Der)
    }

    fn whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element()
            .filter(|(found, ..)| *found == tag)
            .map(|(_, _, whole)| whole)
    }

    /// The next element if it has this tag; the outer `None` when it is malformed.
    #[expect(clippy::option_option, reason = "malformed and absent differ")]
    fn optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&tag) {
            self.take(tag).map(Some)
        } else {
            Some(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = Certificate::parse(&bytes);
            let _ = Certificate::parse(&[&[0x30, bytes.len() as u8], &bytes[..]].concat());
        }
    }
}
