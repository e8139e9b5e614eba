//! The certificate of a model, written in DER.

/// A certificate as WebAuthn, 8.2.1 wants it, of a key in SubjectPublicKeyInfo. Its own signature is empty.
pub(super) fn certificate(public_key: &[u8], aaguid: &[u8; 16]) -> Vec<u8> {
    let signature_algorithm = der(
        0x30,
        &[&der(0x06, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]])],
    );
    let validity = der(
        0x30,
        &[
            &der(0x17, &[b"200101000000Z"]),
            &der(0x17, &[b"490101000000Z"]),
        ],
    );
    let is_no_ca = extension(&[0x55, 0x1d, 0x13], &der(0x30, &[]));
    let model = extension(
        &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4],
        &der(0x04, &[aaguid]),
    );
    let extensions = der(0xa3, &[&der(0x30, &[&is_no_ca, &model])]);
    let version = der(0xa0, &[&[2, 1, 2]]);
    let serial = der(0x02, &[&[1]]);
    let (issuer, subject) = (name(&[(3, "Root")]), subject());
    let parts: [&[u8]; 8] = [
        &version,
        &serial,
        &signature_algorithm,
        &issuer,
        &validity,
        &subject,
        public_key,
        &extensions,
    ];
    der(
        0x30,
        &[
            &der(0x30, &parts),
            &signature_algorithm,
            &der(0x03, &[&[0]]),
        ],
    )
}

fn subject() -> Vec<u8> {
    name(&[
        (6, "XX"),
        (10, "Tests"),
        (11, "Authenticator Attestation"),
        (3, "Model"),
    ])
}

fn name(attributes: &[(u8, &str)]) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(id, text)| {
            let attribute = der(
                0x30,
                &[
                    &der(0x06, &[&[0x55, 4, *id]]),
                    &der(0x0c, &[text.as_bytes()]),
                ],
            );
            der(0x31, &[&attribute])
        })
        .collect();
    der(0x30, &[&attributes.concat()])
}

fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0x06, &[id]), &der(0x04, &[value])])
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        long => [&[0x82], &(long as u16).to_be_bytes()[..]].concat(),
    };
    [&[tag], length.as_slice(), &content].concat()
}
