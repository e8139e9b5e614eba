//! What is told, and to whom mails go (SEC-18).

use super::*;

#[tokio::test]
async fn every_address_gets_the_same_answer() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.email.max_frequency = "60s".parse().expect("a duration");
    })
    .await;
    let post = Postbox::open(&app);
    for email in ["known@example.org", "banned@example.org"] {
        let body = json!({ "email": email, "password": "correct horse", "email_confirm": true });
        app.post("/admin/users", &crate::service::key("service_role"), body)
            .await;
    }
    let body = json!({ "email": "banned@example.org" });
    sqlx::query("update auth.users set banned_until = now() + interval '1 day' where email = $1")
        .bind(body["email"].as_str())
        .execute(&app.pool)
        .await
        .expect("a ban");
    let fresh = json!({ "email": "fresh@example.org", "password": "correct horse" });
    app.post("/signup", "", fresh).await;
    let addresses = ["known", "banned", "fresh", "missing"];
    for (path, again) in [
        ("/recover", json!({})),
        ("/resend", json!({ "type": "email_change" })),
    ] {
        for name in addresses {
            let mut body = again.clone();
            body["email"] = format!("{name}@example.org").into();
            let answer = app.post(path, "", body.clone()).await;
            assert_eq!(
                (answer.status, &answer.body),
                (StatusCode::OK, &json!({})),
                "{name}"
            );
            // Too soon, with or without an account, and with another label.
            body["email"] = format!("{name}+x@example.org").into();
            let soon = app.post(path, "", body).await;
            assert_eq!(
                (soon.status.as_u16(), soon.code()),
                (429, "over_email_send_rate_limit"),
                "{name}"
            );
            let message = soon.text("/message");
            assert!(
                message.starts_with("For security purposes, you can only request this after ")
                    && message.ends_with(" seconds."),
                "{message}"
            );
            assert!(soon.headers.contains_key("retry-after"));
        }
    }
    assert_eq!(post.count(&app, "missing@example.org").await, 0);
    assert_eq!(post.count(&app, "banned@example.org").await, 0);
    assert_eq!(post.count(&app, "known@example.org").await, 1);
}

#[tokio::test]
async fn a_sign_up_answers_the_same_whoever_has_the_address() {
    let app = TestAuth::with(strict).await;
    let body = json!({ "email": "known@example.org", "password": "x y z", "email_confirm": true });
    app.post("/admin/users", &crate::service::key("service_role"), body)
        .await;
    let invited = json!({ "email": "invited@example.org", "data": { "team": "red" } });
    app.post("/invite", &crate::service::key("service_role"), invited)
        .await;
    let mut shapes = Vec::new();
    for name in ["known", "invited", "missing"] {
        let mut ids = Vec::new();
        for n in 0..2 {
            let email = format!("{name}@example.org");
            let body = json!({ "email": email, "password": "correct horse", "data": { "n": n } });
            let mut user = app.post("/signup", "", body).await.body;
            ids.push((
                user["id"].take(),
                user["identities"][0]["identity_id"].take(),
            ));
            // Ids and times differ; nothing else but the address does.
            for path in [
                "/identities/0/id",
                "/identities/0/user_id",
                "/identities/0/identity_data/sub",
            ] {
                assert!(user.pointer_mut(path).expect(path).take().is_string());
            }
            for path in ["", "/identities/0"] {
                let object = user.pointer_mut(path).expect(path);
                let fields = object.as_object_mut().expect("an object");
                fields.retain(|field, _| !field.ends_with("_at"));
            }
            shapes.push((n, user.to_string().replace(name, "somebody")));
        }
        assert_eq!(ids[0], ids[1], "{name}");
    }
    for (n, shape) in &shapes {
        let same = shapes.iter().filter(|(other, _)| other == n);
        assert!(
            same.into_iter().all(|(_, other)| other == shape),
            "{shapes:#?}"
        );
    }
}

