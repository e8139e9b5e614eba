//! Changes of rows that are there, from what is given for them.

use crestfall_core::db::Param;

use super::{Follow, Matching, NestedUpdate, RowChange, links_given, told};
use crate::model::nested::{AT_MOST, DELETE, FILTER, INSERT, SET, UPDATE};
use crate::model::{EntityId, Kind, Link};
use crate::plan::change::given_values;
use crate::plan::{Key, NewRows, Planner, ResponseField};
use crate::refusal::Refusal;
use crate::value::{Data, Given, Recipe};

impl Planner<'_, '_> {
    /// An update whose argument `set` names related rows.
    pub(in crate::plan) fn update_nested(
        &mut self,
        entity: EntityId,
        set: &Given,
        (filter, at_most): Matching,
        fields: Vec<(Key, ResponseField)>,
    ) -> Result<NestedUpdate, Refusal> {
        let change = self.row_change(entity, set, "set")?;
        let change = RowChange {
            filter,
            at_most: Some(at_most),
            ..change
        };
        Ok(NestedUpdate { change, fields })
    }

    /// What is given as `set` of rows that are there.
    fn row_change(
        &mut self,
        entity: EntityId,
        set: &Given,
        path: &str,
    ) -> Result<RowChange, Refusal> {
        let schema = self.schema;
        let [input, _] = schema.entity(entity).types.update.unwrap_or_default();
        let Kind::Input(object) = &schema.type_of(input).kind else {
            return Err("Could not locate update entity type".into());
        };
        let mut change = RowChange {
            entity,
            path: path.into(),
            set: given_values(object, set)?,
            filter: Vec::new(),
            at_most: None,
            before: Vec::new(),
            after: Vec::new(),
        };
        for (link, given) in links_given(schema.entity(entity), object, set) {
            let path = format!("{path}.{}", link.field);
            match link.is_many {
                true => self.change_many(link, given, &path, &mut change)?,
                false => self.change_one(link, given, &path, &mut change)?,
            }
        }
        if change.set.is_empty() && change.before.is_empty() && change.after.is_empty() {
            return Err(told(path, "at least one mapping must be provided"));
        }
        let given = change.set.iter().map(|(column, _)| *column);
        self.check_given(entity, given, path, None, &change.before)?;
        Ok(change)
    }

    /// `{set, insert}`: the row that is there, or a new one.
    fn change_one(
        &mut self,
        link: &Link,
        given: &Given,
        path: &str,
        change: &mut RowChange,
    ) -> Result<(), Refusal> {
        let relation = &link.relation;
        let (set, insert) = (given.member(SET), given.member(INSERT));
        if set.is_some() && insert.is_some() && relation.refers {
            let message = "either the row that it refers to is changed (set), or it refers to a new one (insert)";
            return Err(told(path, message));
        }
        if let Some(set) = set {
            let path = format!("{path}.{SET}");
            let below = self.row_change(relation.target, set, &path)?;
            change.after.push((relation.clone(), Follow::Update(below)));
        }
        if let Some(insert) = insert {
            let rows = self.replacing(link, insert, path)?;
            match relation.refers {
                true => change.before.push((relation.clone(), rows)),
                false => change.after.push((relation.clone(), Follow::Insert(rows))),
            }
        }
        Ok(())
    }

    /// `{delete, update, insert}`, in this order whatever order they are given in: what is to go makes
    /// room for what is to come, and what has come is not changed at once.
    fn change_many(
        &mut self,
        link: &Link,
        given: &Given,
        path: &str,
        change: &mut RowChange,
    ) -> Result<(), Refusal> {
        let relation = &link.relation;
        if let Some(delete) = given.member(DELETE) {
            let (filter, at_most) = self.matching(relation.target, delete)?;
            let path = format!("{path}.{DELETE}").into();
            let delete = Follow::Delete {
                path,
                filter,
                at_most,
            };
            change.after.push((relation.clone(), delete));
        }
        let updates = match given.member(UPDATE).map(|updates| &updates.data) {
            Some(Data::List(items)) => items.as_slice(),
            _ => &[],
        };
        for (index, update) in updates.iter().enumerate() {
            let none = Given::absent();
            let set = update.member(SET).unwrap_or(&none);
            let (filter, at_most) = self.matching(relation.target, update)?;
            let path = format!("{path}.{UPDATE}[{index}].{SET}");
            let below = RowChange {
                filter,
                at_most: Some(at_most),
                ..self.row_change(relation.target, set, &path)?
            };
            change.after.push((relation.clone(), Follow::Update(below)));
        }
        if let Some(insert) = given.member(INSERT) {
            let rows = self.replacing(link, insert, path)?;
            change.after.push((relation.clone(), Follow::Insert(rows)));
        }
        Ok(())
    }

    fn replacing(&mut self, link: &Link, insert: &Given, path: &str) -> Result<NewRows, Refusal> {
        let path = format!("{path}.{INSERT}");
        match link.replaces {
            true => self.inserted(link, insert, &path),
            false => Err(told(&path, "no row can be inserted here")),
        }
    }

    /// `filter` and `atMost`, which is one unless more are allowed.
    fn matching(&mut self, entity: EntityId, given: &Given) -> Result<Matching, Refusal> {
        let filter = match given.member(FILTER) {
            Some(filter) => self.filter(entity, filter)?,
            None => Vec::new(),
        };
        let at_most = match given.member(AT_MOST) {
            Some(at_most) => Recipe::of(at_most)?,
            None => Recipe::Constant(Param::from("1")),
        };
        Ok((filter, at_most))
    }
}
