//! Which tests hold which vulnerability of others out of here (SEC), and which promise is kept by which
//! (D).
//!
//! Each row is an item of the catalogue of demands and vulnerabilities that concerns authentication (the
//! issue, CVE or advisory that it was learned from is named there), and the tests that fail if we break
//! it. A test that is renamed or removed fails here.

use std::collections::HashSet;
use std::path::Path;
use std::{env, fs};

use crestfall_auth::Config;
use http::StatusCode;
use serde_json::{Value, json};

use crate::postbox::Postbox;
use crate::second_factor::App;
use crate::service::{Answer, TestAuth, key};

const TESTS: &[(&str, &[&str])] = &[
    // Sessions: listed, ended now, never lost.
    (
        "D6",
        &[
            "ending_a_session_is_felt_on_every_node",
            "scopes_of_sign_out",
            "a_refresh_gives_a_successor_and_the_same_one_to_who_asks_at_once",
            "d6_twenty_tabs_that_refresh_at_once_stay_signed_in",
            "no_session_is_lost_when_postgresql_dies_in_the_middle_of_refreshes_d6",
        ],
    ),
    // Links that mail scanners open.
    (
        "D7",
        &[
            "scanners_open_links_and_use_nothing_up",
            "a_double_click_ends_in_one_session_and_a_second_use_in_none",
            "the_code_and_the_link_of_a_mail_use_each_other_up",
            "a_link_may_count_when_it_is_opened_but_not_for_a_prefetch",
        ],
    ),
    // Passkeys, second factors, recovery codes.
    (
        "D30",
        &[
            "gt_041_who_holds_a_passkey_signs_in_without_naming_themselves",
            "d30_each_domain_has_passkeys_of_its_own",
            "d30_a_cloned_authenticator_is_refused_or_flagged",
            "d30_attestations_are_verified_and_models_can_be_limited",
            "d30_only_who_proved_a_second_factor_gets_through",
            "d30_what_has_to_be_confirmed_each_time_asks_for_a_proof_of_now",
            "gt_040_a_code_takes_the_place_of_a_lost_factor_once",
        ],
    ),
    // Mails in one's own words and languages.
    (
        "D31",
        &[
            "files_come_before_built_in_texts_language_by_language",
            "a_changed_file_counts_and_a_broken_one_does_not",
            "d31_a_template_may_stand_at_an_address_of_the_site",
            "a_mail_speaks_its_readers_language",
            "mail_arrives_once_after_the_server_was_away",
            "a_sign_in_from_a_new_place_with_a_new_device_is_told",
        ],
    ),
    // Claims of one's own; users whom an identity provider keeps.
    (
        "D32",
        &[
            "gt_095_a_function_adds_claims_to_every_token",
            "a_hook_cannot_make_a_token_of_another_user_or_session_or_of_any_size",
            "clients_see_their_own_users_alone_gt_063",
            "who_is_not_active_is_out_at_once_gt_063",
            "nothing_but_a_clients_secret_opens_it_and_it_opens_nothing_else_gt_063",
        ],
    ),
    // Keys, services, and being a provider.
    (
        "D33",
        &[
            "a_users_key_acts_as_the_user_within_its_scopes",
            "a_services_key_administers_if_its_scopes_say_so",
            "d33_a_key_is_replaced_by_another_while_both_hold",
            "d33_what_administrators_do_to_keys_is_written_down",
            "a_client_that_knows_the_address_alone_signs_a_user_in",
            "a_device_without_a_browser_signs_its_user_in",
            "a_client_acts_by_itself",
        ],
    ),
    // Identities linked and unlinked; guests keep what is theirs.
    (
        "D34",
        &[
            "identities_are_linked_and_unlinked_by_hand",
            "without_automatic_linking_one_signs_in_first",
            "providers_of_a_linking_domain_join_each_other_only",
            "a_guest_becomes_a_user_and_keeps_the_id",
            "a_guest_becomes_known_by_linking",
        ],
    ),
    // Keys that rotate without anybody noticing.
    (
        "D35",
        &[
            "d35_keys_rotate_in_steps_that_can_be_taken_back_and_nobody_is_signed_out",
            "d35_keys_of_a_provider_rotate_without_anybody_noticing",
            "d35_a_new_key_of_an_issuer_is_fetched_and_the_old_one_no_longer_taken",
            "gt_074_keys_rotate_from_standby_to_current_to_previous",
            "keys_change_and_values_are_sealed_anew",
        ],
    ),
    // Limits and lock-outs built in.
    (
        "D36",
        &[
            "gt_085_two_nodes_share_a_limit",
            "two_nodes_count_and_refuse_replays_together_as_long_as_redis_is_there_d36",
            "d36_sign_ins_with_providers_and_the_oauth_server_are_limited",
            "d36_checks_at_the_same_moment_are_counted_one_by_one",
            "a_lock_ends_and_comes_back_for_longer",
            "a_flood_of_sign_ins_leaves_others_their_time",
        ],
    ),
    // Accounts joined by an address that nobody has verified.
    (
        "SEC-04",
        &[
            "an_unverified_address_in_an_id_token_links_nothing",
            "an_unconfirmed_entry_of_a_list_links_nothing",
            "no_other_word_makes_an_address_verified",
            "a_verified_address_joins_the_account_that_confirmed_it",
        ],
    ),
    // An account made in advance with somebody's address.
    (
        "SEC-05",
        &[
            "what_came_before_the_first_proof_goes",
            "who_proves_the_address_gets_nothing_that_a_squatter_left",
            "a_sign_up_whose_link_is_sent_again_by_another_way_keeps_no_password",
            "sec_05_of_two_sign_ups_on_their_way_neither_password_counts",
            "sec_05_a_third_sign_up_settles_nothing_and_neither_does_a_mail_sent_once_more",
            "sec_05_a_sign_up_after_an_older_one_was_given_up_begins_anew",
            "sec_05_a_link_to_sign_in_keeps_no_password_of_a_stranger",
            "sec_05_who_ends_the_exchange_of_a_sign_up_began_it",
            "sec_05_what_an_administrator_made_or_invited_to_gets_no_strangers_password",
            "sec_05_an_address_that_was_only_claimed_opens_no_account",
        ],
    ),
    // Links whose host a request chose.
    (
        "SEC-06",
        &[
            "sec_06_links_lead_to_the_configured_address_whatever_a_request_says",
            "sec_06_only_the_names_of_the_list_are_answered_to",
            "sec_06_a_target_with_a_host_counts_too",
            "sec_06_a_request_for_another_host_never_reaches_the_router",
        ],
    ),
    // Open redirects.
    (
        "SEC-07",
        &[
            "sec_07_no_attack_of_the_corpus_passes",
            "sec_07_docss_is_not_docs",
            "no_branch_leads_to_a_place_that_is_not_listed",
            "no_answer_leads_elsewhere",
            "without_a_known_address_the_browser_is_sent_nowhere",
            "one_is_led_back_within_the_domains_only",
            "the_login_page_is_strict_about_where_it_leads_and_who_posts",
        ],
    ),
    // ID tokens of somebody else's issuer.
    (
        "SEC-08",
        &[
            "an_attackers_issuer_gets_nothing",
            "azures_issuer_is_that_of_the_tokens_tenant",
            "only_the_issuers_own_signature_counts",
            "a_document_of_another_issuer_is_no_ones",
            "a_token_that_is_not_for_this_sign_in_is_refused",
        ],
    ),
    // Times of tokens that are none.
    (
        "SEC-09",
        &[
            "sec_09_time_claims_of_another_kind_are_refused",
            "times_of_the_wrong_type_are_refused",
        ],
    ),
    // Algorithms and keys that a token's header chose.
    (
        "SEC-10",
        &[
            "sec_10_none_is_no_algorithm_in_any_case",
            "sec_10_a_public_key_is_never_a_secret",
            "sec_10_a_key_checks_only_its_own_algorithms",
            "sec_10_the_header_brings_no_key_and_no_extension",
            "sec_10_a_signature_has_one_spelling",
            "sec_10_ten_thousand_mutated_tokens_are_refused",
        ],
    ),
    // Somebody else named in a body.
    (
        "SEC-11",
        &[
            "sec_11_a_key_never_allows_more_than_its_owner_may",
            "what_a_user_may_not_say_of_a_key_is_refused",
            "every_route_answers_every_credential_as_written_down",
        ],
    ),
    // Codes that are good twice.
    (
        "SEC-12",
        &[
            "sec_12_a_code_is_good_for_one_use",
            "sec_12_of_fifty_uses_at_once_one_succeeds",
            "of_many_uses_at_once_one_wins",
            "the_code_and_the_link_of_a_mail_use_each_other_up",
            "gt_041_of_many_answers_to_one_challenge_one_signs_in",
        ],
    ),
    // What the server alone sets.
    (
        "SEC-13",
        &[
            "sec_13_no_body_reaches_what_the_server_alone_sets",
            "sec_13_a_user_changes_nothing_that_is_not_theirs_to_change",
        ],
    ),
    // Sessions that outlive their reason.
    (
        "SEC-14",
        &[
            "sec_14_sessions_and_keys_end_with_what_they_stood_on",
            "a_new_password_ends_the_other_sessions",
            "a_token_of_a_banned_user_is_not_good",
        ],
    ),
    // Sessions that a refresh brings back.
    (
        "SEC-15",
        &["sec_15_a_refresh_that_races_with_a_sign_out_leaves_no_live_token"],
    ),
    // Limits that a rotated value evades.
    (
        "SEC-16",
        &[
            "sec_16_no_spelling_of_a_request_has_a_bucket_of_its_own",
            "sec_16_limits_hold_under_a_path_of_the_application",
            "sec_16_no_spelling_of_a_path_gets_more_than_the_limit",
            "sec_16_an_ipv6_64_and_a_mapped_address_are_one_client",
            "sec_16_forwarded_for_is_no_way_out",
            "sec_16_the_nth_address_from_the_right_counts_whatever_the_client_puts_left_of_it",
            "a_label_is_no_other_mailbox",
        ],
    ),
    // Lock-outs that count ways and spellings apart.
    (
        "SEC-17",
        &[
            "sec_17_passwords_basic_and_codes_count_together",
            "sec_17_a_code_that_was_sent_opens_no_account_that_is_locked",
            "sec_17_second_factors_count_too",
            "sec_17_tries_from_a_hundred_networks_lock_strangers_out_and_not_the_owner",
            "sec_17_a_lock_shows_neither_in_the_answer_nor_for_an_address_that_nobody_has",
            "wrong_passwords_are_counted_by_account_in_whatever_spelling_and_way",
        ],
    ),
    // Accounts that answers or times give away.
    (
        "SEC-18",
        &[
            "sec_18_the_time_of_a_failed_sign_in_tells_nothing_of_the_account",
            "one_answer_for_every_wrong_sign_in",
            "every_address_gets_the_same_answer",
            "a_sign_up_answers_the_same_whoever_has_the_address",
        ],
    ),
    // OAuth codes with a single defect.
    (
        "SEC-19",
        &[
            "a_code_with_another_redirect_uri_is_refused",
            "a_code_with_a_wrong_verifier_is_refused",
            "a_code_without_a_verifier_is_refused",
            "a_code_of_another_client_is_refused",
            "an_expired_code_is_refused",
            "a_code_used_twice_ends_what_it_gave",
            "of_many_exchanges_at_once_one_wins",
            "each_defect_of_a_device_code_alone_is_refused",
        ],
    ),
    // Requests turned inwards.
    (
        "SEC-20",
        &[
            "sec_20_no_class_of_ipv4_that_is_not_public_passes",
            "sec_20_no_class_of_ipv6_that_is_not_public_passes",
            "sec_20_an_address_is_refused_in_any_spelling",
            "sec_20_redirects_are_judged_anew_and_bounded",
            "sec_20_a_name_that_resolves_otherwise_the_next_time_never_leads_inside",
            "what_could_do_harm_is_refused",
        ],
    ),
    // A credential that does more on another route.
    (
        "SEC-32",
        &[
            "every_route_answers_every_credential_as_written_down",
            "a_client_manages_no_account",
            "a_client_of_an_administrator_administers_nothing",
            "an_id_token_is_no_access_token",
        ],
    ),
    // Keys that can do everything, in the hands of everybody.
    (
        "SEC-36",
        &[
            "sec_36_a_services_secret_key_is_refused_from_a_browser",
            "a_key_has_the_form_that_scanners_look_for",
            "a_key_holds_until_it_expires_and_from_its_networks_only",
            "a_revoked_key_is_refused_on_every_node_within_a_second",
            "d33_a_key_is_replaced_by_another_while_both_hold",
            "d33_what_administrators_do_to_keys_is_written_down",
        ],
    ),
    // Secrets that everybody knows, and that are shown.
    (
        "SEC-37",
        &[
            "guessable_secrets_are_refused_without_being_told",
            "nothing_secret_is_printed_for_debugging",
            "a_secret_is_not_shown",
            "the_secret_is_its_owners_and_stays",
        ],
    ),
    // What users say of themselves, in mails.
    (
        "SEC-38",
        &[
            "metadata_changes_no_link_no_structure_and_no_header",
            "each_place_escapes_in_its_own_way",
            "a_value_adds_no_markup",
            "no_value_adds_a_header",
        ],
    ),
    // Calls that anybody could have made, or made again.
    (
        "SEC-39",
        &[
            "gt_092_calls_over_http_are_signed_with_every_secret",
            "gt_092_signatures_are_those_of_standard_webhooks",
            "gt_092_each_secret_signs_while_one_replaces_another",
            "a_signed_request_is_accepted_once_with_its_body_and_not_again",
            "a_replay_is_refused_on_another_node_that_shares_the_nonces",
        ],
    ),
];

