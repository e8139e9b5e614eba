//! The same question has the same answer by the model, in SQL and in Rust.

use std::collections::{BTreeMap, BTreeSet};

use crestfall_rbac::{Permission, Place};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::service::{TestRbac, identity};

const MODELS: u64 = 100;
const REQUESTS: usize = 100;

const SUBJECTS: [&str; 5] = ["ada", "bob", "cyd", "dan", "*"];
const WORDS: [&str; 3] = ["a", "b", "c"];
const RESOURCES: [&str; 4] = ["a/1", "a/2", "b/1", "a/1/2"];

/// A random world, kept as plainly as can be.
#[derive(Debug, Default)]
struct Model {
    organisations: Vec<Uuid>,
    roles: Vec<Role>,
    assignments: Vec<Assignment>,
}

#[derive(Debug)]
struct Role {
    id: Uuid,
    name: String,
    home: Option<Uuid>,
    permissions: BTreeSet<String>,
    parents: BTreeSet<usize>,
}

#[derive(Debug)]
struct Assignment {
    subject: &'static str,
    role: usize,
    organisation: Option<Uuid>,
    resource: Option<&'static str>,
    /// Hours from now.
    ends: Option<i32>,
}

#[derive(Debug)]
struct Request {
    subject: &'static str,
    permission: String,
    role: String,
    organisation: Option<Uuid>,
    resource: Option<&'static str>,
}

fn permission(rng: &mut StdRng) -> String {
    let mut part = || match rng.random_ratio(1, 5) {
        true => "*",
        false => WORDS.choose(rng).expect("a word"),
    };
    let resource = part();
    format!("{resource}:{}", part())
}

impl Model {
    fn random(rng: &mut StdRng) -> Self {
        let mut model = Self::default();
        let organisations = rng.random_range(1..4);
        model.organisations = (0..organisations)
            .map(|_| Uuid::from_u128(rng.random()))
            .collect();
        for index in 0..rng.random_range(1..8) {
            let home = rng
                .random_ratio(1, 4)
                .then(|| model.organisations.choose(rng).copied());
            let home = home.flatten();
            // A parent is made before its child, so there are no circles.
            let may = |above: &Role| above.home.is_none() || above.home == home;
            let parents = (0..index).filter(|above| may(&model.roles[*above]));
            let parents = parents.filter(|_| rng.random_ratio(1, 3)).collect();
            let permissions = (0..rng.random_range(0..4))
                .map(|_| permission(rng))
                .collect();
            model.roles.push(Role {
                id: Uuid::from_u128(rng.random()),
                name: format!("role{index}"),
                home,
                permissions,
                parents,
            });
        }
        for _ in 0..rng.random_range(0..10) {
            let role = rng.random_range(0..model.roles.len());
            let subject = SUBJECTS.choose(rng).expect("a subject");
            let home = model.roles[role].home;
            let (organisation, resource) = match (rng.random_range(0..3), home) {
                (_, Some(home)) if *subject != "*" => (Some(home), None),
                (_, Some(_)) => continue,
                (0, None) if *subject != "*" => (model.organisations.choose(rng).copied(), None),
                (1, None) => (None, RESOURCES.choose(rng).copied()),
                _ => (None, None),
            };
            model.assignments.push(Assignment {
                subject,
                role,
                organisation,
                resource,
                ends: rng
                    .random_ratio(1, 3)
                    .then(|| if rng.random() { 5 } else { -5 }),
            });
        }
        model
    }

    fn request(&self, rng: &mut StdRng) -> Request {
        let place = rng.random_range(0..4);
        let organisation = match rng.random_ratio(9, 10) {
            true => self.organisations.choose(rng).copied(),
            false => Some(Uuid::from_u128(rng.random())),
        };
        Request {
            subject: SUBJECTS[..4].choose(rng).expect("a subject"),
            permission: permission(rng),
            role: format!("role{}", rng.random_range(0..8)),
            organisation: organisation.filter(|_| place % 2 == 1),
            resource: RESOURCES.choose(rng).copied().filter(|_| place > 1),
        }
    }

    /// Roles with those above, by walking.
    fn closure(&self, role: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::from([role]);
        for parent in &self.roles[role].parents {
            all.extend(self.closure(*parent));
        }
        all
    }

    /// The roles that count for a request.
    fn roles(&self, request: &Request) -> BTreeSet<usize> {
        let counts = |assignment: &&Assignment| {
            let is_theirs = assignment.subject == request.subject || assignment.subject == "*";
            let holds = assignment.ends.is_none_or(|hours| hours > 0);
            let is_everywhere = assignment.organisation.is_none() && assignment.resource.is_none();
            let is_there = assignment.organisation.is_some()
                && assignment.organisation == request.organisation;
            let is_on = assignment.resource.is_some() && assignment.resource == request.resource;
            is_theirs && holds && (is_everywhere || is_there || is_on)
        };
        let counting = self.assignments.iter().filter(counts);
        counting
            .flat_map(|assignment| self.closure(assignment.role))
            .collect()
    }

