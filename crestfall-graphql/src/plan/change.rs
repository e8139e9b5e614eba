//! Inserts, updates and deletes.

use super::{Delete, Insert, Key, Planner, ResponseField, Root, Update, allow_arguments};
use crate::document::Field;
use crate::model::{
    EntityId, Field as FieldType, InputMeaning, InputObject, Kind, Meaning, TypeId,
};
use crate::refusal::Refusal;
use crate::selection::Selected;
use crate::value::{Data, Given, Recipe};
use crestfall_core::db::Param;

impl<'d> Planner<'_, 'd> {
    pub(super) fn insert(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
    ) -> Result<Root, Refusal> {
        allow_arguments(selected.field, field)?;
        let given = self.argument(selected.field, field, "objects")?;
        let schema = self.schema;
        let types = schema.entity(entity).types.insert.unwrap_or_default();
        let Kind::Input(object) = &schema.type_of(types[0]).kind else {
            return Err("Could not locate Insert Entity type".into());
        };
        let conflict = self.conflict(selected.field, field, entity)?;
        if names_related(object, &given) {
            let fields = self.response(selected, entity, types[1], "insert")?;
            let nested = self.insert_nested(entity, &given, conflict, fields)?;
            return Ok(Root::InsertNested(nested));
        }
        let mut objects = Vec::new();
        if let Data::List(items) = &given.data {
            for item in items.iter().filter(|item| !item.is_nothing()) {
                objects.push(values(object, item)?);
            }
        }
        if objects.is_empty() {
            return Err("At least one record must be provided to objects".into());
        }
        let mut columns: Vec<usize> = objects
            .iter()
            .flatten()
            .map(|(column, _)| *column)
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let row = |object: Vec<(usize, Option<Recipe>)>| {
            let mut row = vec![None; columns.len()];
            for (column, value) in object {
                if let Ok(place) = columns.binary_search(&column) {
                    row[place] = value;
                }
            }
            row
        };
        let rows = objects.into_iter().map(row).collect();
        Ok(Root::Insert(Insert {
            entity,
            rows,
            columns,
            conflict,
            fields: self.response(selected, entity, types[1], "insert")?,
        }))
    }

    pub(super) fn update(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
    ) -> Result<Root, Refusal> {
        allow_arguments(selected.field, field)?;
        let given = self.argument(selected.field, field, "set")?;
        let schema = self.schema;
        let types = schema.entity(entity).types.update.unwrap_or_default();
        let Kind::Input(object) = &schema.type_of(types[0]).kind else {
            return Err("Could not locate update entity type".into());
        };
        if names_related(object, &given) {
            return self.update_with_related(selected, field, entity, &given);
        }
        let set = given_values(object, &given)?;
        if set.is_empty() {
            return Err("At least one mapping must be provided to set argument".into());
        }
        let filter = self.argument(selected.field, field, "filter")?;
        Ok(Root::Update(Update {
            entity,
            set,
            filter: self.filter(entity, &filter)?,
            at_most: self.at_most(selected.field, field)?,
            fields: self.response(selected, entity, types[1], "update")?,
        }))
    }

    fn update_with_related(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
        set: &Given,
    ) -> Result<Root, Refusal> {
        let filter = self.argument(selected.field, field, "filter")?;
        let filter = self.filter(entity, &filter)?;
        let at_most = self.at_most(selected.field, field)?;
        let of = self.schema.entity(entity).types.update.unwrap_or_default()[1];
        let fields = self.response(selected, entity, of, "update")?;
        let nested = self.update_nested(entity, set, (filter, at_most), fields)?;
        Ok(Root::UpdateNested(nested))
    }

    pub(super) fn delete(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
    ) -> Result<Delete, Refusal> {
        allow_arguments(selected.field, field)?;
        let filter = self.argument(selected.field, field, "filter")?;
        let of = self.schema.entity(entity).types.delete.unwrap_or_default();
        Ok(Delete {
            entity,
            filter: self.filter(entity, &filter)?,
            at_most: self.at_most(selected.field, field)?,
            fields: self.response(selected, entity, of, "delete")?,
        })
    }

    /// How many rows may be changed: one unless more are allowed.
    fn at_most(&mut self, field: &Field, of: &FieldType) -> Result<Recipe, Refusal> {
        let is_given = field.arguments.iter().any(|(name, _)| &**name == "atMost");
        if !is_given || self.given(field, "atMost").is_absent() {
            // An absent variable is noted all the same.
            let _ = self.argument(field, of, "atMost");
            return Ok(Recipe::Constant(Param::from("1")));
        }
        let given = self.argument(field, of, "atMost")?;
        Recipe::of(&given)
    }

    fn response(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
        of: TypeId,
        verb: &str,
    ) -> Result<Vec<(Key, ResponseField)>, Refusal> {
        let schema = self.schema;
        let mut fields = Vec::new();
        let unknown = |_: &str, _: &str| format!("unknown field in {verb}");
        for (each, meaning) in self.members(selected, of, unknown)? {
            let field = match meaning {
                None => ResponseField::Typename(schema.type_of(of).name.clone()),
                Some(Meaning::Records) => ResponseField::Records(self.row(&each, entity)?),
                Some(_) => ResponseField::AffectedCount,
            };
            fields.push((each.key().clone(), field));
        }
        Ok(fields)
    }
}

/// Whether related rows are to be written too.
fn names_related(object: &InputObject, given: &Given) -> bool {
    let names = |(name, value): &(_, Given)| {
        let name: &std::sync::Arc<str> = name;
        let input = object.member(name);
        input.is_some_and(|input| matches!(input.meaning, InputMeaning::Link(_)))
            && !value.is_nothing()
    };
    match &given.data {
        Data::Object(members) => members.iter().any(names),
        Data::List(items) => items.iter().any(|item| names_related(object, item)),
        _ => false,
    }
}

/// Columns and their values, as far as there are values.
pub(super) fn given_values(
    object: &InputObject,
    given: &Given,
) -> Result<Vec<(usize, Recipe)>, Refusal> {
    let values = values(object, given)?.into_iter();
    Ok(values
        .filter_map(|(column, value)| Some((column, value?)))
        .collect())
}

/// Columns and their values; none where a variable was not given.
fn values(object: &InputObject, given: &Given) -> Result<Vec<(usize, Option<Recipe>)>, Refusal> {
    let Data::Object(members) = &given.data else {
        return Ok(Vec::new());
    };
    let mut values = Vec::with_capacity(members.len());
    for (name, value) in members {
        if let Some(InputMeaning::Column(column)) = object.member(name).map(|input| input.meaning) {
            let recipe = match value.is_absent() {
                true => None,
                false => Some(Recipe::of(value)?),
            };
            values.push((column, recipe));
        }
    }
    Ok(values)
}
