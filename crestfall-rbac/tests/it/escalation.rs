//! Random acts of random people: nobody's rights grow by what their giver does not have.

use std::collections::BTreeSet;

use crestfall_rbac::{Permission, Place};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::service::TestRbac;

/// What somebody holds, pattern by pattern.
type Holding = (String, String, Option<Uuid>, Option<String>);

const SUBJECTS: [&str; 4] = ["ada", "bob", "cyd", "dan"];
const PERMISSIONS: [&str; 4] = ["a:a", "a:b", "a:*", "*:*"];
/// The first is for managing; the last are nobody's at first.
const ROLES: [&[&str]; 6] = [
    &[
        "rbac.role:*",
        "rbac.assignment:*",
        "rbac.member:*",
        "rbac.permission:*",
    ],
    &["a:a"],
    &["a:*"],
    &["a:a", "a:b"],
    &["a:b"],
    &["*:*"],
];

async fn holdings(db: &mut PgConnection) -> BTreeSet<Holding> {
    let rows: Vec<Holding> = sqlx::query_as(
        "select s, name, organisation_id, resource from unnest($1::text[]) s, rbac.holdings(s)
        where kind = 'permission'",
    )
    .bind(&SUBJECTS[..])
    .fetch_all(db)
    .await
    .expect("holdings");
    rows.into_iter().collect()
}

fn random_act(rng: &mut StdRng, organisations: &[Uuid]) -> String {
    let subject = SUBJECTS.choose(rng).expect("a subject");
    let permission = PERMISSIONS.choose(rng).expect("a permission");
    let org = organisations.choose(rng).expect("an organisation");
    let role = format!("r{}", rng.random_range(0..6));
    let parent = format!("r{}", rng.random_range(0..6));
    let place = match rng.random_range(0..3) {
        0 => "null, null".to_owned(),
        1 => format!("'{org}', null"),
        _ => "null, 'a/1'".to_owned(),
    };
    match rng.random_range(0..9) {
        0..=2 => format!(
            "insert into rbac.assignments (subject, role_id, organisation_id, resource)
            select '{subject}', id, {place} from rbac.roles where name = '{role}'"
        ),
        3 | 4 => format!(
            "insert into rbac.role_permissions select id, '{permission}' from rbac.roles where name = '{role}'"
        ),
        5 => format!(
            "insert into rbac.role_parents select r.id, p.id from rbac.roles r, rbac.roles p
            where r.name = '{role}' and p.name = '{parent}'"
        ),
        6 => format!("insert into rbac.roles (name, organisation_id) values ('{role}', '{org}')"),
        7 => format!(
            "select rbac.accept_invitation(token) from rbac.invite('{org}', null,
              (select id from rbac.roles where name = '{role}' limit 1))"
        ),
        _ => match rng.random_range(0..3) {
            0 => format!(
                "insert into rbac.memberships (organisation_id, subject) values ('{org}', '{subject}')"
            ),
            1 => format!("update rbac.roles set name = '{parent}' where name = '{role}'"),
            _ => format!(
                "delete from rbac.role_parents where role_id in (select id from rbac.roles where name = '{role}')"
            ),
        },
    }
}

/// Everybody may manage somewhere, and has something to give somewhere else.
async fn random_world(app: &TestRbac, rng: &mut StdRng) -> Vec<Uuid> {
    app.db
        .execute("truncate rbac.organisations, rbac.roles, rbac.memberships cascade")
        .await;
    let organisations = vec![
        app.organisation("x", &SUBJECTS).await,
        app.organisation("y", &SUBJECTS).await,
    ];
    for (index, permissions) in ROLES.iter().enumerate() {
        app.role(&format!("r{index}"), permissions).await;
    }
    for subject in SUBJECTS {
        for role in ["r0", ["r1", "r2", "r3"].choose(rng).expect("a role")] {
            let place = match rng.random_range(0..3) {
                0 => (String::new(), ""),
                1 => (organisations.choose(rng).expect("one").to_string(), ""),
                _ => (String::new(), "a/1"),
            };
            app.assign(subject, role, (&place.0, place.1)).await;
        }
    }
    organisations
}

/// Whatever somebody does, what anybody holds afterwards and did not before, who did it held before.
#[tokio::test]
async fn no_act_gives_more_than_its_actor_has() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    let (mut done, mut gained) = (0, 0);
    for seed in 0..12 {
        let mut rng = StdRng::seed_from_u64(seed);
        let organisations = random_world(&app, &mut rng).await;
        let mut before = holdings(&mut db).await;
        for _ in 0..40 {
            let actor = SUBJECTS.choose(&mut rng).expect("a subject");
            let act = random_act(&mut rng, &organisations);
            let own = app.rbac.grants_of(actor).await.expect("grants");
            let outcome = app.run(actor, &act).await;
            if !outcome.is_ok_and(|rows| rows > 0) {
                continue;
            }
            done += 1;
            let after = holdings(&mut db).await;
            for (subject, name, organisation, resource) in after.difference(&before) {
                gained += 1;
                let permission: Permission = name.parse().expect("a permission");
                let place = Place {
                    organisation: *organisation,
                    resource: resource.clone(),
                };
                assert!(
                    own.is_authorized(&permission, &place),
                    "seed {seed}: {actor} gave {subject} {name} in {place:?} by {act}"
                );
            }
            before = after;
        }
    }
    assert!(
        done > 20 && gained > 20,
        "{done} acts succeeded, {gained} holdings were gained"
    );
}
