//! Every role × resource × action × place, as a file that reviews can read.
//! `CRESTFALL_WRITE_GOLDEN=1` writes it anew.

use std::fmt::Write as _;

use crestfall_rbac::{Definition, Grants, Permission, Place};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{TestRbac, identity};

const FILE: &str = r#"
    [permissions]
    "invoice:read" = ""
    "invoice:create" = ""
    "invoice:update" = ""
    "invoice:delete" = ""
    "payment:read" = ""
    "payment:create" = ""

    [roles.clerk]
    permissions = ["invoice:read", "invoice:create"]

    [roles.accountant]
    parents = ["clerk"]
    permissions = ["invoice:*", "payment:create"]

    [roles.auditor]
    permissions = ["*:read"]

    [roles.nothing]

    [roles.organisation-owner]
    permissions = ["invoice:*", "payment:*"]
"#;

const ROLES: [&str; 7] = [
    "nothing",
    "clerk",
    "accountant",
    "auditor",
    "organisation-member",
    "organisation-owner",
    "administrator",
];
const RESOURCES: [&str; 8] = [
    "invoice",
    "payment",
    "rbac.assignment",
    "rbac.member",
    "rbac.organisation",
    "rbac.permission",
    "rbac.role",
    "rbac.service_account",
];
const ACTIONS: [&str; 6] = ["read", "create", "update", "delete", "write", "*"];

struct Matrix {
    app: TestRbac,
    acme: Uuid,
    other: Uuid,
    text: String,
}

impl Matrix {
    async fn row(&mut self, title: &str, claims: &Value) {
        let caller = identity(claims);
        let grants = self.app.rbac.grants(&caller).await.expect("grants");
        for (name, place) in [
            ("everywhere", Place::everywhere()),
            ("in acme", Place::organisation(self.acme)),
            ("in other", Place::organisation(self.other)),
            ("on invoice/1", Place::resource("invoice/1")),
        ] {
            for resource in RESOURCES {
                let allowed = self.allowed(claims, &grants, resource, &place).await;
                if !allowed.is_empty() {
                    let list = allowed.join(" ");
                    writeln!(self.text, "{title:<38} {name:<13} {resource:<20} {list}")
                        .expect("text");
                }
            }
        }
    }

    /// Actions, as both ways decide.
    async fn allowed(
        &self,
        claims: &Value,
        grants: &Grants,
        resource: &str,
        place: &Place,
    ) -> Vec<&'static str> {
        let asked: Vec<String> = ACTIONS
            .iter()
            .map(|action| format!("{resource}:{action}"))
            .collect();
        let mut tx = self.app.tx_as(&identity(claims)).await;
        let sql: Vec<bool> = sqlx::query_scalar(
            "select rbac.is_authorized(p, $2, $3) from unnest($1::text[]) with ordinality a (p, i) order by i",
        )
        .bind(&asked)
        .bind(&place.resource)
        .bind(place.organisation)
        .fetch_all(&mut *tx)
        .await
        .expect("decisions");
        let rust: Vec<bool> = asked
            .iter()
            .map(|text| text.parse::<Permission>().expect("a permission"))
            .map(|permission| grants.is_authorized(&permission, place))
            .collect();
        assert_eq!(sql, rust, "{claims} {resource} {place:?}");
        let pairs = ACTIONS.into_iter().zip(sql);
        pairs
            .filter(|(_, allowed)| *allowed)
            .map(|(action, _)| action)
            .collect()
    }
}

#[tokio::test]
async fn who_may_do_what_is_as_it_was() {
    let app = TestRbac::new().await;
    let definition = Definition::parse(FILE).expect("a definition");
    let mut db = app.db.connect().await;
    let plan = definition.plan(&mut db).await.expect("a plan");
    definition.apply(&mut db, &plan).await.expect("applied");
    let members: Vec<String> = ROLES.iter().map(|role| format!("{role}-here")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let acme = app.organisation("acme", &members).await;
    let other = app.organisation("other", &[]).await;
    for role in ROLES {
        app.assign(&format!("{role}-all"), role, ("", "")).await;
        app.assign(&format!("{role}-here"), role, (&acme.to_string(), ""))
            .await;
        app.assign(&format!("{role}-one"), role, ("", "invoice/1"))
            .await;
    }
    let mut matrix = Matrix {
        app,
        acme,
        other,
        text: String::new(),
    };
    matrix.row("anonymous", &json!({ "role": "anon" })).await;
    matrix.row("signed in", &json!({ "sub": "nobody" })).await;
    matrix
        .row("service_role", &json!({ "role": "service_role" }))
        .await;
    for role in ROLES {
        for (suffix, where_held) in [
            ("all", "everywhere"),
            ("here", "in acme"),
            ("one", "on invoice/1"),
        ] {
            let subject = format!("{role}-{suffix}");
            matrix
                .row(&format!("{role} {where_held}"), &json!({ "sub": subject }))
                .await;
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/matrix.txt");
    if std::env::var_os("CRESTFALL_WRITE_GOLDEN").is_some() {
        std::fs::write(path, &matrix.text).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        golden == matrix.text,
        "who may do what has changed; look with CRESTFALL_WRITE_GOLDEN=1 and git diff"
    );
}
