//! Settings of `[auth]` that change while the process serves (GT-112).

use super::*;

impl Server {
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    async fn logged(&self, words: &str) {
        until(words, async || self.log().contains(words)).await;
    }

    async fn setting(&self, name: &str) -> Value {
        self.get("/auth/v1/settings", "").await.body[name].clone()
    }
}

const SETTINGS: &str = "
[auth]
disable_signup = true
redirect_urls = [\"https://app.example/**\"]
[auth.password]
min_length = 30
[auth.providers.github]
enabled = true
client_id = [\"an id\"]
secret = \"a secret\"
";

#[tokio::test]
async fn auth_settings_change_upon_usr2_and_bad_ones_change_nothing_gt_112() {
    let db = database().await;
    for command in ["serve", "auth"] {
        let server = Server::start(command, &settings(&db)).await;
        assert_eq!(server.setting("disable_signup").await, false);
        let user = server.sign_up(&format!("{command}@example.org")).await;

        server.write("crestfall.toml", SETTINGS);
        server.signal(Signal::SIGUSR2);
        server.logged("Config reloaded").await;
        assert_eq!(server.setting("disable_signup").await, true);
        assert_eq!(server.setting("external").await["github"], true);
        let token = user.text("access_token");
        let body = json!({ "password": "twenty characters are not enough" });
        let short = json!({ "password": "correct horse" });
        let refused = server
            .call(Method::PUT, "/auth/v1/user", &token, short)
            .await;
        assert_eq!(refused.body["code"], "weak_password", "{refused:?}");
        let changed = server
            .call(Method::PUT, "/auth/v1/user", &token, body)
            .await;
        assert_eq!(changed.status, 200, "{changed:?}");

        // A setting that makes no sense by itself, and one that the service refuses.
        for (at, (bad, why)) in [
            ("[auth]\ndisable_signup = 7", "disable_signup"),
            ("[auth]\nsite_url = \"nowhere\"", "site_url"),
            ("[auth.captcha]\nenabled = true", "captcha.secret is empty"),
        ]
        .into_iter()
        .enumerate()
        {
            server.write("crestfall.toml", bad);
            server.signal(Signal::SIGUSR2);
            until(bad, async || {
                server.log().matches("Failed reloading config").count() == at + 1
            })
            .await;
            assert!(server.log().contains(why), "{}", server.log());
            assert_eq!(server.setting("disable_signup").await, true);
        }

        // What others rely on stays, and is told.
        server.write(
            "crestfall.toml",
            "[auth]\nexternal_url = \"https://else.example\"\n[auth.password]\nhash_passes = 3",
        );
        server.signal(Signal::SIGUSR2);
        server
            .logged("auth.external_url has changed and takes a new start")
            .await;
        server.logged("auth.password.hash_passes has changed").await;
        assert_eq!(server.setting("disable_signup").await, false);
        assert!(!server.log().contains("tokens.secret"), "{}", server.log());
        // Who was signed in still is.
        assert_eq!(server.get("/auth/v1/user", &token).await.status, 200);
        assert_eq!(server.end().await, Some(0));
    }
}

#[tokio::test]
async fn limits_change_without_a_new_start_gt_112() {
    let db = database().await;
    let server = Server::start("auth", &settings(&db)).await;
    let ask = async || {
        let body = json!({ "email": "nobody@example.org" });
        server.post("/recover", "", body).await.status
    };
    assert_eq!(ask().await, 200);
    server.write("crestfall.toml", "[auth.rate_limits]\notp = \"1 per 1h\"");
    server.signal(Signal::SIGUSR2);
    server.logged("Config reloaded").await;
    let answers = [ask().await, ask().await, ask().await];
    assert!(
        answers.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{answers:?}"
    );
}

#[tokio::test]
async fn a_folder_of_variables_is_watched_as_gotrue_watches_it_gt_112() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "10.env",
        "GOTRUE_DISABLE_SIGNUP=false\nGOTRUE_JWT_EXP='700'\n",
    );
    write(
        "20.env",
        "GOTRUE_RELOADING_GRACE_PERIOD_INTERVAL=100ms\nCRESTFALL_AUTH__ANONYMOUS_USERS=true\n",
    );
    let variables = Variables::from([
        ("GOTRUE_DB_DATABASE_URL", db.url_as("authenticator")),
        ("GOTRUE_SITE_URL", "http://localhost:3000".to_owned()),
        ("GOTRUE_JWT_SECRET", SECRET.to_owned()),
        ("GOTRUE_JWT_EXP", "600".to_owned()),
        ("GOTRUE_MAILER_AUTOCONFIRM", "true".to_owned()),
        ("API_EXTERNAL_URL", "http://localhost:9999".to_owned()),
        ("PORT", "0".to_owned()),
        ("CRESTFALL_ADMIN__PORT", "0".to_owned()),
    ]);
    let path = folder.path().to_str().unwrap();
    let server = Server::start_with(&["auth", "--config-dir", path], &variables).await;
    let guest = server.post("/signup", "", json!({})).await;
    assert_eq!(guest.body["expires_in"], 700, "{guest:?}");

    write("30.env", "GOTRUE_DISABLE_SIGNUP=true\n");
    until("the file", async || {
        server.setting("disable_signup").await == true
    })
    .await;
    write("30.env", "what is this\n");
    server.logged("30.env: line 1: there is no `=`").await;
    assert_eq!(server.setting("disable_signup").await, true);
    std::fs::remove_file(folder.path().join("30.env")).unwrap();
    until("its end", async || {
        server.setting("disable_signup").await == false
    })
    .await;

    // GoTrue's own signal.
    let reloads = server.log().matches("Config reloaded").count();
    server.signal(Signal::SIGUSR1);
    until("a reload", async || {
        server.log().matches("Config reloaded").count() > reloads
    })
    .await;
    assert!(!server.log().contains("RELOADING"), "{}", server.log());
    assert!(!server.log().contains("has changed"), "{}", server.log());
}