/// Prints how long answers take for an address with an account and one without, and Welch's t of the
/// difference: beyond 4.5 they can be told apart.
#[tokio::test]
#[ignore = "measures, and takes a while"]
async fn times_of_recovery_with_and_without_an_account() {
    let app = TestAuth::with(strict).await;
    let _post = Postbox::open(&app);
    for (path, pairs) in [("/recover", 2000), ("/signup", 40)] {
        let (mut known, mut missing) = (Vec::new(), Vec::new());
        for n in 0..pairs {
            let there = format!("there{n}@example.org");
            let admin = crate::service::key("service_role");
            let user = json!({ "email": there, "email_confirm": true });
            app.post("/admin/users", &admin, user).await;
            let absent = format!("absent{n}@example.org");
            let mut measured = [(&there, &mut known), (&absent, &mut missing)];
            measured.rotate_left(n % 2);
            for (email, times) in measured {
                let body = json!({ "email": email, "password": "correct horse" });
                let started = std::time::Instant::now();
                let answer = app.post(path, "", body).await;
                times.push(started.elapsed().as_secs_f64() * 1e3);
                assert_eq!(answer.status, StatusCode::OK);
            }
        }
        let moments = |times: &[f64]| {
            let count = times.len() as f64;
            let mean = times.iter().sum::<f64>() / count;
            let variance = times.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (count - 1.0);
            (mean, variance / count)
        };
        let ((a, va), (b, vb)) = (moments(&known), moments(&missing));
        println!(
            "{path}: known {a:.3} ms, missing {b:.3} ms, t = {:.2}",
            (a - b) / (va + vb).sqrt()
        );
    }
}

#[tokio::test]
async fn who_asks_for_no_new_user_is_told_or_not() {
    let body = json!({ "email": "nobody@example.org", "create_user": false });
    let app = TestAuth::with(strict).await;
    let answer = app.post("/otp", "", body.clone()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (422, "otp_disabled")
    );
    assert_eq!(answer.body["message"], "Signups not allowed for otp");
    let app = TestAuth::with(|config| {
        strict(config);
        config.email.reveal_unknown = false;
    })
    .await;
    let post = Postbox::open(&app);
    let answer = app.post("/otp", "", body).await;
    assert_eq!((answer.status, &answer.body), (StatusCode::OK, &json!({})));
    assert_eq!(post.count(&app, "nobody@example.org").await, 0);
    let users: i64 = sqlx::query_scalar("select count(*) from auth.users")
        .fetch_one(&app.pool)
        .await
        .expect("a count");
    assert_eq!(users, 0);
}

#[tokio::test]
async fn mail_goes_to_authorized_addresses_and_no_oftener_than_allowed() {
    let app = TestAuth::with(|config| {
        strict(config);
        config.rate_limits.email_sent = "2".parse().expect("a limit");
        config.email.authorized_addresses = vec!["Ada@example.org".into()];
    })
    .await;
    let refused = app
        .post("/otp", "", json!({ "email": "eve@example.org" }))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (400, "email_address_not_authorized")
    );
    for n in 0..2 {
        let body = json!({ "email": format!("ada+{n}@example.org") });
        assert_eq!(app.post("/otp", "", body).await.status, StatusCode::OK);
    }
    let over = app
        .post("/otp", "", json!({ "email": "ada@example.org" }))
        .await;
    assert_eq!(
        (over.status.as_u16(), over.code()),
        (429, "over_email_send_rate_limit")
    );
}

#[tokio::test]
async fn a_mail_speaks_its_readers_language() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let request = Request::post("/otp")
        .header("accept-language", "de-AT, en;q=0.5")
        .body(Body::from(
            json!({ "email": "ada@example.org" }).to_string(),
        ));
    app.send(request.expect("a request")).await;
    assert!(
        post.one("ada@example.org")
            .await
            .html
            .contains("lang=\"de\"")
    );
    let body = json!({ "email": "bob@example.org", "data": { "locale": "de_DE" } });
    app.post("/otp", "", body).await;
    assert!(
        post.one("bob@example.org")
            .await
            .html
            .contains("lang=\"de\"")
    );
}
