use super::config::UserVerification;
use super::{
    authenticator::{Algorithm, Attestation, Authenticator},
    *,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;

const ORIGIN: &str = "https://app.example.com";
const HANDLE: &[u8] = b"b5b8ed4e-6f4c-4a0e-8bd8-2c9e5a2f2a10";
const ADA: User<'_> = User {
    handle: HANDLE,
    name: "ada@example.com",
    display_name: "Ada",
};

fn config() -> Config {
    Config {
        rp_id: "example.com".into(),
        rp_name: "Example".into(),
        origins: vec!["https://APP.example.com:443/".into()],
        ..Config::default()
    }
}

fn relying_party() -> RelyingParty {
    RelyingParty::new(config()).unwrap()
}

fn register(rp: &RelyingParty, authenticator: &mut Authenticator) -> Result<Credential, Error> {
    let (options, ceremony) = rp.start_registration(&ADA, &[], Usage::Passkey)?;
    let answer = authenticator.create(&options).to_string();
    rp.finish_registration(&ceremony, &answer, Utc::now())
        .inspect_err(|_| {
            authenticator.credentials.pop();
        })
}

/// Logs in by a passkey, without naming the user.
fn authenticate(
    rp: &RelyingParty,
    by: &mut Authenticator,
    credential: &Credential,
) -> Result<Authenticated, Error> {
    let (options, ceremony) = rp.start_authentication(None, &[])?;
    let assertion = Assertion::parse(&by.get(&options).to_string())?;
    assert_eq!(assertion.user_handle(), Some(HANDLE));
    rp.finish_authentication(&ceremony, &assertion, credential, HANDLE)
}

#[test]
fn gt_042_a_credential_of_every_algorithm_is_registered_and_logs_in() {
    let rp = relying_party();
    for algorithm in [
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
        Algorithm::Rs256,
    ] {
        let mut authenticator = Authenticator {
            algorithm,
            ..Authenticator::new(ORIGIN)
        };
        let mut credential = register(&rp, &mut authenticator).unwrap();
        assert_eq!(
            (credential.counter, credential.name.as_str()),
            (0, "Passkey")
        );
        assert_eq!(credential.transports, ["internal"]);
        let stored = serde_json::to_string(&credential).unwrap();
        credential = serde_json::from_str(&stored).unwrap();
        let authenticated = authenticate(&rp, &mut authenticator, &credential).unwrap();
        assert_eq!(
            authenticated,
            Authenticated {
                counter: 1,
                backed_up: false,
                user_verified: true,
                cloned: false
            }
        );
        credential.used(&authenticated, Utc::now());
        assert_eq!(credential.counter, 1);
        assert!(
            authenticate(&rp, &mut authenticator, &credential).is_ok(),
            "{algorithm:?} again"
        );
    }
}

#[test]
fn gt_042_options_of_a_registration_are_gotrues() {
    let rp = relying_party();
    let known = register(&rp, &mut Authenticator::new(ORIGIN)).unwrap();
    let (options, ceremony) = rp
        .start_registration(&ADA, std::slice::from_ref(&known), Usage::Passkey)
        .unwrap();
    let challenge = options["challenge"].as_str().unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(challenge).unwrap().len(), 32);
    assert_eq!(
        options,
        json!({
            "rp": { "name": "Example", "id": "example.com" },
            "user": { "name": "ada@example.com", "displayName": "Ada", "id": URL_SAFE_NO_PAD.encode(HANDLE) },
            "challenge": challenge,
            "pubKeyCredParams": [
                { "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -8 },
                { "type": "public-key", "alg": -35 }, { "type": "public-key", "alg": -257 },
            ],
            "timeout": 300_000,
            "excludeCredentials": [{ "type": "public-key", "id": known.id, "transports": ["internal"] }],
            "authenticatorSelection":
                { "residentKey": "required", "requireResidentKey": true, "userVerification": "preferred" },
            "attestation": "none",
        })
    );
    let stored = serde_json::to_value(&ceremony).unwrap();
    assert_eq!(
        serde_json::from_value::<Ceremony>(stored).unwrap(),
        ceremony
    );
    let (options, _) = rp
        .start_registration(&ADA, &[], Usage::SecondFactor)
        .unwrap();
    assert_eq!(
        options["authenticatorSelection"]["residentKey"],
        "discouraged"
    );
    assert_ne!(options["challenge"].as_str(), Some(challenge));
}