#[test]
fn every_demand_and_vulnerability_that_concerns_us_has_its_tests() {
    let mut found = HashSet::new();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for crate_name in ["crestfall-auth", "crestfall-core", "crestfall-server"] {
        for folder in ["src", "tests"] {
            collect(&workspace.join(crate_name).join(folder), &mut found);
        }
    }
    for (item, tests) in TESTS {
        for test in *tests {
            assert!(found.contains(*test), "{item}: there is no test {test}");
        }
    }
}

/// The names of the test functions below a folder.
fn collect(folder: &Path, found: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let mut is_test = false;
            for line in text.lines().map(str::trim_start) {
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                // Tests that proptest! writes out stand without further ado.
                let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) else {
                    continue;
                };
                let name = rest.split('(').next().unwrap_or_default();
                found.insert(name.to_owned());
                is_test = false;
            }
        }
    }
}

/// Addresses have to be confirmed, and messages may follow each other at once.
fn strict(config: &mut Config) {
    config.email.autoconfirm = false;
    config.email.max_frequency = "0s".parse().expect("a duration");
    config.email.secure_change = false;
}

const PASSWORD: &str = "correct horse";

/// A confirmed user with a session that somebody else has too, and a key.
struct Victim {
    id: String,
    /// The owner's.
    own: String,
    /// The thief's.
    stolen: Answer,
    key: String,
}

