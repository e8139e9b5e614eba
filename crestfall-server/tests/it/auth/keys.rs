//! `crestfall keys`: keys that sign tokens come and go, and nobody has to sign in again.

use super::*;

/// Runs `crestfall keys`; gives what it printed.
fn keys(variables: &Variables, arguments: &[&str]) -> Result<String, String> {
    let arguments = [&["keys"], arguments].concat();
    let ran = output(&arguments, &as_pairs(variables));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match ran.status.success() {
        true => Ok(text(&ran.stdout)),
        false => Err(text(&ran.stderr)),
    }
}

fn kid(line: &str) -> String {
    line.split_whitespace().last().unwrap().to_owned()
}

/// The key that signed a token.
fn signed_by(token: &str) -> String {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap();
    let header = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(header)
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap_or_default().to_owned()
}

async fn published(server: &Server) -> Vec<String> {
    let set = server.get("/auth/v1/.well-known/jwks.json", "").await.body;
    let keys = set["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn d35_keys_rotate_in_steps_that_can_be_taken_back_and_nobody_is_signed_out() {
    let db = database().await;
    let variables = settings(&db);
    let server = Server::start("serve", &variables).await;
    let session = server.sign_up("ada@example.org").await;
    let token = session.text("access_token");
    let first = signed_by(&token);
    let holds = async |token: &str| {
        let rest = server.get("/rest/v1/notes", token).await.status;
        let auth = server.get("/auth/v1/user", token).await.status;
        (rest.as_u16(), auth.as_u16())
    };
    assert_eq!(holds(&token).await, (200, 200));

    // Published, and not used.
    let second = kid(&keys(&variables, &["generate"]).unwrap());
    until("the new key to be published", async || {
        published(&server).await == [first.clone(), second.clone()]
    })
    .await;
    assert_eq!(
        signed_by(&server.sign_up("b@example.org").await.text("access_token")),
        first
    );

    // Used, while the former key's tokens still hold.
    assert_eq!(kid(&keys(&variables, &["rotate"]).unwrap()), second);
    let mut newer = String::new();
    until("the new key to sign", async || {
        let body = json!({ "refresh_token": session.text("refresh_token") });
        let refreshed = server
            .post("/auth/v1/token?grant_type=refresh_token", "", body)
            .await;
        assert_eq!(refreshed.status, 200, "nobody is signed out: {refreshed:?}");
        newer = refreshed.text("access_token");
        signed_by(&newer) == second
    })
    .await;
    assert_eq!(
        (holds(&token).await, holds(&newer).await),
        ((200, 200), (200, 200))
    );

    // Taken back, and done again.
    assert_eq!(kid(&keys(&variables, &["rotate", &first]).unwrap()), first);
    assert_eq!(holds(&newer).await, (200, 200));
    assert_eq!(
        kid(&keys(&variables, &["rotate", &second]).unwrap()),
        second
    );

    // The former key is refused; the session goes on.
    keys(&variables, &["revoke", &first]).unwrap();
    until("the former key to be refused", async || {
        holds(&token).await == (401, 403)
    })
    .await;
    assert_eq!(holds(&newer).await, (200, 200));
    keys(&variables, &["restore", &first]).unwrap();
    until("the former key to be accepted", async || {
        holds(&token).await == (200, 200)
    })
    .await;

    let listed = keys(&variables, &["list"]).unwrap();
    assert!(
        listed.contains("previous  ES256") && listed.contains("current   ES256"),
        "{listed}"
    );
    let refused = keys(&variables, &["revoke", &second]).unwrap_err();
    assert!(refused.contains("rotate before revoking"), "{refused}");
    let refused = keys(&variables, &["rotate"]).unwrap_err();
    assert!(refused.contains("no standby key"), "{refused}");
    assert!(
        keys(&variables, &["restore", "nobody"])
            .unwrap_err()
            .contains("no key `nobody`")
    );
}