#[test]
fn gt_041_options_of_a_login_name_credentials_only_when_the_user_is_known() {
    let rp = relying_party();
    let (options, _) = rp.start_authentication(None, &[]).unwrap();
    assert!(options.get("allowCredentials").is_none());
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("example.com"), &json!("preferred"))
    );
    let known = register(&rp, &mut Authenticator::new(ORIGIN)).unwrap();
    let (options, _) = rp
        .start_authentication(Some(HANDLE), std::slice::from_ref(&known))
        .unwrap();
    assert_eq!(options["allowCredentials"][0]["id"], json!(known.id));
}

#[test]
fn another_page_or_relying_party_is_refused() {
    let rp = relying_party();
    let mut authenticator = Authenticator::new(ORIGIN);
    let credential = register(&rp, &mut authenticator).unwrap();
    for origin in [
        "https://example.com",
        "http://app.example.com",
        "https://app.example.com.evil.org",
        "null",
    ] {
        authenticator.origin = origin.into();
        assert_eq!(
            authenticate(&rp, &mut authenticator, &credential),
            Err(Error::Origin)
        );
        assert_eq!(register(&rp, &mut authenticator).err(), Some(Error::Origin));
    }
    authenticator.origin = ORIGIN.into();
    authenticator.cross_origin = true;
    assert_eq!(
        authenticate(&rp, &mut authenticator, &credential),
        Err(Error::CrossOrigin)
    );
    let framed = RelyingParty::new(Config {
        framed: true,
        ..config()
    })
    .unwrap();
    assert!(authenticate(&framed, &mut authenticator, &credential).is_ok());
    let other = RelyingParty::new(Config {
        rp_id: "app.example.com".into(),
        ..config()
    })
    .unwrap();
    let (mut options, ceremony) = other.start_registration(&ADA, &[], Usage::Passkey).unwrap();
    options["rp"]["id"] = json!("example.com");
    let answer = Authenticator::new(ORIGIN).create(&options).to_string();
    assert_eq!(
        other.finish_registration(&ceremony, &answer, Utc::now()),
        Err(Error::RelyingParty)
    );
}

#[test]
fn an_answer_holds_for_its_own_ceremony_only() {
    let rp = relying_party();
    let mut authenticator = Authenticator::new(ORIGIN);
    let credential = register(&rp, &mut authenticator).unwrap();
    let (options, first) = rp.start_authentication(None, &[]).unwrap();
    let (_, second) = rp.start_authentication(None, &[]).unwrap();
    let assertion = Assertion::parse(&authenticator.get(&options).to_string()).unwrap();
    let finish =
        |ceremony: &Ceremony| rp.finish_authentication(ceremony, &assertion, &credential, HANDLE);
    assert_eq!(finish(&second), Err(Error::Challenge));
    let (_, registration) = rp.start_registration(&ADA, &[], Usage::Passkey).unwrap();
    assert_eq!(finish(&registration), Err(Error::Ceremony));
    assert!(finish(&first).is_ok());
    let (options, registration) = rp.start_registration(&ADA, &[], Usage::Passkey).unwrap();
    let mut answer = authenticator.create(&options);
    let data = answer["response"]["clientDataJSON"].as_str().unwrap();
    let data = String::from_utf8(URL_SAFE_NO_PAD.decode(data).unwrap()).unwrap();
    answer["response"]["clientDataJSON"] =
        json!(URL_SAFE_NO_PAD.encode(data.replace(".create", ".get")));
    assert_eq!(
        rp.finish_registration(&registration, &answer.to_string(), Utc::now()),
        Err(Error::Type)
    );
}

