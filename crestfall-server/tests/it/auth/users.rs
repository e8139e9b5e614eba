//! `crestfall users import`.

use super::*;

const ADA: &str = "7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01";

/// A database of GoTrue's, with the columns that matter and some that do not.
const GOTRUE: &str = r#"
create schema auth;
create table auth.users (
  instance_id uuid, id uuid primary key, aud text, role text, email text, encrypted_password text,
  email_confirmed_at timestamptz, confirmation_token text, raw_app_meta_data jsonb,
  raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz, phone text,
  phone_confirmed_at timestamptz, is_sso_user boolean default false, is_anonymous boolean default false
);
create table auth.identities (
  provider_id text, user_id uuid, identity_data jsonb, provider text, created_at timestamptz,
  id uuid default gen_random_uuid()
);
insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, created_at,
    raw_app_meta_data, raw_user_meta_data) values
  ('7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01', 'authenticated', 'authenticated', 'Ada@example.org',
   '$2a$04$abcdefghijklmnopqrstuuP9oQ3lS2WxGQzbS0N5mZDWz8WJ1nq1K', now(), '2023-01-01',
   '{"provider": "google", "providers": ["google"]}', '{"name": "Ada"}'),
  ('7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a02', null, '', 'bob@example.org', 'md5:secret', now(), now(), null, null);
insert into auth.identities (provider_id, user_id, identity_data, provider) values
  ('108', '7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01', '{"sub": "108", "email": "ada@example.org"}', 'google');
"#;

fn import(variables: &Variables, source: &[&str]) -> (String, String) {
    let arguments = [&["users", "import"], source].concat();
    let ran = output(&arguments, &as_pairs(variables));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&ran.stdout), text(&ran.stderr))
}

#[tokio::test]
async fn users_of_gotrue_come_along_once_with_their_identities() {
    let (db, gotrue) = (database().await, TestDb::new().await);
    gotrue.load(GOTRUE).await;
    let variables = settings(&db);
    let source = ["--from-database-url", &gotrue.url()];
    let (told, warned) = import(&variables, &source);
    assert_eq!(
        told, "2 users taken over, 0 were here, 0 refused\n",
        "{warned}"
    );
    assert!(
        warned.contains("8a02 is here, but must set a new password"),
        "{warned}"
    );
    assert!(!warned.contains("md5:secret"), "{warned}");
    let (told, _) = import(&variables, &source);
    assert_eq!(told, "0 users taken over, 2 were here, 0 refused\n");

    let mut connection = db.connect().await;
    let providers: Vec<(String, String)> = sqlx::query_as(
        "select u.email, i.provider from auth.users u join auth.identities i on i.user_id = u.id
         order by 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let expected = [("ada@example.org", "google"), ("bob@example.org", "email")];
    assert_eq!(
        providers,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

/// GoTrue's second factors: a secret in the open, one that is encrypted as in the unit test of the
/// crate, and one of a key that nobody gave.
const FACTORS: &str = r#"
create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.factor_status as enum ('unverified', 'verified');
create table auth.mfa_factors (
  id uuid primary key, user_id uuid, friendly_name text, factor_type auth.factor_type,
  status auth.factor_status, created_at timestamptz, updated_at timestamptz, secret text, phone text
);
insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret) values
  ('7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01', '7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01', 'phone', 'totp', 'verified',
   '{"key_id":"old","alg":"aes-gcm-hkdf","data":"QjdfqfyBzy0RKgwDJ8YwQA0jaqTwkLBCNVKsQ0Q0+nc=","nonce":"AAECAwQFBgcICQoL"}'),
  ('7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8b02', '7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01', 'tablet', 'totp', 'verified',
   'JBSWY3DPEHPK3PXP'),
  ('7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8b03', '7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a01', 'left', 'totp', 'unverified',
   'JBSWY3DPEHPK3PXP'),
  ('7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8b04', '7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a02', 'lost', 'totp', 'verified',
   '{"key_id":"new","alg":"aes-gcm-hkdf","data":"QjdfqfyBzy0RKgwDJ8YwQA0jaqTwkLBCNVKsQ0Q0+nc=","nonce":"AAECAwQFBgcICQoL"}');
"#;

#[tokio::test]
async fn second_factors_of_gotrue_come_along_encrypted_or_not() {
    let (db, gotrue) = (database().await, TestDb::new().await);
    gotrue.load(GOTRUE).await;
    gotrue.load(FACTORS).await;
    let variables = settings(&db);
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.json");
    let key = r#"{"old":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#;
    std::fs::write(&keys, key).unwrap();
    let url = gotrue.url();
    let keys = keys.to_str().unwrap();
    let source = ["--from-database-url", &url, "--gotrue-keys", keys];
    let (told, warned) = import(&variables, &source);
    assert_eq!(
        told, "2 users taken over, 0 were here, 0 refused\n",
        "{warned}"
    );
    assert!(
        warned.contains("8a02 is here, but without its second factor"),
        "{warned}"
    );
    assert!(
        warned.contains("the key `new`, which was not given"),
        "{warned}"
    );
    let mut connection = db.connect().await;
    let factors: Vec<(String, String)> =
        sqlx::query_as("select friendly_name, secret from auth.mfa_factors order by 1")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let names: Vec<&str> = factors.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["phone", "tablet"]);
    for (name, secret) in &factors {
        assert!(secret.starts_with("v1."), "{name} is not sealed: {secret}");
    }
}

#[tokio::test]
async fn users_of_a_file_sign_in_with_their_password() {
    let db = database().await;
    let variables = settings(&db);
    // "correct horse battery" by GoTrue's bcrypt, made with a low cost.
    let hash = bcrypt::hash("correct horse battery", 4).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.json");
    let ada = json!({ "id": ADA, "email": "ada@example.org", "encrypted_password": hash,
        "email_confirmed_at": "2023-01-01T00:00:00Z" });
    let clash = json!({ "id": "7a0c9e2e-6f0e-4a7c-9f55-0d6f1f3b8a03", "email": "ada@example.org" });
    std::fs::write(&file, format!("{ada}\n{clash}\n{{}}\n")).unwrap();
    let (told, warned) = import(&variables, &[file.to_str().unwrap()]);
    assert_eq!(
        told, "1 users taken over, 0 were here, 2 refused\n",
        "{warned}"
    );

    let server = Server::start("serve", &variables).await;
    let body = json!({ "email": "ada@example.org", "password": "correct horse battery" });
    let session = server
        .post("/auth/v1/token?grant_type=password", "", body)
        .await;
    assert_eq!(session.status, 200, "{session:?}");
    assert_eq!(session.body["user"]["id"], ADA);
}
