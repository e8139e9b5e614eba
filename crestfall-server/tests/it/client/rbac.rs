//! Roles, permissions, organisations, service accounts.

use std::time::Duration;

use crestfall_client::rbac::{
    Assign, Assignments, Check, NewInvitation, NewRole, NewServiceAccount, OrganisationChange,
    Rbac, RoleChange,
};
use crestfall_client::{Client, ErrorKind};
use http::Method;
use serde_json::json;

use super::World;

const SCHEMA: &str = concat!(
    include_str!("../../../../crestfall-rbac/migrations/0001_model.sql"),
    include_str!("../../../../crestfall-rbac/migrations/0002_decisions.sql"),
    include_str!("../../../../crestfall-rbac/migrations/0003_management.sql"),
    include_str!("../../../../crestfall-rbac/migrations/0004_policies.sql"),
    ";reset role;",
);

async fn world() -> World {
    let variables = [("CRESTFALL_RBAC__ENABLED", "true")];
    World::over("server-client-rbac", SCHEMA, &variables).await
}

/// A user who has just signed up, and their id.
async fn user(world: &World, name: &str) -> (Client, String) {
    let client = world.client();
    let sign_up = client
        .auth()
        .sign_up(format!("{name}@example.org"), "correct horse battery");
    let signed_up = sign_up.send().await.unwrap();
    (client, signed_up.session.unwrap().user.id)
}