#[test]
fn a_user_must_be_present_and_verified_where_the_policy_says_so() {
    let strict = Config {
        user_verification: UserVerification::Required,
        ..config()
    };
    let (rp, strict) = (relying_party(), RelyingParty::new(strict).unwrap());
    let mut authenticator = Authenticator {
        user_verified: false,
        ..Authenticator::new(ORIGIN)
    };
    let credential = register(&rp, &mut authenticator).unwrap();
    assert!(
        !authenticate(&rp, &mut authenticator, &credential)
            .unwrap()
            .user_verified
    );
    assert_eq!(
        authenticate(&strict, &mut authenticator, &credential),
        Err(Error::UserVerification)
    );
    assert_eq!(
        register(&strict, &mut authenticator).err(),
        Some(Error::UserVerification)
    );
    authenticator.user_present = false;
    assert_eq!(
        authenticate(&rp, &mut authenticator, &credential),
        Err(Error::UserPresence)
    );
}

#[test]
fn d30_a_cloned_authenticator_is_refused_or_flagged() {
    let rp = relying_party();
    let flagging = RelyingParty::new(Config {
        counter: CounterPolicy::Flag,
        ..config()
    })
    .unwrap();
    let mut authenticator = Authenticator::new(ORIGIN);
    let mut credential = register(&rp, &mut authenticator).unwrap();
    credential.counter = 5;
    authenticator.counter = 4;
    assert_eq!(
        authenticate(&rp, &mut authenticator, &credential),
        Err(Error::Counter),
        "5 again"
    );
    authenticator.counter = 1;
    let flagged = authenticate(&flagging, &mut authenticator, &credential).unwrap();
    assert_eq!((flagged.cloned, flagged.counter), (true, 5));
    authenticator.counter = 5;
    assert!(authenticate(&rp, &mut authenticator, &credential).is_ok());
    (
        authenticator.counter,
        authenticator.counter_step,
        credential.counter,
    ) = (0, 0, 0);
    for _ in 0..2 {
        assert!(
            !authenticate(&rp, &mut authenticator, &credential)
                .unwrap()
                .cloned,
            "one that does not count"
        );
    }
}

#[test]
fn backup_flags_must_agree_with_one_another_and_with_before() {
    let rp = relying_party();
    let mut authenticator = Authenticator {
        backup_eligible: true,
        ..Authenticator::new(ORIGIN)
    };
    let credential = register(&rp, &mut authenticator).unwrap();
    assert!(credential.backup_eligible && !credential.backed_up);
    authenticator.backed_up = true;
    assert!(
        authenticate(&rp, &mut authenticator, &credential)
            .unwrap()
            .backed_up
    );
    authenticator.backup_eligible = false;
    assert_eq!(
        register(&rp, &mut authenticator).err(),
        Some(Error::BackupFlags)
    );
    authenticator.backed_up = false;
    assert_eq!(
        authenticate(&rp, &mut authenticator, &credential),
        Err(Error::BackupFlags)
    );
}