    fn allows(&self, request: &Request) -> bool {
        let (resource, action) = request.permission.split_once(':').expect("two parts");
        let covers = |held: &String| {
            let (r, a) = held.split_once(':').expect("two parts");
            (r == "*" || r == resource) && (a == "*" || a == action)
        };
        let roles = self.roles(request);
        roles
            .iter()
            .any(|role| self.roles[*role].permissions.iter().any(covers))
    }

    fn has_role(&self, request: &Request) -> bool {
        let roles = self.roles(request);
        let known = |role: &usize| {
            let role = &self.roles[*role];
            role.home.is_none() && role.name == request.role
        };
        roles.iter().any(known)
    }

    async fn store(&self, db: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::raw_sql(
            "truncate rbac.organisations, rbac.roles, rbac.permissions, rbac.memberships cascade",
        )
        .execute(&mut *db)
        .await?;
        for id in &self.organisations {
            sqlx::query("insert into rbac.organisations (id, name, slug) values ($1, 'o', left(md5($1::text), 20))")
                .bind(id)
                .execute(&mut *db)
                .await?;
            sqlx::query("insert into rbac.memberships (organisation_id, subject) select $1, unnest($2::text[])")
                .bind(id)
                .bind(&SUBJECTS[..4])
                .execute(&mut *db)
                .await?;
        }
        let all = self
            .roles
            .iter()
            .flat_map(|role| role.permissions.iter().cloned());
        let all: Vec<String> = all.collect::<BTreeSet<_>>().into_iter().collect();
        sqlx::query("insert into rbac.permissions (name) select unnest($1::text[])")
            .bind(&all)
            .execute(&mut *db)
            .await?;
        for role in &self.roles {
            sqlx::query("insert into rbac.roles (id, name, organisation_id) values ($1, $2, $3)")
                .bind(role.id)
                .bind(&role.name)
                .bind(role.home)
                .execute(&mut *db)
                .await?;
            let permissions: Vec<&String> = role.permissions.iter().collect();
            sqlx::query("insert into rbac.role_permissions select $1, unnest($2::text[])")
                .bind(role.id)
                .bind(&permissions)
                .execute(&mut *db)
                .await?;
            let parents: Vec<Uuid> = role
                .parents
                .iter()
                .map(|above| self.roles[*above].id)
                .collect();
            sqlx::query("insert into rbac.role_parents select $1, unnest($2::uuid[])")
                .bind(role.id)
                .bind(&parents)
                .execute(&mut *db)
                .await?;
        }
        for assignment in &self.assignments {
            sqlx::query(
                "insert into rbac.assignments (subject, role_id, organisation_id, resource, expires_at)
                values ($1, $2, $3, $4, now() + make_interval(hours => $5)) on conflict do nothing",
            )
            .bind(assignment.subject)
            .bind(self.roles[assignment.role].id)
            .bind(assignment.organisation)
            .bind(assignment.resource)
            .bind(assignment.ends)
            .execute(&mut *db)
            .await?;
        }
        Ok(())
    }

    /// Of two assignments of the same, the database keeps the first.
    fn without_doubles(mut self) -> Self {
        let mut seen = BTreeSet::new();
        self.assignments
            .retain(|one| seen.insert((one.subject, one.role, one.organisation, one.resource)));
        self
    }
}

/// What the database decides, in the order of the requests.
async fn by_sql(app: &TestRbac, subject: &str, requests: &[&Request]) -> Vec<(bool, bool)> {
    let mut tx = app.tx(subject).await;
    let permissions: Vec<&str> = requests
        .iter()
        .map(|request| &*request.permission)
        .collect();
    let roles: Vec<&str> = requests.iter().map(|request| &*request.role).collect();
    let resources: Vec<Option<&str>> = requests.iter().map(|request| request.resource).collect();
    let places: Vec<Option<Uuid>> = requests
        .iter()
        .map(|request| request.organisation)
        .collect();
    sqlx::query_as(
        "select rbac.is_authorized(p, r, o), rbac.has_role(n, r, o)
        from unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) with ordinality asked (p, n, r, o, i)
        order by i",
    )
    .bind(permissions)
    .bind(roles)
    .bind(resources)
    .bind(places)
    .fetch_all(&mut *tx)
    .await
    .expect("decisions")
}