impl Victim {
    async fn new(app: &TestAuth, email: &str) -> Self {
        let body = json!({ "email": email, "password": PASSWORD, "email_confirm": true });
        let made = app.post("/admin/users", &key("service_role"), body).await;
        let own = app.sign_in(email, PASSWORD).await.text("/access_token");
        let stolen = app.sign_in(email, PASSWORD).await;
        assert_eq!(stolen.status, StatusCode::OK, "{stolen:?}");
        let body = json!({ "name": "machine" });
        let key = app.post("/user/api-keys", &own, body).await.text("/key");
        Self {
            id: made.text("/id"),
            own,
            stolen,
            key,
        }
    }

    /// Whether the thief is still in, by the refresh token or the access token.
    async fn is_open(&self, app: &TestAuth) -> bool {
        let access = app.get("/user", &self.stolen.text("/access_token")).await;
        let refreshed = app.refresh(&self.stolen.text("/refresh_token")).await;
        access.status == StatusCode::OK || refreshed.status == StatusCode::OK
    }

    /// Whether the key still stands for the user.
    async fn has_key(&self, app: &TestAuth) -> bool {
        let request = http::Request::get("/").header("apikey", &self.key);
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        app.auth.identify(&parts).await.is_ok()
    }
}

#[tokio::test]
async fn sec_14_sessions_and_keys_end_with_what_they_stood_on() {
    let app = TestAuth::with(strict).await;
    let post = Postbox::open(&app);
    let admin = key("service_role");

    let changed = Victim::new(&app, "changed@example.org").await;
    let body = json!({ "password": "battery staple" });
    assert!(
        app.put("/user", &changed.own, body)
            .await
            .status
            .is_success()
    );
    assert!(!changed.is_open(&app).await, "a new password");
    assert!(changed.has_key(&app).await, "keys are the user's to revoke");

    let reset = Victim::new(&app, "reset@example.org").await;
    app.post("/recover", "", json!({ "email": "reset@example.org" }))
        .await;
    let code = post.one("reset@example.org").await.code();
    let body = json!({ "type": "recovery", "email": "reset@example.org", "token": code });
    let recovered = app.post("/verify", "", body).await.text("/access_token");
    let body = json!({ "password": "battery staple" });
    assert!(app.put("/user", &recovered, body).await.status.is_success());
    assert!(!reset.is_open(&app).await, "a reset password");

    let set = Victim::new(&app, "set@example.org").await;
    let path = format!("/admin/users/{}", set.id);
    let body = json!({ "password": "battery staple" });
    assert!(app.put(&path, &admin, body).await.status.is_success());
    assert!(
        !set.is_open(&app).await,
        "a password that an administrator set"
    );

    let moved = Victim::new(&app, "moved@example.org").await;
    let body = json!({ "email": "elsewhere@example.org" });
    assert!(app.put("/user", &moved.own, body).await.status.is_success());
    let code = post.one("elsewhere@example.org").await.code();
    let body = json!({ "type": "email_change", "email": "elsewhere@example.org", "token": code });
    assert!(app.post("/verify", "", body).await.status.is_success());
    assert!(!moved.is_open(&app).await, "another address");

    // A second factor that is set up leaves only who proved it.
    let factored = Victim::new(&app, "factored@example.org").await;
    let phone = App::enroll(&app, &factored.own, "phone").await;
    let lifted = phone.verify(&app, &factored.own, &phone.code(0)).await;
    assert_eq!(lifted.status, StatusCode::OK, "{lifted:?}");
    assert!(!factored.is_open(&app).await, "a second factor");

    let banned = Victim::new(&app, "banned@example.org").await;
    let path = format!("/admin/users/{}", banned.id);
    let body = json!({ "ban_duration": "1h" });
    assert!(app.put(&path, &admin, body).await.status.is_success());
    assert!(!banned.is_open(&app).await, "a ban");
    assert!(!banned.has_key(&app).await, "a ban");

    for soft in [true, false] {
        let email = format!("deleted-{soft}@example.org");
        let deleted = Victim::new(&app, &email).await;
        let path = format!("/admin/users/{}", deleted.id);
        let body = json!({ "should_soft_delete": soft });
        assert!(app.delete(&path, &admin, body).await.status.is_success());
        assert!(!deleted.is_open(&app).await, "deleted, soft: {soft}");
        assert!(!deleted.has_key(&app).await, "deleted, soft: {soft}");
    }
}

