//! What an insert may do about rows that are there already.

use std::sync::Arc;

use super::build::Builder;
use super::{
    ConflictTarget, EntityId, EnumType, EnumValue, Input, InputMeaning, InputObject, Kind, TypeId,
    TypeRef, name,
};

/// The member that names the unique index.
pub(crate) const CONSTRAINT: &str = "constraint";

/// The member that names the columns to change.
pub(crate) const UPDATE_COLUMNS: &str = "updateColumns";

/// The member that says which rows are changed.
pub(crate) const WHERE: &str = "where";

/// The argument, and the member of inputs for related rows.
pub(crate) const ON_CONFLICT: &str = "onConflict";

impl Builder<'_> {
    /// Gives the tables into which the role may insert their types for upserts.
    pub(super) fn upserts(&mut self) {
        for id in 0..self.entities.len() {
            let entity = &self.entities[id];
            // A view has no unique index to infer, and one with triggers takes no ON CONFLICT.
            let is_wanted = entity.extended && entity.is_listed && !entity.table.is_view;
            if is_wanted && entity.types.insert.is_some() {
                self.upsert(id);
            }
        }
    }

    fn upsert(&mut self, id: EntityId) {
        self.entities[id].conflict_targets = self.conflict_targets(id);
        let entity = &self.entities[id];
        let (base, hidden) = (entity.type_name.clone(), entity.hidden);
        let filter = TypeRef::Named(entity.types.filter);
        let targets = entity.conflict_targets.iter();
        let targets: Vec<EnumValue> = targets
            .map(|target| value(&target.name, &target.name))
            .collect();
        // PostgreSQL reads what it would have inserted: the role must be allowed to.
        let columns = entity.columns.iter().filter(|column| {
            column.updatable && column.selectable && name::is_valid(&column.field)
        });
        let columns: Vec<EnumValue> = columns
            .map(|column| value(&column.field, &column.name))
            .collect();
        // Whether a row is there tells about its keys.
        if targets.is_empty() {
            return;
        }
        let text = format!("Unique keys of `{base}`");
        let of = self.named_values(&format!("{base}Constraint"), &text, targets, hidden);
        let mut members = vec![
            Input::new(CONSTRAINT, TypeRef::Named(of), InputMeaning::Plain)
                .described("The key that tells that a row is there; any when it is left out"),
        ];
        if !columns.is_empty() {
            let text = format!("Columns of `{base}` that may be updated");
            let of = self.named_values(&format!("{base}UpdateColumn"), &text, columns, hidden);
            let of = TypeRef::Named(of).non_null().list().non_null();
            members.push(
                Input::new(UPDATE_COLUMNS, of, InputMeaning::Plain)
                    .described("What the row that is there takes over; none leaves it as it is")
                    .defaulting("[]"),
            );
            members.push(
                Input::new(WHERE, filter, InputMeaning::Plain)
                    .described("A row that is there and does not match is left as it is"),
            );
        }
        let text = format!("What becomes of a `{base}` that is there already");
        let name = format!("{base}OnConflict");
        let of = self.add(&name, Some(&text), Kind::Input(InputObject::new(members)));
        self.hide(of, hidden);
        self.entities[id].types.on_conflict = Some(of);
    }

    /// The unique indexes all of whose columns the role may read, since PostgreSQL compares them.
    fn conflict_targets(&self, id: EntityId) -> Vec<ConflictTarget> {
        let entity = &self.entities[id];
        let mut details = self.details.tables.iter();
        let Some(details) = details.find(|table| table.name == *entity.name()) else {
            return Vec::new();
        };
        let is_read = |column: &Arc<str>| {
            let position = entity.column_position(column);
            position.is_some_and(|position| entity.columns[position].selectable)
        };
        let targets = details.conflict_targets.iter();
        targets
            .filter(|target| name::is_valid(&target.name) && target.columns.iter().all(is_read))
            .map(|target| ConflictTarget {
                name: target.name.clone(),
                target: target.target.clone(),
            })
            .collect()
    }

    fn named_values(
        &mut self,
        name: &str,
        description: &str,
        values: Vec<EnumValue>,
        hidden: bool,
    ) -> TypeId {
        let is_mapped = values.iter().any(|value| value.name != value.label);
        let values = Arc::new(EnumType { values, is_mapped });
        let id = self.add(name, Some(description), Kind::Enum(values));
        self.hide(id, hidden);
        id
    }

    /// The argument or member of an insert that takes an upsert, if it may be one.
    pub(super) fn on_conflict_input(&self, id: EntityId) -> Option<Input> {
        let of = TypeRef::Named(self.entities[id].types.on_conflict?);
        Some(
            Input::new(ON_CONFLICT, of, InputMeaning::Plain).described(
                "What becomes of rows that are there already; without it they are an error",
            ),
        )
    }
}

fn value(name: &Arc<str>, label: &Arc<str>) -> EnumValue {
    EnumValue {
        name: name.clone(),
        description: None,
        label: label.clone(),
    }
}
