//! What is shown of a row.

use super::{Planner, Row, RowField, RowSource, TYPENAME, allow_arguments};
use crate::model::{EntityId, Kind, Meaning, Object, Returns};
use crate::refusal::Refusal;
use crate::selection::Selected;

/// How a field that a row does not have is told.
type Unknown = fn(&str, &str) -> String;

impl<'d> Planner<'_, 'd> {
    /// The fields selected of rows of an entity.
    pub(super) fn row(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
    ) -> Result<Row, Refusal> {
        let unknown = |field: &str, of: &str| format!("Unknown field '{field}' on type '{of}'");
        self.row_told(selected, entity, unknown)
    }

    /// The same, for a row that was asked for by its key.
    pub(super) fn row_of_key(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
    ) -> Result<Row, Refusal> {
        let unknown = |field: &str, of: &str| format!("Unknown field \"{field}\" on type {of}");
        self.row_told(selected, entity, unknown)
    }

    fn row_told(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
        unknown: Unknown,
    ) -> Result<Row, Refusal> {
        let schema = self.schema;
        let of = schema.type_of(schema.entity(entity).types.node);
        let none = Object::default();
        let object = match &of.kind {
            Kind::Object(object) => object,
            _ => &none,
        };
        let mut fields = Vec::new();
        for each in self.below(selected, object, &of.name)? {
            let key = each.key().clone();
            if each.name() == TYPENAME {
                fields.push((key, RowField::Typename(of.name.clone())));
                continue;
            }
            let field = object
                .field(each.name())
                .ok_or_else(|| Refusal::new(unknown(each.name(), &of.name)).at(each.field.at))?;
            let planned = match &field.meaning {
                Meaning::ToMany(relation) => {
                    let source = RowSource::Related(relation.clone());
                    RowField::Many(self.connection(&each, field, relation.target, source)?)
                }
                Meaning::Computed(function) => match function.returns {
                    Returns::Rows(entity) => {
                        let source = RowSource::Computed(function.clone());
                        RowField::Many(self.connection(&each, field, entity, source)?)
                    }
                    Returns::Row(entity) => {
                        allow_arguments(each.field, field)?;
                        RowField::ComputedRow(function.clone(), self.row(&each, entity)?)
                    }
                    Returns::Value(_) => RowField::ComputedValue(function.clone()),
                },
                Meaning::ToOne(relation) => {
                    allow_arguments(each.field, field)?;
                    RowField::One(relation.clone(), self.row(&each, relation.target)?)
                }
                Meaning::NodeId => RowField::NodeId,
                Meaning::Column(position) => RowField::Column(*position),
                _ => return Err(Refusal::new(unknown(each.name(), &of.name))),
            };
            fields.push((key, planned));
        }
        Ok(Row { entity, fields })
    }
}
