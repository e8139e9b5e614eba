//! Invitations: once, in time, for whom they are, and no more than who invites could give.

use serde_json::json;
use uuid::Uuid;

use crate::service::{TestRbac, identity};

const DENIED: &str = "42501";

fn denied() -> Result<u64, String> {
    Err(DENIED.to_owned())
}

#[tokio::test]
async fn an_invitation_is_accepted_once_in_time_by_whom_it_is_for() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await;
    app.assign("ada", "organisation-owner", (&acme.to_string(), ""))
        .await;
    let invite = |email: &str, role: &str| {
        format!(
            "select token from rbac.invite('{acme}', {email},
              (select id from rbac.roles where name = '{role}'), '1 hour')"
        )
    };
    let token = async |email: &str, role: &str| -> String {
        let mut tx = app.tx("ada").await;
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(invite(email, role)));
        let token = query.fetch_one(&mut *tx).await.expect("a token");
        tx.commit().await.expect("kept");
        token
    };
    let accept = async |claims: serde_json::Value, token: &str| -> Result<Uuid, String> {
        let mut tx = app.tx_as(&identity(&claims)).await;
        let query = sqlx::query_scalar("select rbac.accept_invitation($1)").bind(token);
        let accepted = query
            .fetch_one(&mut *tx)
            .await
            .map_err(crate::service::state)?;
        tx.commit().await.map_err(crate::service::state)?;
        Ok(accepted)
    };
    let void = || Err("P0002".to_owned());
    let bob = json!({ "sub": "bob", "email": "Bob@Example.org" });
    let given = token("'bob@example.org'", "organisation-owner").await;
    assert_eq!(
        accept(json!({ "sub": "eve", "email": "eve@example.org" }), &given).await,
        void()
    );
    assert_eq!(accept(json!({ "sub": "eve" }), &given).await, void());
    let unverified = json!({ "sub": "eve", "email": "bob@example.org", "email_verified": false });
    assert_eq!(accept(unverified, &given).await, void());
    assert_eq!(
        accept(json!({ "role": "anon" }), &given).await,
        Err(DENIED.to_owned())
    );
    assert_eq!(accept(bob.clone(), &given).await, Ok(acme));
    assert_eq!(accept(bob.clone(), &given).await, void(), "twice");
    let by: String = app
        .ask(
            "bob",
            "select granted_by from rbac.assignments where subject = 'bob'",
        )
        .await;
    assert_eq!(by, "ada");
    // Only a hash is kept.
    let mut db = app.db.connect().await;
    let kept: String =
        sqlx::query_scalar("select string_agg(i::text, ' ') from rbac.invitations i")
            .fetch_one(&mut db)
            .await
            .expect("rows");
    assert!(!kept.contains(&given));
    // In time.
    let late = token("null", "organisation-member").await;
    app.db.execute("update rbac.invitations set expires_at = now() - interval '1 second' where accepted_at is null").await;
    assert_eq!(accept(json!({ "sub": "cyd" }), &late).await, void());
    // Of several who try at once, one.
    let one = token("null", "organisation-member").await;
    let tries = ["cyd", "dan", "eli"].map(|subject| accept(json!({ "sub": subject }), &one));
    let [a, b, c] = tries;
    let (a, b, c) = tokio::join!(a, b, c);
    let accepted = [a, b, c].into_iter().filter(Result::is_ok).count();
    assert_eq!(accepted, 1);
    // Not from who could no longer give what it gives.
    let void_soon = token("null", "organisation-owner").await;
    app.db
        .execute("delete from rbac.assignments where subject = 'ada'")
        .await;
    assert_eq!(accept(json!({ "sub": "fay" }), &void_soon).await, void());
    // Nor more than who invites has, nor by who may not.
    let admin = "select count(*) from rbac.invite((select id from rbac.organisations), null,
        (select id from rbac.roles where name = 'administrator'))";
    assert_eq!(app.run("bob", admin).await, denied());
    assert_eq!(
        app.run("ada", &invite("null", "organisation-member")).await,
        denied()
    );
}

#[tokio::test]
async fn an_organisation_may_invite_from_its_domains_only() {
    let app = TestRbac::new().await;
    let acme = app.organisation("acme", &["ada"]).await;
    app.assign("ada", "organisation-owner", (&acme.to_string(), ""))
        .await;
    app.run(
        "ada",
        "update rbac.organisations set email_domains = '{acme.example}'",
    )
    .await
    .expect("set");
    let invite = |email: &str| format!("select count(*) from rbac.invite('{acme}', {email})");
    for (email, outcome) in [
        ("'x@acme.example'", Ok(())),
        ("'X@ACME.example'", Ok(())),
        ("'x@evil.example'", Err("23514".to_owned())),
        ("'x@acme.example.evil'", Err("23514".to_owned())),
        ("'x@evil@acme.example'", Ok(())),
        ("null", Err("23514".to_owned())),
    ] {
        assert_eq!(
            app.run("ada", &invite(email)).await.map(drop),
            outcome,
            "{email}"
        );
    }
}