/// Section 6 of the features, and the example of "Rust decision == SQL decision": 10,000 cases.
#[tokio::test]
async fn the_model_sql_and_rust_decide_alike() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    let mut allowed = 0;
    for seed in 0..MODELS {
        let mut rng = StdRng::seed_from_u64(seed);
        let model = Model::random(&mut rng).without_doubles();
        model.store(&mut db).await.expect("the model is stored");
        let requests: Vec<Request> = (0..REQUESTS).map(|_| model.request(&mut rng)).collect();
        let mut by_subject: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
        for request in &requests {
            by_subject.entry(request.subject).or_default().push(request);
        }
        for (subject, requests) in by_subject {
            let grants = app.rbac.grants_of(subject).await.expect("grants");
            let sql = by_sql(&app, subject, &requests).await;
            for (request, sql) in requests.into_iter().zip(sql) {
                let permission: Permission = request.permission.parse().expect("a permission");
                let place = Place {
                    organisation: request.organisation,
                    resource: request.resource.map(str::to_owned),
                };
                let expected = (model.allows(request), model.has_role(request));
                let rust = (
                    grants.is_authorized(&permission, &place),
                    grants.has_role(&request.role, &place),
                );
                assert_eq!(sql, expected, "SQL, seed {seed}: {request:?} in {model:?}");
                assert_eq!(
                    rust, expected,
                    "Rust, seed {seed}: {request:?} in {model:?}"
                );
                allowed += usize::from(expected.0);
            }
        }
    }
    // The worlds are no deserts, and not open to all.
    let all = usize::try_from(MODELS).expect("few") * REQUESTS;
    assert!(
        allowed > all / 20 && allowed < all * 19 / 20,
        "{allowed} of {all}"
    );
}

