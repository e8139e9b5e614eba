//! As much of X.509's encoding as channel binding and libpq's rules for names need.

/// One value: its tag and its content.
#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
}

/// The values inside a constructed one.
#[derive(Clone, Debug)]
struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Value { tag, content })
    }
}

/// The hash that RFC 5929's `tls-server-end-point` uses for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureHash {
    Sha256,
    Sha384,
    Sha512,
}

/// That of the certificate's own signature, SHA-256 in place of weaker ones; `None` when there is none
/// to be had, as for Ed25519.
pub(super) fn signature_hash(certificate: &[u8]) -> Option<SignatureHash> {
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, ... }, signature }
    let certificate = Values(certificate).next()?;
    let algorithm = Values(certificate.content).nth(1)?;
    let identifier = Values(algorithm.content).next()?;
    match identifier.content {
        // 1.2.840.113549.1.1.x: RSA with MD5, SHA-1, SHA-256, SHA-384, SHA-512
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 4 | 5 | 11] => Some(SignatureHash::Sha256),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 12] => Some(SignatureHash::Sha384),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 13] => Some(SignatureHash::Sha512),
        // 1.2.840.10045.4.1 and 4.3.x: ECDSA with SHA-1, SHA-256, SHA-384, SHA-512
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2] => {
            Some(SignatureHash::Sha256)
        }
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3] => Some(SignatureHash::Sha384),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4] => Some(SignatureHash::Sha512),
        _ => None,
    }
}

/// The subject's common name of a certificate that names no host in `subjectAltName`.
pub(super) fn lone_common_name(certificate: &[u8]) -> Option<&str> {
    // TBSCertificate ::= SEQUENCE { [0] version, serial, signature, issuer, validity, subject, key, ... [3] extensions }
    let certificate = Values(certificate).next()?;
    let tbs = Values(certificate.content).next()?;
    let fields = Values(tbs.content);
    let versioned = usize::from(fields.clone().next()?.tag == 0xa0);
    if has_alternative_names(fields.clone()) {
        return None;
    }
    let mut fields = fields;
    let subject = fields.nth(versioned + 4)?;
    // Name ::= SEQUENCE OF SET OF SEQUENCE { OID, text }; common name is 2.5.4.3
    Values(subject.content)
        .flat_map(|set| Values(set.content))
        .find_map(|attribute| {
            let mut pair = Values(attribute.content);
            let named = pair.next()?.content == [0x55, 4, 3];
            let text = pair.next()?;
            named.then_some(text.content)
        })
        .and_then(|text| std::str::from_utf8(text).ok())
}

/// Whether the extension 2.5.29.17 names a host or an address.
fn has_alternative_names(mut fields: Values<'_>) -> bool {
    let Some(extensions) = fields.find(|field| field.tag == 0xa3) else {
        return false;
    };
    Values(extensions.content)
        .flat_map(|list| Values(list.content))
        .filter_map(|extension| {
            let mut parts = Values(extension.content);
            (parts.next()?.content == [0x55, 0x1d, 17]).then(|| parts.last())?
        })
        .flat_map(|octets| Values(octets.content))
        .flat_map(|names| Values(names.content))
        // dNSName [2], iPAddress [7]
        .any(|name| matches!(name.tag, 0x82 | 0x87))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_signature_names_its_hash() {
        // SEQUENCE { SEQUENCE {}, SEQUENCE { OID ecdsa-with-SHA384 } }
        let certificate = [
            0x30, 14, 0x30, 0, 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3,
        ];
        assert_eq!(signature_hash(&certificate), Some(SignatureHash::Sha384));
        assert_eq!(signature_hash(&certificate[..10]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = signature_hash(&bytes);
            let _ = lone_common_name(&bytes);
        }
    }
}