#[tokio::test]
async fn sec_13_a_user_changes_nothing_that_is_not_theirs_to_change() {
    let app = TestAuth::new().await;
    let session = app.sign_up("ada@example.org", PASSWORD).await;
    let token = session.text("/access_token");
    let other = app.sign_up("eve@example.org", PASSWORD).await;
    let before = app.get("/user", &token).await.body;
    let set_by_the_server = json!({
        "id": other.body["user"]["id"], "user_id": other.body["user"]["id"],
        "role": "service_role", "aud": "x", "app_metadata": { "admin": true },
        "email_confirmed_at": null, "banned_until": null, "is_anonymous": true,
        "is_super_admin": true, "created_at": null, "deleted_at": null, "identities": [],
        "factors": null, "confirmed_at": "2100-01-01T00:00:00Z", "encrypted_password": "x",
        "last_sign_in_at": null, "is_sso_user": true,
    });
    for body in [set_by_the_server.clone(), with_data(&set_by_the_server)] {
        let changed = app.put("/user", &token, body).await;
        assert!(changed.status.is_success() || changed.status.is_client_error());
        let mut after = app.get("/user", &token).await.body;
        after["updated_at"] = before["updated_at"].clone();
        after["user_metadata"] = before["user_metadata"].clone();
        assert_eq!(after, before);
    }
    assert_eq!(
        app.get("/user", &other.text("/access_token")).await.status,
        200
    );
}

fn with_data(body: &Value) -> Value {
    let mut body = body.clone();
    body["data"] = json!({ "name": "Ada" });
    body
}
