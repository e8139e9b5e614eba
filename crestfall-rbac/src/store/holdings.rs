//! What a subject holds.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use uuid::Uuid;

use crate::grants::{Grants, Place};

#[derive(sqlx::FromRow)]
struct Holding {
    kind: String,
    name: String,
    organisation_id: Option<Uuid>,
    resource: Option<String>,
    seconds_left: Option<f64>,
}

/// Everything that a subject may do now. One round trip.
pub(crate) async fn load(pool: &PgPool, subject: &str) -> sqlx::Result<Grants> {
    let asked = Instant::now();
    let rows: Vec<Holding> = sqlx::query_as(
        "select kind, name, organisation_id, resource, seconds_left from rbac.holdings($1)",
    )
    .bind(subject)
    .fetch_all(pool)
    .await?;
    let mut grants = Grants::none();
    for row in rows {
        if let Some(seconds) = row.seconds_left {
            // What lasts longer than Duration knows lasts.
            if let Ok(left) = Duration::try_from_secs_f64(seconds.clamp(0.0, 1e9)) {
                grants.end_at(asked + left);
            }
        }
        let place = Place {
            organisation: row.organisation_id,
            resource: row.resource,
        };
        match (row.kind.as_str(), row.organisation_id) {
            ("permission", _) => grants.add_permission(&row.name, place),
            ("role", _) => grants.add_role(&row.name, place),
            ("member", Some(organisation)) => grants.add_membership(organisation),
            _ => {}
        }
    }
    Ok(grants)
}
