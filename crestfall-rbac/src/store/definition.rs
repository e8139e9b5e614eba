//! What a definition is compared with, and applying it. As the owner of the schema, not as a caller.

use std::collections::BTreeSet;

use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection};

use crate::definition::Definition;
use crate::permission::Permission;
use crate::plan::{Change, Known, KnownRole, Plan, State};

/// Becomes the owner of the schema until the transaction ends, if the user may.
const BECOME_OWNER: &str = "
    select set_config('role', rolname, true) from pg_roles
    where rolname = 'crestfall_rbac' and pg_has_role(session_user, oid, 'member')";

/// One at a time.
const LOCK: &str = "select pg_advisory_xact_lock(7166173019)";

/// Why a definition was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database holds something else than when the plan was made.
    #[error("the database has changed since the plan was shown; nothing was done")]
    Changed(Plan),
    /// The database could not be asked, or refused; nothing was done.
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

impl Definition {
    /// What applying it would change. The connection's user owns the schema `rbac`, or may become
    /// `crestfall_rbac`.
    ///
    /// # Errors
    /// The database could not be asked.
    pub async fn plan(&self, db: &mut PgConnection) -> Result<Plan, sqlx::Error> {
        let mut tx = db.begin().await?;
        become_owner(&mut tx).await?;
        plan(&mut tx, self).await
    }

    /// Does what a plan says, all or nothing.
    ///
    /// # Errors
    /// See [`ApplyError`].
    pub async fn apply(&self, db: &mut PgConnection, shown: &Plan) -> Result<(), ApplyError> {
        let mut tx = db.begin().await?;
        become_owner(&mut tx).await?;
        sqlx::query(LOCK).execute(&mut *tx).await?;
        let now = plan(&mut tx, self).await?;
        if now.changes != shown.changes {
            return Err(ApplyError::Changed(now));
        }
        for change in &now.changes {
            perform(&mut tx, change).await?;
        }
        sqlx::query(
            "insert into rbac.applied_definition (definition) values ($1)
            on conflict (id) do update set definition = excluded.definition, applied_at = now()",
        )
        .bind(Json(self))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

pub(crate) async fn become_owner(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(BECOME_OWNER).execute(db).await.map(drop)
}

async fn plan(db: &mut PgConnection, wanted: &Definition) -> sqlx::Result<Plan> {
    let last: Option<Json<Definition>> =
        sqlx::query_scalar("select definition from rbac.applied_definition")
            .fetch_optional(&mut *db)
            .await?;
    let state = state(db).await?;
    Ok(Plan::new(wanted, &state, last.as_deref()))
}

#[derive(sqlx::FromRow)]
struct PermissionState {
    name: String,
    description: String,
    managed: bool,
    in_use: bool,
}

#[derive(sqlx::FromRow)]
struct RoleState {
    name: String,
    description: String,
    managed: bool,
    permissions: Vec<String>,
    parents: Vec<String>,
    assignments: i64,
}

async fn state(db: &mut PgConnection) -> sqlx::Result<State> {
    let permissions: Vec<PermissionState> = sqlx::query_as(
        "select name, description, managed, exists (
          select from rbac.role_permissions r join rbac.roles role on role.id = r.role_id
          where r.permission = name and (role.organisation_id is not null
            or not role.managed and not role.built_in)
        ) as in_use
        from rbac.permissions",
    )
    .fetch_all(&mut *db)
    .await?;
    let roles: Vec<RoleState> = sqlx::query_as(include_str!("definition_roles.sql"))
        .fetch_all(db)
        .await?;
    let mut state = State::default();
    for row in permissions {
        let known = Known {
            description: row.description,
            managed: row.managed,
            in_use: row.in_use,
        };
        state.permissions.insert(read(&row.name)?, known);
    }
    for row in roles {
        let permissions = row.permissions.iter().map(|name| read(name));
        let known = KnownRole {
            description: row.description,
            managed: row.managed,
            permissions: permissions.collect::<sqlx::Result<BTreeSet<_>>>()?,
            parents: row.parents.into_iter().collect(),
            assignments: row.assignments,
        };
        state.roles.insert(row.name, known);
    }
    Ok(state)
}

/// A permission that the database's own check let in.
fn read(name: &str) -> sqlx::Result<Permission> {
    name.parse()
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

async fn perform(db: &mut PgConnection, change: &Change) -> sqlx::Result<()> {
    let (statement, first, second) = match change {
        Change::Declare {
            permission,
            description,
            ..
        } => (
            "insert into rbac.permissions (name, description, managed) values ($1, $2, true)
            on conflict (name) do update set description = excluded.description, managed = true",
            permission.as_str(),
            description.as_str(),
        ),
        Change::Make {
            role, description, ..
        } => (
            "insert into rbac.roles (name, description, managed) values ($1, $2, true)
            on conflict (name) where organisation_id is null
            do update set description = excluded.description, managed = true",
            role.as_str(),
            description.as_str(),
        ),
        Change::Give { role, permission } => (
            "insert into rbac.role_permissions (role_id, permission)
            select id, $2 from rbac.roles where name = $1 and organisation_id is null",
            role.as_str(),
            permission.as_str(),
        ),
        Change::Take { role, permission } => (
            "delete from rbac.role_permissions r using rbac.roles role
            where role.id = r.role_id and role.name = $1 and role.organisation_id is null
              and r.permission = $2",
            role.as_str(),
            permission.as_str(),
        ),
        Change::Inherit { role, parent } => (
            "insert into rbac.role_parents (role_id, parent_id)
            select role.id, parent.id from rbac.roles role, rbac.roles parent
            where role.name = $1 and role.organisation_id is null
              and parent.name = $2 and parent.organisation_id is null",
            role.as_str(),
            parent.as_str(),
        ),
        Change::Disinherit { role, parent } => (
            "delete from rbac.role_parents p using rbac.roles role, rbac.roles parent
            where role.id = p.role_id and role.name = $1 and role.organisation_id is null
              and parent.id = p.parent_id and parent.name = $2",
            role.as_str(),
            parent.as_str(),
        ),
        Change::Remove { role, .. } => (
            "delete from rbac.roles where name = $1 and organisation_id is null and $2 = ''",
            role.as_str(),
            "",
        ),
        Change::Retract { permission } => (
            "delete from rbac.permissions where name = $1 and $2 = ''",
            permission.as_str(),
            "",
        ),
    };
    sqlx::query(statement)
        .bind(first)
        .bind(second)
        .execute(db)
        .await
        .map(drop)
}
