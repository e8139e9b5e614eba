//! Connections: their arguments, their page, what is asked about them.

use super::{
    AggregateColumn, AggregateField, Connection, ConnectionField, CursorValue, EdgeField, Key,
    PageField, Planner, RowSource, TYPENAME, allow_arguments,
};
use crate::document::Field;
use crate::model::{EntityId, Field as FieldType, Kind, Meaning, Object, Schema, TypeId};
use crate::refusal::Refusal;
use crate::selection::Selected;
use crate::value::{Data, Recipe, cursor};

/// Which rows of all are the page.
struct Page {
    limit: u64,
    offset: u64,
    backwards: bool,
    cursor: Option<Vec<CursorValue>>,
}

impl<'a, 'd> Planner<'a, 'd> {
    /// A connection with its arguments and everything selected of it.
    pub(super) fn connection(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
        source: RowSource,
    ) -> Result<Connection, Refusal> {
        let at = selected.field.at;
        self.connection_at(selected, field, entity, source)
            .map_err(|refusal| refusal.at(at))
    }

    fn connection_at(
        &mut self,
        selected: &Selected<'d>,
        field: &FieldType,
        entity: EntityId,
        source: RowSource,
    ) -> Result<Connection, Refusal> {
        allow_arguments(selected.field, field)?;
        let page = self.page(selected.field, field, entity)?;
        let filter = self.argument(selected.field, field, "filter")?;
        let filter = self.filter(entity, &filter)?;
        let distinct = self.distinct(selected.field, field, entity)?;
        let order = self.order(selected.field, field, entity, &distinct)?;
        let many = page
            .cursor
            .as_ref()
            .is_some_and(|cursor| cursor.len() > order.len());
        if many {
            return Err("orderBy clause incompatible with pagination cursor".into());
        }
        let Page {
            limit,
            offset,
            backwards,
            cursor,
        } = page;
        Ok(Connection {
            entity,
            source,
            filter,
            distinct,
            order,
            limit,
            offset,
            backwards,
            cursor,
            fields: self.connection_fields(selected, entity)?,
        })
    }

    fn page(&mut self, field: &Field, of: &FieldType, entity: EntityId) -> Result<Page, Refusal> {
        let first = self.count(field, of, "first")?;
        let last = self.count(field, of, "last")?;
        let offset = self.count(field, of, "offset")?;
        let before = self.cursor(field, of, "before")?;
        let after = self.cursor(field, of, "after")?;
        let refusal = if first.is_some() && last.is_some() {
            "only one of \"first\" and \"last\" may be provided"
        } else if before.is_some() && after.is_some() {
            "only one of \"before\" and \"after\" may be provided"
        } else if first.is_some() && before.is_some() {
            "\"first\" may only be used with \"after\""
        } else if last.is_some() && after.is_some() {
            "\"last\" may only be used with \"before\""
        } else if offset.is_some() && (last.is_some() || before.is_some()) {
            "\"offset\" may only be used with \"first\" and \"after\""
        } else {
            ""
        };
        if !refusal.is_empty() {
            return Err(refusal.into());
        }
        let most = self.schema.entity(entity).max_rows;
        Ok(Page {
            limit: first.or(last).unwrap_or(most).min(most),
            offset: offset.unwrap_or(0),
            backwards: last.is_some() || before.is_some(),
            cursor: before.or(after),
        })
    }

    fn cursor(
        &mut self,
        field: &Field,
        of: &FieldType,
        name: &str,
    ) -> Result<Option<Vec<CursorValue>>, Refusal> {
        let given = self.argument(field, of, name)?;
        let Data::Text(text) = &given.data else {
            return Ok(None);
        };
        let source = given.from.as_ref().filter(|from| !from.is_default);
        let values = cursor(text)?;
        let value = |(index, value): (usize, &crate::value::Given)| {
            let constant = Recipe::of(value)?;
            Ok(CursorValue {
                recipe: match source {
                    Some(source) => Recipe::Cursor(source.clone(), index),
                    None => constant,
                },
                is_null: value.is_nothing(),
            })
        };
        let values: Result<Vec<CursorValue>, Refusal> =
            values.iter().enumerate().map(value).collect();
        values.map(Some)
    }

    fn connection_fields(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
    ) -> Result<Vec<(Key, ConnectionField)>, Refusal> {
        let schema = self.schema;
        let types = schema.entity(entity).types;
        let unknown = |field: &str, _: &str| match field {
            "aggregate" => "enable the aggregate directive to use aggregates".to_owned(),
            _ => "unknown field in connection".to_owned(),
        };
        let mut fields = Vec::new();
        for (each, meaning) in self.members(selected, types.connection, unknown)? {
            let field = match meaning {
                None => ConnectionField::Typename(schema.type_of(types.connection).name.clone()),
                Some(Meaning::Edges) => ConnectionField::Edges(self.edges(&each, entity)?),
                Some(Meaning::PageInfo) => ConnectionField::PageInfo(self.page_info(&each)?),
                Some(Meaning::Aggregate) => {
                    ConnectionField::Aggregate(self.aggregate(&each, entity)?)
                }
                Some(Meaning::GroupedAggregates) => {
                    ConnectionField::Groups(self.groups(&each, entity)?)
                }
                Some(_) => ConnectionField::TotalCount,
            };
            fields.push((each.key().clone(), field));
        }
        Ok(fields)
    }