/// Decisions follow changes within a second.
async fn until(rbac: &Rbac, check: Check, expected: bool) {
    for _ in 0..100 {
        if rbac.check(check.clone()).await.unwrap() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{check:?} is not {expected}");
}

#[tokio::test]
async fn roles_are_made_assigned_and_taken_away() {
    let world = world().await;
    let service = world.service().rbac();
    let (ada, ada_id) = user(&world, "ada").await;
    let ada = ada.rbac();
    let write = || Check::new("invoice:write");
    assert!(!ada.check("invoice:write").await.unwrap());

    for (name, about) in [("invoice:read", "See"), ("invoice:write", "Change")] {
        let made = service.create_permission(name, about).await.unwrap();
        assert_eq!((&*made.name, &*made.description), (name, about));
    }
    let twice = service.create_permission("invoice:read", "").await;
    assert_eq!(twice.unwrap_err().kind(), Some(ErrorKind::Conflict));
    let listed = service.permissions(None).await.unwrap();
    assert!(listed.items.iter().any(|one| one.name == "invoice:write"));
    let reader = NewRole::new("reader").permission("invoice:read");
    let reader = service.create_role(&reader).await.unwrap();
    let clerk = NewRole::new("clerk")
        .description("Writes")
        .permission("invoice:write")
        .parent(&reader.id);
    let clerk = service.create_role(&clerk).await.unwrap();
    assert_eq!(clerk.parents, [reader.id.as_str()]);

    let until_then = Assign::new(&ada_id, "clerk").until("2100-01-01T00:00:00Z");
    let assigned = service.assign(&until_then).await.unwrap();
    assert_eq!((&assigned.subject, &assigned.role_id), (&ada_id, &clerk.id));
    until(&ada, write(), true).await;
    let questions = [Check::new("invoice:read"), Check::new("invoice:pay")];
    assert_eq!(
        ada.check_all(&questions, None).await.unwrap(),
        [true, false]
    );
    let of_another = service.check_all(&questions, Some(&ada_id)).await;
    assert_eq!(of_another.unwrap(), [true, false]);
    let why = ada.explain(&"invoice:read".into(), None).await.unwrap();
    assert_eq!(why["grants"][0]["through"], json!(["reader"]));
    let me = ada.me(None).await.unwrap();
    assert_eq!(me.subject.as_deref(), Some(ada_id.as_str()));
    assert_eq!(me.roles, ["clerk", "reader"]);
    let list = Assignments {
        subject: Some(ada_id.clone()),
        role: Some(clerk.id.clone()),
        ..Assignments::default()
    };
    let list = service.assignments(&list).await.unwrap();
    assert_eq!(list.items[0].role.as_deref(), Some("clerk"));

    service.disinherit(&clerk.id, &reader.id).await.unwrap();
    until(&ada, Check::new("invoice:read"), false).await;
    service.inherit(&clerk.id, &reader.id).await.unwrap();
    until(&ada, Check::new("invoice:read"), true).await;
    service.take(&clerk.id, "invoice:write").await.unwrap();
    until(&ada, write(), false).await;
    service.give(&clerk.id, "invoice:write").await.unwrap();
    until(&ada, write(), true).await;
    let change = RoleChange::new().name("scribe").description("Writes it");
    service.update_role(&clerk.id, &change).await.unwrap();
    let scribe = service.role(&clerk.id).await.unwrap();
    assert_eq!(
        (&*scribe.name, &*scribe.description),
        ("scribe", "Writes it")
    );
    let roles = service.roles(None, None).await.unwrap();
    assert!(roles.items.iter().any(|role| role.name == "scribe"));

    service.unassign(&assigned.id).await.unwrap();
    until(&ada, write(), false).await;
    let on = Assign::new(&ada_id, "scribe").resource("invoice/42");
    service.assign(&on).await.unwrap();
    until(&ada, write().resource("invoice/42"), true).await;
    assert!(!ada.check(write()).await.unwrap());
    service.remove_role(&clerk.id).await.unwrap();
    until(&ada, write().resource("invoice/42"), false).await;
    service.remove_permission("invoice:write").await.unwrap();
    let gone = service.remove_permission("invoice:write").await;
    assert_eq!(gone.unwrap_err().kind(), Some(ErrorKind::NotFound));

    let refused = ada.create_permission("a:b", "").await.unwrap_err();
    assert_eq!(refused.code(), Some("insufficient_permission"));
    let anonymous = Client::new(world.url(), "").unwrap().rbac();
    let anonymous = anonymous.check("a:b").await.unwrap_err();
    assert_eq!(
        (anonymous.kind(), anonymous.code()),
        (Some(ErrorKind::Unauthorized), Some("unauthenticated"))
    );
    let nonsense = ada.check("nonsense").await.unwrap_err();
    assert_eq!(nonsense.code(), Some("invalid_request"));
}

#[tokio::test]
async fn organisations_have_members_and_invite_more() {
    let world = world().await;
    let service = world.service().rbac();
    let founder = NewRole::new("founder").permission("rbac.organisation:create");
    service.create_role(&founder).await.unwrap();
    service.assign(&Assign::new("*", "founder")).await.unwrap();
    let (ada, ada_id) = user(&world, "ada").await;
    let (ben, ben_id) = user(&world, "ben").await;
    let (ada, ben_rbac) = (ada.rbac(), ben.rbac());
    until(&ada, Check::new("rbac.organisation:create"), true).await;

    let acme = ada.create_organisation("Acme", Some("acme")).await.unwrap();
    assert_eq!((&*acme.name, &*acme.slug), ("Acme", "acme"));
    let change = OrganisationChange::new()
        .name("Acme & Co")
        .slug("acme-co")
        .email_domains(["example.org"]);
    ada.update_organisation(&acme.id, &change).await.unwrap();
    let shown = ada.organisation(&acme.id).await.unwrap();
    assert_eq!((&*shown.name, &*shown.slug), ("Acme & Co", "acme-co"));
    assert_eq!(shown.email_domains, ["example.org"]);
    let hidden = ben_rbac.organisation(&acme.id).await.unwrap_err();
    assert_eq!(hidden.kind(), Some(ErrorKind::NotFound));

    let role = NewRole::new("clerk").organisation(&acme.id);
    let role = ada.create_role(&role.permission("invoice:read")).await;
    let refused = role.unwrap_err();
    assert_eq!(
        refused.kind(),
        Some(ErrorKind::Forbidden),
        "not Ada's to give"
    );
    let new = NewInvitation::new()
        .email("ben@example.org")
        .role("organisation-member")
        .expires_in(3600);
    let invitation = ada.invite(&acme.id, &new).await.unwrap();
    assert!(!format!("{invitation:?}").contains(&invitation.token));
    let sent = ada.invitations(&acme.id, None).await.unwrap();
    assert_eq!(sent.items[0].email.as_deref(), Some("ben@example.org"));
    assert_eq!(ben_rbac.accept(&invitation.token).await.unwrap(), acme.id);
    assert!(ben_rbac.accept(&invitation.token).await.is_err(), "once");
    let sent = ada.invitations(&acme.id, None).await.unwrap();
    assert_eq!(sent.items[0].accepted_by.as_deref(), Some(&*ben_id));
    let anybody = ada.invite(&acme.id, &NewInvitation::new()).await;
    assert_eq!(anybody.unwrap_err().kind(), Some(ErrorKind::Invalid));
    let other = NewInvitation::new().email("eve@example.org");
    let other = ada.invite(&acme.id, &other).await.unwrap();
    ada.withdraw(&acme.id, &other.id).await.unwrap();

    let members = ada.members(&acme.id, None).await.unwrap();
    assert_eq!(members.items.len(), 2);
    let of_ada = members.items.iter().find(|one| one.subject == ada_id);
    assert_eq!(of_ada.unwrap().roles, ["organisation-owner"]);
    let theirs = ben_rbac.organisations(None).await.unwrap();
    assert_eq!(theirs.items[0].id, acme.id);

    // The next token says which organisation it is about.
    ben_rbac.activate(Some(&acme.id)).await.unwrap();
    ben.auth().refresh().await.unwrap();
    until(
        &ben_rbac,
        Check::new("rbac.member:read").organisation(&acme.id),
        true,
    )
    .await;
    let me = ben_rbac.me(Some(&acme.id)).await.unwrap();
    assert_eq!(me.organisations, [acme.id.as_str()]);
    assert_eq!(me.roles, ["founder", "organisation-member"]);
    ben_rbac.activate(None).await.unwrap();

    ada.remove_member(&acme.id, &ben_id).await.unwrap();
    until(
        &ben_rbac,
        Check::new("rbac.member:read").organisation(&acme.id),
        false,
    )
    .await;
    ada.add_member(&acme.id, &ben_id).await.unwrap();
    assert_eq!(ada.members(&acme.id, None).await.unwrap().items.len(), 2);
    ada.remove_organisation(&acme.id).await.unwrap();
    let gone = ada.organisation(&acme.id).await.unwrap_err();
    assert_eq!(gone.kind(), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn service_accounts_are_made_listed_and_removed() {
    let world = world().await;
    let service = world.service().rbac();
    let new = NewServiceAccount::new("nightly")
        .description("Sends reports")
        .subject("api_key:7");
    let made = service.create_service_account(&new).await.unwrap();
    assert_eq!((&*made.subject, &*made.name), ("api_key:7", "nightly"));
    let own = NewServiceAccount::new("hourly");
    let own = service.create_service_account(&own).await.unwrap();
    assert_eq!(own.subject, own.id);
    let listed = service.service_accounts(None, None).await.unwrap();
    assert_eq!(listed.items.len(), 2);
    service.remove_service_account(&made.id).await.unwrap();
    // And whatever has no method.
    let left = service.call(Method::GET, &["service-accounts"], None).await;
    assert_eq!(left.unwrap()["items"][0]["name"], "hourly");
}
