//! Removal of what has expired (GT-080).

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::service::TestAuth;

const EXPIRED: &[&str] = &[
    "insert into auth.flow_state (provider_type, authentication_method, created_at)
     select 'email', 'magiclink', now() - interval '2 days' from generate_series(1, 250)",
    "insert into auth.flow_state (provider_type, authentication_method) values ('email', 'new')",
    "insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, expires_at)
     select id, 'recovery_token', 'h', email, now() - interval '1 second' from auth.users
     where email is not null",
    "insert into auth.oauth_client_states (provider_type, created_at)
     values ('google', now() - interval '2 days'), ('google', now())",
    "insert into auth.revocations values (gen_random_uuid(), now() - interval '1 day'),
       (gen_random_uuid(), now())",
    "insert into auth.mfa_factors (user_id, factor_type, status, created_at)
     select id, 'totp', status, now() - interval '2 days'
     from auth.users, unnest(array['verified', 'unverified']::auth.factor_status[]) status
     where email is not null",
    "insert into auth.webauthn_challenges (challenge_type, session_data, expires_at)
     values ('authentication', '{}', now() - interval '1 second')",
    "update auth.users set created_at = now() - interval '40 days'",
    "insert into auth.audit_log_entries (payload, created_at)
     values ('{}', now() - interval '400 days')",
];

#[tokio::test]
async fn gt_080_what_has_expired_is_removed_and_nothing_else() {
    let app = TestAuth::with(|config| {
        config.cleanup.interval = "1s".parse().expect("a duration");
        config.cleanup.anonymous_users_after = "30d".parse().expect("a duration");
        config.cleanup.audit_after = "365d".parse().expect("a duration");
        config.sessions.timebox = "7d".parse().expect("a duration");
    })
    .await;
    app.sign_up("ada@example.org", "correct horse").await;
    app.sign_in("ada@example.org", "correct horse").await;
    app.post("/signup", "", serde_json::json!({})).await;
    for statement in EXPIRED {
        sqlx::query(*statement)
            .execute(&app.pool)
            .await
            .expect("done");
    }
    let one_session = "update auth.sessions set not_after = now() - interval '2 days'
         where id = (select s.id from auth.sessions s join auth.users u on u.id = s.user_id
                     where email is not null limit 1)";
    sqlx::query(one_session)
        .execute(&app.pool)
        .await
        .expect("done");
    let end = CancellationToken::new();
    // Two nodes.
    let run = |auth: crestfall_auth::Auth, end: CancellationToken| {
        tokio::spawn(async move { auth.run(end).await })
    };
    let nodes = [
        run(app.auth.clone(), end.clone()),
        run(app.auth.clone(), end.clone()),
    ];
    let counts = "select array[
           (select count(*) from auth.flow_state), (select count(*) from auth.one_time_tokens),
           (select count(*) from auth.oauth_client_states),
           (select count(*) from auth.mfa_factors), (select count(*) from auth.webauthn_challenges),
           (select count(*) from auth.users), (select count(*) from auth.sessions),
           (select count(*) from auth.revocations where revoked_at < now() - interval '2 hours'),
           (select count(*) from auth.audit_log_entries
            where created_at < now() - interval '1 day')]";
    let mut left: Vec<i64> = Vec::new();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = sqlx::query_scalar(counts)
            .fetch_one(&app.pool)
            .await
            .expect("counts");
        if left == [1, 0, 1, 1, 0, 1, 1, 0, 0] {
            break;
        }
    }
    end.cancel();
    for node in nodes {
        node.await.expect("an end");
    }
    assert_eq!(left, [1, 0, 1, 1, 0, 1, 1, 0, 0]);
}
