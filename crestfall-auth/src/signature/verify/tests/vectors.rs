//! The examples of RFC 9421: section 2 and those of appendix B whose algorithms we have.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::super::super::component::{base, component};
use super::*;

/// B.1.5
const SHARED: &str =
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
/// B.1.4
const SEED: &str = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";
const PUBLIC: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";

fn message(request: &str) -> Parts {
    let (start, headers) = request.split_once('\n').expect("a start line");
    let (method, target) = start.split_once(' ').expect("a method");
    let mut builder = Request::builder().method(method).uri(target);
    for line in headers.lines() {
        let (name, value) = line.split_once(':').expect("a header");
        builder = builder.header(name, value);
    }
    builder.body(()).expect("a request").into_parts().0
}

/// B.2, the request
fn request() -> Parts {
    message(
        "POST /foo?param=Value&Pet=dog\nHost: example.com\nDate: Tue, 20 Apr 2021 02:07:55 GMT\n\
         Content-Type: application/json\n\
         Content-Digest: sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:\n\
         Content-Length: 18",
    )
}

fn known(key_id: &str) -> Vec<(&'static str, Bare)> {
    vec![
        ("created", Bare::Integer(1_618_884_473)),
        ("keyid", Bare::String(key_id.to_owned())),
    ]
}

fn sign(
    mut parts: Parts,
    signer: &Signer,
    label: &str,
    names: &[&str],
    key_id: &str,
) -> (String, String) {
    let mut parameters = Parameters::default();
    for (name, value) in known(key_id) {
        parameters.push(name, value);
    }
    signer
        .sign_as(label, &mut parts, names, parameters)
        .expect("signed");
    let header = |name: &str| {
        let value = parts.headers.get(name).expect("set");
        value.to_str().expect("text").to_owned()
    };
    (header("signature-input"), header("signature"))
}

fn edwards() -> Signer {
    let seed = BASE64_URL_SAFE_NO_PAD.decode(SEED).expect("Base64");
    let key = PrivateKey::ed25519(&seed).expect("a key");
    let public = BASE64_URL_SAFE_NO_PAD.encode(key.public().expect("public"));
    assert_eq!(public, PUBLIC);
    Signer::new("test-key-ed25519", key)
}

#[test]
fn b_2_5_hmac_sha256() {
    let secret = BASE64_STANDARD.decode(SHARED).expect("Base64");
    let key = PrivateKey::hmac_sha256(&secret).expect("a key");
    let signer = Signer::new("test-shared-secret", key);
    let names = ["date", "@authority", "content-type"];
    let (input, signature) = sign(request(), &signer, "sig-b25", &names, "test-shared-secret");
    assert_eq!(
        input,
        "sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\""
    );
    assert_eq!(
        signature,
        "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"
    );
}

#[test]
fn b_2_6_ed25519() {
    let names = [
        "date",
        "@method",
        "@path",
        "@authority",
        "content-type",
        "content-length",
    ];
    let (input, signature) = sign(request(), &edwards(), "sig-b26", &names, "test-key-ed25519");
    assert_eq!(
        input,
        "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
         \"content-length\");created=1618884473;keyid=\"test-key-ed25519\""
    );
    assert_eq!(
        signature,
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    );
}

#[test]
fn b_4_a_transformed_message() {
    let names = ["@method", "@path", "@authority", "accept"];
    let expected = "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:";
    for same in [
        "GET /demo?name1=Value1&Name2=value2\nHost: example.org\nAccept: application/json\nAccept: */*",
        "GET /demo?name1=Value1&Name2=value2&param=added\nHost: example.org\nAccept: application/json, */*",
        "GET /demo\nAccept-Language: en-US,en;q=0.5\nhost: EXAMPLE.org:80\nAccept: application/json, */*",
    ] {
        let parts = message(same);
        let (_, signature) = sign(parts, &edwards(), "transform", &names, "test-key-ed25519");
        assert_eq!(signature, expected, "{same}");
    }
    for other in [
        "GET /demo\nHost: example.org\nAccept: */*\nAccept: application/json",
        "POST /demo\nHost: example.org\nAccept: application/json, */*",
    ] {
        let parts = message(other);
        let (_, signature) = sign(parts, &edwards(), "transform", &names, "test-key-ed25519");
        assert_ne!(signature, expected, "{other}");
    }
    // And they verify.
    let public = BASE64_URL_SAFE_NO_PAD.decode(PUBLIC).expect("Base64");
    let key = Key::ed25519(&public).expect("a key");
    let base = "\"@method\": GET\n\"@path\": /demo\n\"@authority\": example.org\n\
                \"accept\": application/json, */*\n\
                \"@signature-params\": (\"@method\" \"@path\" \"@authority\" \"accept\");\
                created=1618884473;keyid=\"test-key-ed25519\"";
    let bytes = BASE64_STANDARD.decode(expected.trim_start_matches("transform=").trim_matches(':'));
    assert!(key.verify(base.as_bytes(), &bytes.expect("Base64")));
}

