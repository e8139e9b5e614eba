//! Rows to insert, from what is given for them.

use std::sync::Arc;

use super::{NestedInsert, NewRow, NewRows, links_given, told};
use crate::model::nested::DATA;
use crate::model::upsert::ON_CONFLICT;
use crate::model::{EntityId, Kind, Link, Relation};
use crate::plan::change::given_values;
use crate::plan::{Conflict, Key, Planner, ResponseField};
use crate::refusal::Refusal;
use crate::value::{Data, Given};

impl Planner<'_, '_> {
    /// An insert whose argument `objects` names related rows.
    pub(in crate::plan) fn insert_nested(
        &mut self,
        entity: EntityId,
        objects: &Given,
        conflict: Option<Conflict>,
        fields: Vec<(Key, ResponseField)>,
    ) -> Result<NestedInsert, Refusal> {
        let rows = self.new_rows(entity, objects, conflict, "objects", None)?;
        Ok(NestedInsert { rows, fields })
    }

    /// The rows of a list, or the one of an object. `above` leads to them.
    fn new_rows(
        &mut self,
        entity: EntityId,
        given: &Given,
        conflict: Option<Conflict>,
        path: &str,
        above: Option<&Relation>,
    ) -> Result<NewRows, Refusal> {
        let rows = match &given.data {
            Data::List(items) => {
                let items = items.iter().enumerate();
                let items = items.filter(|(_, item)| !item.is_nothing());
                items
                    .map(|(index, item)| {
                        self.new_row(entity, item, format!("{path}[{index}]"), above)
                    })
                    .collect::<Result<Vec<_>, _>>()?
            }
            _ => vec![self.new_row(entity, given, path.to_owned(), above)?],
        };
        Ok(NewRows {
            entity,
            conflict: conflict.map(Arc::new),
            rows,
        })
    }

    fn new_row(
        &mut self,
        entity: EntityId,
        given: &Given,
        path: String,
        above: Option<&Relation>,
    ) -> Result<NewRow, Refusal> {
        let schema = self.schema;
        let [input, _] = schema.entity(entity).types.insert.unwrap_or_default();
        let Kind::Input(object) = &schema.type_of(input).kind else {
            return Err("Could not locate Insert Entity type".into());
        };
        let mut row = NewRow {
            values: given_values(object, given)?,
            path: path.into(),
            before: Vec::new(),
            after: Vec::new(),
        };
        for (link, given) in links_given(schema.entity(entity), object, given) {
            let path = format!("{}.{}", row.path, link.field);
            if !link.inserts {
                return Err(told(&path, "no row can be inserted here"));
            }
            if above.is_some_and(|above| is_way_back(above, &link.relation)) {
                return Err(told(&path, "it is the row above"));
            }
            let rows = self.inserted(link, given, &path)?;
            match link.relation.refers {
                true => row.before.push((link.relation.clone(), rows)),
                false => row.after.push((link.relation.clone(), rows)),
            }
        }
        let given = row.values.iter().map(|(column, _)| *column);
        self.check_given(entity, given, &row.path, above, &row.before)?;
        Ok(row)
    }

    /// What is given as `{data, onConflict}`.
    pub(super) fn inserted(
        &mut self,
        link: &Link,
        given: &Given,
        path: &str,
    ) -> Result<NewRows, Refusal> {
        let target = link.relation.target;
        let conflict = match given.member(ON_CONFLICT) {
            Some(conflict) => self.conflict_of(target, conflict).map_err(|refusal| {
                let refusal = refusal.below(format!("{path}.{ON_CONFLICT}"));
                refusal.with_path()
            })?,
            None => None,
        };
        let none = Given::absent();
        let data = given.member(DATA).unwrap_or(&none);
        let above = (!link.relation.refers).then_some(&*link.relation);
        self.new_rows(target, data, conflict, &format!("{path}.{DATA}"), above)
    }

    /// Refuses values for columns that related rows decide, and relations that are decided twice.
    pub(super) fn check_given(
        &self,
        entity: EntityId,
        given: impl Iterator<Item = usize>,
        path: &str,
        above: Option<&Relation>,
        before: &[(Arc<Relation>, NewRows)],
    ) -> Result<(), Refusal> {
        let entity = self.schema.entity(entity);
        for column in given {
            let column = &entity.columns[column];
            let path = format!("{path}.{}", column.field);
            let is_of_above = |above: &Relation| {
                let mut columns = above.columns.iter();
                columns.any(|(_, there)| *there == column.name)
            };
            if above.is_some_and(is_of_above) {
                return Err(told(&path, "its value comes from the row above"));
            }
            let decides = |(relation, _): &&(Arc<Relation>, NewRows)| {
                let mut columns = relation.columns.iter();
                columns.any(|(here, _)| *here == column.name)
            };
            if let Some((relation, _)) = before.iter().find(decides) {
                let links = entity.links.iter();
                let mut fields = links.filter(|link| Arc::ptr_eq(&link.relation, relation));
                let field = fields.next().map_or("", |link| &link.field);
                let message = format!("its value comes from `{field}`");
                return Err(told(&path, &message));
            }
        }
        Ok(())
    }
}

/// Whether a relation leads from a row to the one above it, by the very key that leads down.
fn is_way_back(above: &Relation, relation: &Relation) -> bool {
    let down = above.columns.iter().map(|(here, there)| (there, here));
    let up = relation.columns.iter().map(|(here, there)| (here, there));
    relation.refers && !above.refers && down.eq(up)
}
