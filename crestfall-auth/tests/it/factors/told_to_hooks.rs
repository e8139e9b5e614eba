//! Tries that a hook hears of (GT-096).

use super::*;

/// Counts tries by user, in a table of its own that refers to users, and rejects the third.
const COUNTS_TRIES: &str = "
    create table public.tries (
      user_id uuid references auth.users on delete cascade, factor_type text, valid boolean
    );
    grant select, insert on public.tries to public;
    create function public.mfa_attempt(event jsonb) returns jsonb language plpgsql
    security definer as $$
    begin
      insert into public.tries values ((event ->> 'user_id')::uuid, event ->> 'factor_type',
        (event ->> 'valid')::boolean);
      if (select count(*) from public.tries where not valid) > 2 then
        return jsonb_build_object('decision', 'reject', 'message', 'Call us');
      end if;
      return jsonb_build_object('decision', 'continue');
    end $$;
    grant execute on function public.mfa_attempt to public;";

#[tokio::test]
async fn gt_096_a_function_hears_of_every_try_and_ends_sessions() {
    let app = TestAuth::with(|config| {
        config.hooks.mfa_verification_attempt = HookConfig {
            enabled: true,
            uri: "pg-functions://postgres/public/mfa_attempt".into(),
            ..HookConfig::default()
        };
    })
    .await;
    app.db.load(COUNTS_TRIES).await;
    let session = app.sign_up("ada@example.org", "correct horse").await;
    let token = session.text("/access_token");
    let phone = App::enroll(&app, &token, "phone").await;
    phone.lift(&app, &token).await;
    let wrong = match phone.code(0).as_str() {
        "000000" => "000001",
        _ => "000000",
    };
    for _ in 0..2 {
        let answer = phone.verify(&app, &token, wrong).await;
        assert_eq!(answer.code(), "mfa_verification_failed", "{answer:?}");
    }
    let rejected = phone.verify(&app, &token, wrong).await;
    assert_eq!(
        refused(&rejected),
        (403, "mfa_verification_rejected", "Call us")
    );
    assert_eq!(app.get("/user", &token).await.code(), "session_not_found");
    let tries: Vec<(String, bool)> =
        sqlx::query_as("select factor_type, valid from public.tries order by valid")
            .fetch_all(&app.pool)
            .await
            .expect("tries");
    let totp = |valid| ("totp".to_owned(), valid);
    assert_eq!(tries, [totp(false), totp(false), totp(false), totp(true)]);
}