/// What the sets say is what the single questions say.
#[tokio::test]
async fn sets_agree_with_single_decisions() {
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    for seed in 1000..1030 {
        let mut rng = StdRng::seed_from_u64(seed);
        let model = Model::random(&mut rng).without_doubles();
        model.store(&mut db).await.expect("the model is stored");
        for subject in &SUBJECTS[..4] {
            let mut tx = app.tx(subject).await;
            for permission in ["a:a", "b:c", "a:*"] {
                let (sets, singles): (bool, bool) = sqlx::query_as(
                    "select bool_and(o.id = any (rbac.organisations($1))
                        = rbac.is_authorized($1, organisation => o.id)),
                      (select bool_and(split_part(r, '/', 2) = any (rbac.resources($1))
                          or rbac.is_authorized($1) or not rbac.is_authorized($1, r))
                       from unnest(array['a/1', 'a/2']) r where $1 like 'a:%')
                      is not false
                    from rbac.organisations o",
                )
                .bind(permission)
                .fetch_one(&mut *tx)
                .await
                .expect("sets");
                assert!(
                    sets && singles,
                    "seed {seed}, {subject}, {permission}: {model:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn nobody_anonymous_may_anything_and_the_service_role_everything() {
    let app = TestRbac::new().await;
    let any: Permission = "invoice:read".parse().expect("a permission");
    // Everybody who is signed in is not everybody.
    app.role("reader", &["invoice:read"]).await;
    app.assign("*", "reader", ("", "")).await;
    for (claims, expected) in [
        (json!({ "role": "anon" }), false),
        (json!({}), false),
        (json!({ "sub": "" }), false),
        (json!({ "sub": "*" }), false),
        (json!({ "sub": ["ada"] }), false),
        (json!({ "sub": "ada" }), true),
        (json!({ "api_key_id": "k" }), true),
        (json!({ "role": "service_role" }), true),
    ] {
        let caller = identity(&claims);
        let mut tx = app.tx_as(&caller).await;
        let sql: bool = sqlx::query_scalar("select rbac.is_authorized('invoice:read')")
            .fetch_one(&mut *tx)
            .await
            .expect("a decision");
        let grants = app.rbac.grants(&caller).await.expect("grants");
        let rust = grants.is_authorized(&any, &Place::everywhere());
        assert_eq!((sql, rust), (expected, expected), "{claims}");
    }
}

#[tokio::test]
async fn what_is_no_permission_is_an_error_and_not_a_quiet_no() {
    let app = TestRbac::new().await;
    for wrong in ["invoice", "Invoice:read", "inv*:read", ""] {
        let asked = app
            .run("ada", &format!("select rbac.is_authorized('{wrong}')"))
            .await;
        assert_eq!(asked, Err("22023".to_owned()), "{wrong}");
    }
}

/// What is above a role is kept by triggers: it is what walking finds, whatever was done.
#[tokio::test]
async fn the_closure_of_roles_is_what_walking_finds() {
    const WALKED: &str = "with recursive above (role_id, id) as (
          select id, id from rbac.roles
          union
          select above.role_id, p.parent_id
          from above join rbac.role_parents p on p.role_id = above.id
        ), difference as (
          (select * from above except select * from rbac.role_closure)
          union all (select * from rbac.role_closure except select * from above)
        )
        select count(*) from difference";
    let app = TestRbac::new().await;
    let mut db = app.db.connect().await;
    let mut rng = StdRng::seed_from_u64(7);
    let mut refused = 0;
    for step in 0..300 {
        let mut role = || format!("r{}", rng.random_range(0..9));
        let (one, other) = (role(), role());
        let act = match rng.random_range(0..10) {
            0 => format!("insert into rbac.roles (name) values ('{one}')"),
            1 => format!("delete from rbac.roles where name in ('{one}', '{other}')"),
            2 => "delete from rbac.role_parents where random() < 0.3".to_owned(),
            3 if step % 50 == 0 => "truncate rbac.role_parents".to_owned(),
            _ => format!(
                "insert into rbac.role_parents select a.id, b.id from rbac.roles a, rbac.roles b
                where a.name = '{one}' and b.name in ('{other}', 'r1') on conflict do nothing"
            ),
        };
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(act.clone()))
            .execute(&mut db)
            .await;
        refused += usize::from(done.is_err());
        let wrong: i64 = sqlx::query_scalar(WALKED)
            .fetch_one(&mut db)
            .await
            .expect("a count");
        assert_eq!(wrong, 0, "step {step}: {act}");
    }
    assert!(refused < 200, "{refused} of 300 were refused");
}

/// Decisions run as the owner of the tables and set no search path: what stands in the caller's must not
/// be called, nor answer in the place of PostgreSQL's own.
#[tokio::test]
async fn whoever_sets_the_search_path_decides_nothing() {
    let app = TestRbac::new().await;
    app.role("clerk", &["invoice:read"]).await;
    app.assign("bob", "clerk", ("", "")).await;
    app.db
        .execute(
            "create schema evil;
            create function evil.yes(text, text) returns boolean language plpgsql as
              $$ begin raise exception 'called'; end $$;
            create function evil.yes(jsonb, text) returns boolean language plpgsql as
              $$ begin raise exception 'called'; end $$;
            create function evil.yes(uuid, uuid) returns boolean language plpgsql as
              $$ begin raise exception 'called'; end $$;
            create function evil.yes(int, int) returns boolean language plpgsql as
              $$ begin raise exception 'called'; end $$;
            create function evil.yes(timestamptz, timestamptz) returns boolean language plpgsql as
              $$ begin raise exception 'called'; end $$;
            create domain evil.text as pg_catalog.text check (evil.yes(value::pg_catalog.text, ''));
            create domain evil.jsonb as pg_catalog.jsonb check (evil.yes(value::pg_catalog.jsonb, ''));
            create domain evil.uuid as pg_catalog.uuid check (evil.yes('', ''));
            create domain evil.name as pg_catalog.name check (evil.yes('', ''));
            create function evil.current_setting(pg_catalog.text, boolean default true) returns pg_catalog.text
              language sql as 'select ''service_role''::pg_catalog.text';
            grant usage on schema evil to public",
        )
        .await;
    for operator in ["=", "<>", "~", "||", "->", ">", "<=", "&&", "-"] {
        for kind in ["text", "uuid", "int", "timestamptz"] {
            app.db
                .execute(&format!(
                    "create operator evil.{operator} (function = evil.yes, leftarg = pg_catalog.{kind},
                    rightarg = pg_catalog.{kind})",
                    kind = if kind == "int" { "int4" } else { kind }
                ))
                .await;
        }
        app.db
            .execute(&format!(
                "create operator evil.{operator} (function = evil.yes, leftarg = pg_catalog.jsonb,
                rightarg = pg_catalog.text)"
            ))
            .await;
    }
    for (subject, expected) in [("ada", false), ("bob", true)] {
        for question in [
            "rbac.is_authorized('invoice:read')",
            "rbac.is_authorized('invoice:read', 'invoice/1', '00000000-0000-0000-0000-000000000000')",
            "pg_catalog.cardinality(rbac.organisations('invoice:read')) operator(pg_catalog.>=) 0
              and rbac.is_authorized('invoice:read')",
        ] {
            let mut tx = app.tx(subject).await;
            sqlx::raw_sql("set local search_path = evil, pg_catalog")
                .execute(&mut *tx)
                .await
                .expect("set");
            let query = sqlx::AssertSqlSafe(format!("select {question}"));
            let allowed: bool = sqlx::query_scalar(query)
                .fetch_one(&mut *tx)
                .await
                .unwrap_or_else(|error| panic!("{question}: {error}"));
            assert_eq!(allowed, expected, "{subject} {question}");
        }
    }
}