#[test]
fn a_credential_logs_in_its_owner_only() {
    let rp = relying_party();
    let mut authenticator = Authenticator::new(ORIGIN);
    let (first, second) = (
        register(&rp, &mut authenticator).unwrap(),
        register(&rp, &mut authenticator).unwrap(),
    );
    let answer = |by: &mut Authenticator, options: &Value| {
        Assertion::parse(&by.get(options).to_string()).unwrap()
    };
    let (options, anyone) = rp.start_authentication(None, &[]).unwrap();
    let mut assertion = answer(&mut authenticator, &options);
    let finish =
        |ceremony: &Ceremony, assertion: &Assertion, credential: &Credential, owner: &[u8]| {
            rp.finish_authentication(ceremony, assertion, credential, owner)
                .err()
        };
    assert_eq!(
        finish(&anyone, &assertion, &second, b"another user"),
        Some(Error::UserHandle)
    );
    assert_eq!(
        finish(&anyone, &assertion, &first, HANDLE),
        Some(Error::Credential)
    );
    assertion.user_handle = None;
    assert_eq!(
        finish(&anyone, &assertion, &second, HANDLE),
        Some(Error::UserHandle)
    );

    let (mut options, named) = rp
        .start_authentication(Some(HANDLE), std::slice::from_ref(&first))
        .unwrap();
    let mut assertion = answer(&mut authenticator, &options);
    assertion.user_handle = None;
    assert_eq!(
        finish(&named, &assertion, &first, HANDLE),
        None,
        "security keys name nobody"
    );
    assert_eq!(
        finish(&named, &assertion, &first, b"another user"),
        Some(Error::UserHandle)
    );
    options["allowCredentials"] = json!([]);
    let assertion = answer(&mut authenticator, &options);
    assert_eq!(
        finish(&named, &assertion, &second, HANDLE),
        Some(Error::Credential),
        "it was not asked for"
    );
}

#[test]
fn d30_attestations_are_verified_and_models_can_be_limited() {
    let model = Uuid::from_u128(0xfa2b99dc_9e39_4257_8f92_4a30d23c4118);
    let policy = AttestationPolicy {
        allowed_models: vec![model],
        refuse_other_formats: true,
    };
    let limited = RelyingParty::new(Config {
        attestation: policy,
        ..config()
    })
    .unwrap();
    let rp = relying_party();
    let certified = || Authenticator {
        attestation: Attestation::Certificate,
        aaguid: *model.as_bytes(),
        ..Authenticator::new(ORIGIN)
    };
    let credential = register(&limited, &mut certified()).unwrap();
    assert_eq!(
        (credential.attestation.as_str(), credential.name.as_str()),
        ("packed", "YubiKey 5 NFC")
    );
    let (options, _) = limited
        .start_registration(&ADA, &[], Usage::Passkey)
        .unwrap();
    assert_eq!(options["attestation"], "direct");

    let outcome = |attestation, aaguid: Uuid| {
        let mut by = Authenticator {
            attestation,
            aaguid: *aaguid.as_bytes(),
            ..Authenticator::new(ORIGIN)
        };
        (
            register(&rp, &mut by).err(),
            register(&limited, &mut by).err(),
        )
    };
    assert_eq!(
        outcome(Attestation::Certificate, Uuid::max()),
        (None, Some(Error::Model))
    );
    assert_eq!(
        outcome(Attestation::SelfSigned, model),
        (None, Some(Error::Model))
    );
    assert_eq!(
        outcome(Attestation::None, model),
        (None, Some(Error::Model))
    );
    assert_eq!(
        outcome(Attestation::Unknown, model),
        (None, Some(Error::AttestationFormat))
    );
}

#[test]
fn a_forged_attestation_is_refused() {
    let rp = relying_party();
    for attestation in [Attestation::SelfSigned, Attestation::Certificate] {
        let mut authenticator = Authenticator {
            attestation,
            ..Authenticator::new(ORIGIN)
        };
        let (options, ceremony) = rp.start_registration(&ADA, &[], Usage::Passkey).unwrap();
        let mut answer = authenticator.create(&options);
        let object = answer["response"]["attestationObject"].as_str().unwrap();
        let mut object = URL_SAFE_NO_PAD.decode(object).unwrap();
        let counter = object
            .windows(4)
            .rposition(|bytes| bytes == [0; 4])
            .unwrap(); // in the model's zeros
        object[counter] = 1;
        answer["response"]["attestationObject"] = json!(URL_SAFE_NO_PAD.encode(object));
        let refused = rp
            .finish_registration(&ceremony, &answer.to_string(), Utc::now())
            .unwrap_err();
        assert!(
            matches!(refused, Error::Signature | Error::Attestation),
            "{refused:?}"
        );
    }
}