fn lines(parts: &Parts, scheme: Option<&str>, items: Vec<Item>) -> Result<String, Error> {
    let covered = InnerList {
        items,
        parameters: Default::default(),
    };
    let base = base(&Message::new(parts, &parts.uri, scheme), &covered)?;
    let end = base.rfind("\n\"@signature-params\"").unwrap_or_default();
    Ok(base[..end].to_owned())
}

fn line(parts: &Parts, text: &str) -> String {
    let item = component(text).expect("a component");
    lines(parts, Some("https"), vec![item]).expect("a line")
}

#[test]
fn derived_components_of_section_2() {
    let parts = message("POST /path?param=value\nHost: www.example.com");
    for (name, expected) in [
        ("@method", "\"@method\": POST"),
        (
            "@target-uri",
            "\"@target-uri\": https://www.example.com/path?param=value",
        ),
        ("@authority", "\"@authority\": www.example.com"),
        ("@scheme", "\"@scheme\": https"),
        ("@request-target", "\"@request-target\": /path?param=value"),
        ("@path", "\"@path\": /path"),
        ("@query", "\"@query\": ?param=value"),
    ] {
        assert_eq!(line(&parts, name), expected);
    }
    let queryless = message("GET /path\nHost: example.com:8443");
    assert_eq!(line(&queryless, "@query"), "\"@query\": ?");
    assert_eq!(
        line(&queryless, "@authority"),
        "\"@authority\": example.com:8443"
    );
    let raw = message("GET /path?queryString\nHost: a:443");
    assert_eq!(line(&raw, "@query"), "\"@query\": ?queryString");
    assert_eq!(line(&raw, "@authority"), "\"@authority\": a");
}

#[test]
fn query_parameters_of_section_2_2_8() {
    let parts = message(
        "GET /parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something\nHost: www.example.com",
    );
    for expected in [
        "\"@query-param\";name=\"var\": this%20is%20a%20big%0Amultiline%20value",
        "\"@query-param\";name=\"bar\": with%20plus%20whitespace",
        "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\": something",
    ] {
        let name = expected.split('"').nth(3).expect("a name");
        assert_eq!(
            line(&parts, &format!("@query-param;name=\"{name}\"")),
            expected
        );
    }
    let twice = message("GET /path?param=value&foo=bar&baz=batman&qux=&foo=x\nHost: a");
    let empty = "\"@query-param\";name=\"qux\": ";
    assert_eq!(line(&twice, "@query-param;name=\"qux\""), empty);
    for missing in ["foo", "none"] {
        let item = component(&format!("@query-param;name={missing}")).expect("a component");
        assert!(lines(&twice, None, vec![item]).is_err(), "{missing}");
    }
}

#[test]
fn fields_of_section_2_1() {
    let parts = message(
        "GET /\nHost: www.example.com\nX-OWS-Header:   Leading and trailing whitespace.   \n\
         Cache-Control: max-age=60\nCache-Control:    must-revalidate\n\
         Example-Dict:  a=1,    b=2;x=1;y=2,   c=(a   b   c), d\nX-Empty-Header: ",
    );
    for (name, expected) in [
        (
            "x-ows-header",
            "\"x-ows-header\": Leading and trailing whitespace.",
        ),
        (
            "cache-control",
            "\"cache-control\": max-age=60, must-revalidate",
        ),
        ("x-empty-header", "\"x-empty-header\": "),
    ] {
        assert_eq!(line(&parts, name), expected);
    }
    let keyed = |member: &str| {
        let mut item = component("example-dict").expect("a component");
        let member = Bare::String(member.to_owned());
        item.parameters.push("key", member);
        lines(&parts, None, vec![item])
    };
    for (member, value) in [
        ("a", "1"),
        ("d", "?1"),
        ("b", "2;x=1;y=2"),
        ("c", "(a b c)"),
    ] {
        let expected = format!("\"example-dict\";key=\"{member}\": {value}");
        assert_eq!(keyed(member).expect("a line"), expected);
    }
    assert!(keyed("e").is_err());
    let mut wrapped = component("cache-control").expect("a component");
    wrapped.parameters.push("bs", Bare::Boolean(true));
    assert_eq!(
        lines(&parts, None, vec![wrapped]).expect("a line"),
        "\"cache-control\";bs: :bWF4LWFnZT02MA==:, :bXVzdC1yZXZhbGlkYXRl:"
    );
}

#[test]
fn components_we_do_not_have_are_refused() {
    let parts = message("GET /\nHost: a\nContent-Type: x");
    for name in [
        "@status",
        "@nothing",
        "@",
        "",
        "Content-Type",
        "content type",
        "absent",
    ] {
        let item = component(name).expect("an item");
        assert!(lines(&parts, None, vec![item]).is_err(), "{name}");
    }
    for parameter in ["sf", "tr", "req", "unknown"] {
        let mut item = component("content-type").expect("an item");
        item.parameters.push(parameter, Bare::Boolean(true));
        assert!(lines(&parts, None, vec![item]).is_err(), "{parameter}");
    }
}