    /// The fields selected of an object, with their meaning; none for `__typename`.
    pub(super) fn members(
        &mut self,
        selected: &Selected<'d>,
        of: TypeId,
        unknown: impl Fn(&str, &str) -> String,
    ) -> Result<Vec<(Selected<'d>, Option<&'a Meaning>)>, Refusal> {
        let schema: &'a Schema = self.schema;
        let of = schema.type_of(of);
        let none = Object::default();
        let object = match &of.kind {
            Kind::Object(object) => object,
            _ => &none,
        };
        let below = self.below(selected, object, &of.name)?;
        let known = below.into_iter().map(|each| {
            if each.name() == TYPENAME {
                return Ok((each, None));
            }
            let Kind::Object(object) = &of.kind else {
                return Err(Refusal::new(unknown(each.name(), &of.name)));
            };
            match object.field(each.name()) {
                Some(field) => {
                    allow_arguments(each.field, field)?;
                    Ok((each, Some(&field.meaning)))
                }
                None => Err(Refusal::new(unknown(each.name(), &of.name)).at(each.field.at)),
            }
        });
        known.collect()
    }

    fn edges(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
    ) -> Result<Vec<(Key, EdgeField)>, Refusal> {
        let schema = self.schema;
        let of = schema.entity(entity).types.edge;
        let mut fields = Vec::new();
        let unknown = |_: &str, _: &str| "unknown field in edge".to_owned();
        for (each, meaning) in self.members(selected, of, unknown)? {
            let field = match meaning {
                None => EdgeField::Typename(schema.type_of(of).name.clone()),
                Some(Meaning::EdgeNode) => EdgeField::Node(self.row(&each, entity)?),
                Some(_) => EdgeField::Cursor,
            };
            fields.push((each.key().clone(), field));
        }
        Ok(fields)
    }

    fn page_info(&mut self, selected: &Selected<'d>) -> Result<Vec<(Key, PageField)>, Refusal> {
        let schema = self.schema;
        let of = schema.by_name.get("PageInfo").copied().unwrap_or_default();
        let unknown = |_: &str, _: &str| "unknown field in pageInfo".to_owned();
        let members = self.members(selected, of, unknown)?;
        let fields = members.into_iter().map(|(each, meaning)| {
            let field = match meaning {
                None => PageField::Typename(schema.type_of(of).name.clone()),
                Some(Meaning::StartCursor) => PageField::StartCursor,
                Some(Meaning::EndCursor) => PageField::EndCursor,
                Some(Meaning::HasPreviousPage) => PageField::HasPreviousPage,
                Some(_) => PageField::HasNextPage,
            };
            (each.key().clone(), field)
        });
        Ok(fields.collect())
    }

    fn aggregate(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
    ) -> Result<Vec<(Key, AggregateField)>, Refusal> {
        let schema = self.schema;
        let types = schema.entity(entity).types;
        let of = types.aggregate.unwrap_or_default();
        let unknown =
            |field: &str, of: &str| format!("Unknown field \"{field}\" selected on type \"{of}\"");
        let mut fields = Vec::new();
        for (each, meaning) in self.members(selected, of, unknown)? {
            let field = match meaning {
                None => AggregateField::Typename(schema.type_of(of).name.clone()),
                Some(meaning) => self.aggregate_field(&each, entity, meaning)?,
            };
            fields.push((each.key().clone(), field));
        }
        Ok(fields)
    }

    pub(super) fn aggregate_field(
        &mut self,
        selected: &Selected<'d>,
        entity: EntityId,
        meaning: &Meaning,
    ) -> Result<AggregateField, Refusal> {
        let Meaning::AggregateBy(by) = *meaning else {
            return Ok(AggregateField::Count);
        };
        let types = self.schema.entity(entity).types;
        let of = types.aggregates[by as usize].unwrap_or_default();
        let columns = self.aggregate_columns(selected, of)?;
        Ok(AggregateField::By(by, columns))
    }

    fn aggregate_columns(
        &mut self,
        selected: &Selected<'d>,
        of: TypeId,
    ) -> Result<Vec<(Key, AggregateColumn)>, Refusal> {
        let schema = self.schema;
        let unknown = |field: &str, of: &str| {
            format!("Unknown or invalid field \"{field}\" selected on type \"{of}\"")
        };
        let members = self.members(selected, of, unknown)?;
        let columns = members.into_iter().map(|(each, meaning)| {
            let column = match meaning {
                Some(Meaning::AggregateColumn(position)) => AggregateColumn::Column(*position),
                _ => AggregateColumn::Typename(schema.type_of(of).name.clone()),
            };
            (each.key().clone(), column)
        });
        Ok(columns.collect())
    }
}
