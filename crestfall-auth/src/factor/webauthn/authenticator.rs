//! An authenticator in software, and the browser around it, for tests: answers the options that a server gives as
//! `navigator.credentials` would. It writes CBOR with another implementation than the server reads it with.
//!
//! It panics on options that no browser would accept.

mod x509;

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::AsDer,
    rand::{self, SystemRandom},
    rsa,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use serde_json::{Value, json};

/// The kind of a credential's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// Ed25519.
    EdDsa,
    /// RSA of 2048 bits.
    Rs256,
}

/// What the authenticator says about itself at a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attestation {
    /// Nothing.
    None,
    /// `packed`, signed by the credential.
    SelfSigned,
    /// `packed`, signed by a model's key, with its certificate.
    Certificate,
    /// A format that servers do not know.
    Unknown,
}

/// A browser with an authenticator. Its fields may be changed between ceremonies.
#[derive(Debug)]
pub struct Authenticator {
    /// The page's origin.
    pub origin: String,
    /// The page is in a frame of another origin.
    pub cross_origin: bool,
    /// The kind of the next credential.
    pub algorithm: Algorithm,
    /// What registrations prove.
    pub attestation: Attestation,
    /// The model.
    pub aaguid: [u8; 16],
    /// The user touches it.
    pub user_present: bool,
    /// The user gives PIN or fingerprint.
    pub user_verified: bool,
    /// Credentials may be synchronised.
    pub backup_eligible: bool,
    /// Credentials are.
    pub backed_up: bool,
    /// Signatures made; set it back to be a clone.
    pub counter: u32,
    /// How much `counter` grows at each authentication; 0 for one that does not count.
    pub counter_step: u32,
    pub(crate) credentials: Vec<Held>,
}

#[derive(Debug)]
pub(crate) struct Held {
    id: Vec<u8>,
    user_handle: Vec<u8>,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Ec(i64, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<rsa::KeyPair>),
}

impl Authenticator {
    /// One with ES256, without attestation, which verifies its user and counts its signatures.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.into(),
            cross_origin: false,
            algorithm: Algorithm::Es256,
            attestation: Attestation::None,
            aaguid: [0; 16],
            user_present: true,
            user_verified: true,
            backup_eligible: false,
            backed_up: false,
            counter: 0,
            counter_step: 1,
            credentials: Vec::new(),
        }
    }

    /// Answers the options of a registration, the value of `publicKey`.
    pub fn create(&mut self, options: &Value) -> Value {
        let held = Held {
            id: random(32),
            user_handle: decode(&options["user"]["id"]),
            key: Key::new(self.algorithm),
        };
        let client_data = self.client_data("webauthn.create", &options["challenge"]);
        let mut data = self.data(text(&options["rp"]["id"]), 1 << 6);
        data.extend_from_slice(&self.aaguid);
        data.extend_from_slice(&(held.id.len() as u16).to_be_bytes());
        data.extend_from_slice(&held.id);
        data.extend_from_slice(&to_cbor(&held.key.cose()));
        let (format, statement) = self.statement(&held.key, &data, &client_data);
        let object = Cbor::Map(vec![
            (Cbor::from("fmt"), Cbor::from(format)),
            (Cbor::from("attStmt"), statement),
            (Cbor::from("authData"), Cbor::from(data)),
        ]);
        let id = encode(&held.id);
        self.credentials.push(held);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encode(&client_data),
                "attestationObject": encode(&to_cbor(&object)),
                "transports": ["internal"],
            },
        })
    }

    /// Answers the options of an authentication, the value of `publicKey`, by the newest credential that fits.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += self.counter_step;
        let allowed: Vec<_> = options["allowCredentials"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let fits = |held: &&Held| {
            allowed.is_empty() || allowed.iter().any(|known| decode(&known["id"]) == held.id)
        };
        let held = self
            .credentials
            .iter()
            .rev()
            .find(fits)
            .expect("a credential that fits");
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let data = self.data(text(&options["rpId"]), 0);
        let signature = held
            .key
            .sign(&[&data, sha256(&client_data).as_slice()].concat());
        json!({
            "id": encode(&held.id), "rawId": encode(&held.id), "type": "public-key", "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&data),
                "signature": encode(&signature),
                "userHandle": encode(&held.user_handle),
            },
        })
    }

    fn client_data(&self, r#type: &str, challenge: &Value) -> Vec<u8> {
        let data = json!({
            "type": r#type, "challenge": text(challenge), "origin": self.origin, "crossOrigin": self.cross_origin,
            "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
        });
        data.to_string().into_bytes()
    }

    fn data(&self, rp_id: &str, more_flags: u8) -> Vec<u8> {
        let flags = [
            (self.user_present, 1),
            (self.user_verified, 4),
            (self.backup_eligible, 8),
            (self.backed_up, 16),
        ];
        let flags = flags
            .iter()
            .filter(|(set, _)| *set)
            .fold(more_flags, |flags, (_, bit)| flags | bit);
        [
            sha256(rp_id.as_bytes()).as_slice(),
            &[flags],
            &self.counter.to_be_bytes(),
        ]
        .concat()
    }

    fn statement(&self, key: &Key, data: &[u8], client_data: &[u8]) -> (&'static str, Cbor) {
        let message = [data, &sha256(client_data)].concat();
        let (alg, sig) = (Cbor::from("alg"), Cbor::from("sig"));
        match self.attestation {
            Attestation::None => ("none", Cbor::Map(Vec::new())),
            Attestation::Unknown => (
                "tpm",
                Cbor::Map(vec![(Cbor::from("ver"), Cbor::from("2.0"))]),
            ),
            Attestation::SelfSigned => {
                let entries = vec![
                    (alg, Cbor::from(key.number())),
                    (sig, Cbor::from(key.sign(&message))),
                ];
                ("packed", Cbor::Map(entries))
            }
            Attestation::Certificate => {
                let model = Key::new(Algorithm::Es256);
                let certificate = Cbor::from(x509::certificate(&model.x509(), &self.aaguid));
                let chain = (Cbor::from("x5c"), Cbor::Array(vec![certificate]));
                let entries = vec![
                    (alg, Cbor::from(-7)),
                    (sig, Cbor::from(model.sign(&message))),
                    chain,
                ];
                ("packed", Cbor::Map(entries))
            }
        }
    }
}

