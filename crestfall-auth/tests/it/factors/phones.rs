//! Codes sent to phones.

use super::*;

#[tokio::test]
async fn gt_034_a_code_is_sent_to_a_phone() {
    let app = TestAuth::with(|config| {
        config.mfa.phone.enroll = true;
        config.mfa.phone.verify = true;
        config.mfa.phone.otp_length = 8;
        config.mfa.phone.template = "{{ .Code }} is your second factor".into();
    })
    .await;
    let token = signed_up(&app).await;
    let enroll = async |phone: &str| {
        let body = json!({ "factor_type": "phone", "phone": phone, "friendly_name": "mobile" });
        app.post("/factors", &token, body).await
    };
    assert_eq!(
        refused(&enroll("").await).2,
        "Phone number required to enroll Phone factor"
    );
    assert_eq!(
        refused(&enroll("+15550100-invalid").await),
        (
            400,
            "validation_failed",
            "Invalid phone number format (E.164 required)"
        )
    );
    let first = enroll("+1 555 0100").await;
    assert_eq!(first.body["phone"], "+1 555 0100", "{first:?}");
    // Begun anew with the same number, and the same name.
    let enrolled = enroll("+15550100").await;
    assert_eq!(enrolled.status, StatusCode::OK, "{enrolled:?}");
    let path = format!("/factors/{}", enrolled.text("/id"));
    let challenge = async |body: Value| app.post(&format!("{path}/challenge"), &token, body).await;
    let fax = challenge(json!({ "channel": "fax" })).await;
    assert_eq!(
        (fax.status.as_u16(), fax.code()),
        (400, "validation_failed")
    );
    let challenged = challenge(json!({})).await;
    assert_eq!(challenged.body["type"], "phone", "{challenged:?}");
    let message = sent(&app).await[0].clone();
    assert_eq!(message["to"], "15550100");
    let code = message["code"].as_str().expect("a code").to_owned();
    assert_eq!(code.len(), 8);
    assert_eq!(message["text"], format!("{code} is your second factor"));
    let soon = challenge(json!({})).await;
    assert_eq!(
        (soon.status.as_u16(), soon.code()),
        (429, "over_sms_send_rate_limit")
    );
    assert!(
        soon.text("/message")
            .starts_with("For security purposes, you can only request this after "),
        "{soon:?}"
    );
    let verify = async |code: &str| {
        let body = json!({ "challenge_id": challenged.body["id"], "code": code });
        app.post(&format!("{path}/verify"), &token, body).await
    };
    assert_eq!(
        refused(&verify("1234").await),
        (
            422,
            "mfa_verification_failed",
            "Invalid MFA Phone code entered"
        )
    );
    let lifted = verify(&code).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    let claims = claims(&lifted.text("/access_token"));
    assert_eq!(claims["aal"], "aal2");
    assert_eq!(claims["amr"][0]["method"], "mfa/phone");
    let high = lifted.text("/access_token");
    let body = json!({ "factor_type": "phone", "phone": "15550100" });
    assert_eq!(
        refused(&app.post("/factors", &high, body).await),
        (
            422,
            "mfa_verified_factor_exists",
            "A verified phone factor already exists, unenroll the existing factor to continue"
        )
    );
}