#[test]
fn answers_that_are_none_are_refused() {
    for json in [
        "",
        "null",
        "{}",
        "[]",
        r#"{"id":"AA","type":"public-key"}"#,
        &"[".repeat(100_000),
    ] {
        assert_eq!(
            Assertion::parse(json).err(),
            Some(Error::Json),
            "{json:.20}"
        );
    }
    let rp = relying_party();
    let (options, _) = rp.start_authentication(None, &[]).unwrap();
    let mut authenticator = Authenticator::new(ORIGIN);
    register(&rp, &mut authenticator).unwrap();
    let answer = authenticator.get(&options);
    for (field, value) in [
        ("id", json!("AAAA")),
        ("type", json!("password")),
        ("rawId", json!("%")),
    ] {
        let mut broken = answer.clone();
        broken[field] = value;
        assert_eq!(
            Assertion::parse(&broken.to_string()).err(),
            Some(Error::Json),
            "{field}"
        );
    }
}

#[test]
fn a_relying_party_that_cannot_work_is_refused() {
    let with = |rp_id: &str, origin: &str| {
        RelyingParty::new(Config {
            rp_id: rp_id.into(),
            origins: vec![origin.into()],
            ..config()
        })
        .err()
    };
    assert_eq!(with("localhost", "http://localhost:5173"), None);
    assert_eq!(with("example.com", "android:apk-key-hash:kXyz"), None);
    for id in ["", "https://example.com", "exa mple", "Example.com"] {
        assert_eq!(with(id, ORIGIN), Some(ConfigError::RpId(id.into())));
    }
    for origin in ["", "example.com", "data:text/html,x"] {
        assert_eq!(
            with("example.com", origin),
            Some(ConfigError::Origin(origin.into()))
        );
    }
}

/// The answer with one bit of one of its binary fields flipped.
fn mutate(answer: &Value, fields: &[&str], position: usize, bit: u8) -> Value {
    let mut answer = answer.clone();
    let field = fields[position % fields.len()];
    let mut bytes = URL_SAFE_NO_PAD
        .decode(answer["response"][field].as_str().unwrap())
        .unwrap();
    let at = position % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    answer["response"][field] = json!(URL_SAFE_NO_PAD.encode(bytes));
    answer
}

proptest::proptest! {
    #[test]
    fn no_mutated_assertion_logs_in_and_none_panics(position: usize, bit: u8) {
        let rp = relying_party();
        let mut authenticator = Authenticator::new(ORIGIN);
        let credential = register(&rp, &mut authenticator).unwrap();
        let (options, ceremony) = rp.start_authentication(None, &[]).unwrap();
        let fields = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
        let mutated = mutate(&authenticator.get(&options), &fields, position, bit).to_string();
        let outcome = Assertion::parse(&mutated)
            .and_then(|assertion| rp.finish_authentication(&ceremony, &assertion, &credential, HANDLE));
        proptest::prop_assert!(outcome.is_err());
    }

    #[test]
    fn no_mutated_attestation_is_accepted_and_none_panics(position: usize, bit: u8) {
        let policy = AttestationPolicy { refuse_other_formats: true, ..AttestationPolicy::default() };
        let rp = RelyingParty::new(Config { attestation: policy, ..config() }).unwrap();
        let mut authenticator = Authenticator { attestation: Attestation::SelfSigned, ..Authenticator::new(ORIGIN) };
        let (options, ceremony) = rp.start_registration(&ADA, &[], Usage::Passkey).unwrap();
        let answer = authenticator.create(&options);
        let mutated = mutate(&answer, &["clientDataJSON", "attestationObject"], position, bit).to_string();
        proptest::prop_assert!(rp.finish_registration(&ceremony, &mutated, Utc::now()).is_err());
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes: Vec<u8>) {
        let _ = authenticator_data::AuthenticatorData::parse(&bytes);
        let _ = attestation::AttestationObject::parse(&bytes);
        let _ = cose::PublicKey::parse(&bytes);
        let _ = Assertion::parse(&String::from_utf8_lossy(&bytes));
    }
}