impl Key {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::ec(-7, &signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            Algorithm::Es384 => Self::ec(-35, &signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            Algorithm::EdDsa => Self::Ed(Ed25519KeyPair::generate().expect("a key")),
            Algorithm::Rs256 => Self::Rsa(Box::new(
                rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key"),
            )),
        }
    }

    fn ec(number: i64, algorithm: &'static signature::EcdsaSigningAlgorithm) -> Self {
        Self::Ec(number, EcdsaKeyPair::generate(algorithm).expect("a key"))
    }

    fn number(&self) -> i64 {
        match self {
            Self::Ec(number, _) => *number,
            Self::Ed(_) => -8,
            Self::Rsa(_) => -257,
        }
    }

    fn cose(&self) -> Cbor {
        let parameters = match self {
            Self::Ec(number, key) => {
                let (x, y) = key.public_key().as_ref()[1..]
                    .split_at((key.public_key().as_ref().len() - 1) / 2);
                let curve = if *number == -7 { 1 } else { 2 };
                vec![
                    (1, 2.into()),
                    (-1, curve.into()),
                    (-2, x.to_vec().into()),
                    (-3, y.to_vec().into()),
                ]
            }
            Self::Ed(key) => vec![
                (1, 1.into()),
                (-1, 6.into()),
                (-2, key.public_key().as_ref().to_vec().into()),
            ],
            Self::Rsa(key) => {
                let n = key
                    .public_key()
                    .modulus()
                    .big_endian_without_leading_zero()
                    .to_vec();
                let e = key
                    .public_key()
                    .exponent()
                    .big_endian_without_leading_zero()
                    .to_vec();
                vec![(1, 3.into()), (-1, n.into()), (-2, e.into())]
            }
        };
        let algorithm = (3, Cbor::from(self.number()));
        Cbor::Map(
            parameters
                .into_iter()
                .chain([algorithm])
                .map(|(label, value)| (Cbor::from(label), value))
                .collect(),
        )
    }

    /// SubjectPublicKeyInfo of a key on P-256.
    fn x509(&self) -> Vec<u8> {
        let Self::Ec(_, key) = self else {
            panic!("a key on a curve")
        };
        key.public_key().as_der().expect("a key").as_ref().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ec(_, key) => key
                .sign(&SystemRandom::new(), message)
                .expect("a signature")
                .as_ref()
                .to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .expect("a signature");
                signature
            }
        }
    }
}

fn to_cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory");
    bytes
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("randomness");
    bytes
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text in the options")
}

fn decode(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(text(value))
        .expect("Base64 in the options")
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
