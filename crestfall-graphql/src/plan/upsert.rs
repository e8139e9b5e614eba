//! `onConflict`: what an insert does about rows that are there already.

use super::{Condition, Planner};
use crate::document::Field;
use crate::model::upsert::{CONSTRAINT, ON_CONFLICT, UPDATE_COLUMNS, WHERE};
use crate::model::{EntityId, Field as FieldType};
use crate::refusal::Refusal;
use crate::value::{Data, Given};

/// An upsert.
#[derive(Debug)]
pub(crate) struct Conflict {
    /// Position among the entity's targets; none is any conflict.
    pub(crate) target: Option<usize>,
    /// What the row that is there takes over; none leaves it as it is.
    pub(crate) columns: Vec<usize>,
    /// What the row that is there must fulfil.
    pub(crate) filter: Vec<Condition>,
}

impl Planner<'_, '_> {
    /// The argument of an insert.
    pub(super) fn conflict(
        &mut self,
        field: &Field,
        of: &FieldType,
        entity: EntityId,
    ) -> Result<Option<Conflict>, Refusal> {
        let given = self.argument(field, of, ON_CONFLICT)?;
        self.conflict_of(entity, &given)
            .map_err(|refusal| refusal.below(ON_CONFLICT).with_path())
    }

    /// What is given as `onConflict`, checked already.
    pub(super) fn conflict_of(
        &mut self,
        entity: EntityId,
        given: &Given,
    ) -> Result<Option<Conflict>, Refusal> {
        let Data::Object(_) = &given.data else {
            return Ok(None);
        };
        let known = self.schema.entity(entity);
        let target = match given.member(CONSTRAINT).map(|value| &value.data) {
            Some(Data::Text(name)) => {
                let mut targets = known.conflict_targets.iter();
                targets.position(|target| target.name == *name)
            }
            _ => None,
        };
        let mut columns = Vec::new();
        if let Some(Data::List(items)) = given.member(UPDATE_COLUMNS).map(|value| &value.data) {
            for item in items {
                if let Data::Text(name) = &item.data {
                    columns.extend(known.column_position(name));
                }
            }
        }
        columns.sort_unstable();
        columns.dedup();
        if target.is_none() && !columns.is_empty() {
            return Err("updateColumns need a constraint that tells which row is meant".into());
        }
        let filter = match given.member(WHERE) {
            Some(filter) => self.filter(entity, filter)?,
            None => Vec::new(),
        };
        if columns.is_empty() && !filter.is_empty() {
            return Err("where needs updateColumns: without them nothing is updated".into());
        }
        Ok(Some(Conflict {
            target,
            columns,
            filter,
        }))
    }
}
