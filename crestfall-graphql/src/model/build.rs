//! Puts a role's schema together.

use std::collections::HashMap;
use std::sync::Arc;

use crestfall_core::Catalog;
use crestfall_core::catalog::{Details, TypeCategory};

use super::directive::{EnumDirectives, SchemaDirectives, directives};
use super::visible::Visible;
use super::{
    EnumType, EnumValue, Input, InputMeaning, InputObject, Kind, Object, Operator, Output, Rules,
    Scalar, Schema, Type, TypeId, TypeRef, meta, name,
};
use crate::config::Introspection;

/// The schema of a role.
///
/// # Errors
/// What is wrong with a directive, for the client.
pub(crate) fn build(
    catalog: &Catalog,
    details: &Details,
    visible: &Visible,
    rules: Rules<'_>,
) -> Result<Schema, String> {
    let mut builder = Builder::new(catalog, details, visible, rules)?;
    builder.enums()?;
    builder.entities()?;
    builder.entity_types();
    let keys = builder.keys()?;
    builder.related_types(&keys);
    builder.group_types();
    builder.rows(&keys)?;
    builder.roots()?;
    Ok(builder.finish())
}

/// A schema in the making. Types get their place before they are filled in, since they refer to
/// each other.
pub(super) struct Builder<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) details: &'a Details,
    pub(super) visible: &'a Visible,
    pub(super) is_drop_in: bool,
    schemas: HashMap<Arc<str>, SchemaDirectives>,
    pub(super) types: Vec<Type>,
    by_name: HashMap<Arc<str>, TypeId>,
    scalars: HashMap<Scalar, TypeId>,
    scalar_filters: HashMap<Scalar, TypeId>,
    list_filters: HashMap<Scalar, TypeId>,
    enums: HashMap<u32, EnumPlace>,
    pub(super) filter_is: TypeId,
    /// Where something is extended.
    pub(super) json_filter: Option<TypeId>,
    pub(super) direction: TypeId,
    pub(super) page_info: TypeId,
    pub(super) node_interface: TypeId,
    pub(super) query: TypeId,
    pub(super) mutation: Option<TypeId>,
    pub(super) meta: meta::Ids,
    pub(super) entities: Vec<super::Entity>,
}

/// An enum's type and the one of its filter.
struct EnumPlace {
    of: TypeId,
    filter: TypeId,
    values: Arc<EnumType>,
}

impl<'a> Builder<'a> {
    fn new(
        catalog: &'a Catalog,
        details: &'a Details,
        visible: &'a Visible,
        rules: Rules<'_>,
    ) -> Result<Self, String> {
        let mut found = HashMap::new();
        for schema in rules.schemas {
            if let Some((schema, comment)) = details.schemas.get_key_value(&**schema) {
                let mut directives = SchemaDirectives::read(comment.as_deref(), rules.is_extended)?;
                match rules.introspection {
                    Introspection::Comment => {}
                    Introspection::On => directives.introspection = true,
                    Introspection::Off => directives.introspection = false,
                }
                found.insert(schema.clone(), directives);
            }
        }
        let mut builder = Self {
            catalog,
            details,
            visible,
            is_drop_in: rules.is_drop_in,
            schemas: found,
            types: Vec::new(),
            by_name: HashMap::new(),
            scalars: HashMap::new(),
            scalar_filters: HashMap::new(),
            list_filters: HashMap::new(),
            enums: HashMap::new(),
            filter_is: 0,
            json_filter: None,
            direction: 0,
            page_info: 0,
            node_interface: 0,
            query: 0,
            mutation: None,
            meta: meta::Ids::default(),
            entities: Vec::new(),
        };
        builder.constant_types();
        Ok(builder)
    }

    fn constant_types(&mut self) {
        for scalar in Scalar::ALL {
            let id = self.add(
                scalar.name(),
                Some(scalar.description()),
                Kind::Scalar(scalar),
            );
            self.scalars.insert(scalar, id);
        }
        let is = [("NULL", None), ("NOT_NULL", None)];
        self.filter_is = self.add("FilterIs", None, Kind::Enum(Arc::new(plain_enum(&is))));
        let directions = [
            ("AscNullsFirst", Some("Ascending order, nulls first")),
            ("AscNullsLast", Some("Ascending order, nulls last")),
            ("DescNullsFirst", Some("Descending order, nulls first")),
            ("DescNullsLast", Some("Descending order, nulls last")),
        ];
        self.direction = self.add(
            "OrderByDirection",
            Some("Defines a per-field sorting order"),
            Kind::Enum(Arc::new(plain_enum(&directions))),
        );
        for scalar in Scalar::ALL {
            if !scalar.operators().is_empty() {
                let of = self.scalar(scalar);
                let id = self.filter(scalar.name(), &of, scalar.operators());
                self.scalar_filters.insert(scalar, id);
            }
            if scalar.has_list_filter() {
                let of = self.scalar(scalar);
                let entity = format!("{}List", scalar.name());
                let id = self.list_filter(&entity, &of);
                self.list_filters.insert(scalar, id);
            }
        }
        self.page_info = self.reserve("PageInfo", None);
        self.node_interface = self.reserve("Node", None);
        self.query = self.reserve("Query", Some("The root type for querying data"));
        self.meta = meta::add(self);
    }

    /// Adds a type that is complete.
    pub(super) fn add(&mut self, name: &str, description: Option<&str>, kind: Kind) -> TypeId {
        let id = self.types.len();
        let name: Arc<str> = name.into();
        self.by_name.entry(name.clone()).or_insert(id);
        self.types.push(Type {
            name,
            description: description.map(Into::into),
            kind,
            hidden: false,
        });
        id
    }

    /// Adds an object that is not found by its name.
    pub(super) fn reserve_unnamed(&mut self, name: &str) -> TypeId {
        let known = self.by_name.get(name).copied();
        let id = self.reserve(name, None);
        if known.is_none() {
            self.by_name.remove(name);
        }
        id
    }

    /// Adds an object whose fields follow.
    pub(super) fn reserve(&mut self, name: &str, description: Option<&str>) -> TypeId {
        self.add(name, description, Kind::Object(Object::default()))
    }

    /// Adds an object under that name, or one like it that no other type has.
    pub(super) fn reserve_beside(&mut self, name: String, hidden: bool) -> TypeId {
        let mut name = name;
        while self.by_name.contains_key(&*name) {
            name.push('_');
        }
        let id = self.reserve(&name, None);
        self.hide(id, hidden);
        id
    }

    pub(super) fn fill(&mut self, id: TypeId, kind: Kind) {
        self.types[id].kind = kind;
    }

    pub(super) fn hide(&mut self, id: TypeId, hidden: bool) {
        self.types[id].hidden = hidden;
    }

    pub(super) fn describe(&mut self, id: TypeId, description: &str) {
        self.types[id].description = Some(description.into());
    }

    pub(super) fn scalar(&self, scalar: Scalar) -> TypeRef {
        // Every scalar was added first.
        TypeRef::Named(self.scalars.get(&scalar).copied().unwrap_or_default())
    }

    pub(super) fn schema(&self, name: &str) -> SchemaDirectives {
        self.schemas.get(name).copied().unwrap_or_default()
    }

    /// The schema is one of those that are served.
    pub(super) fn serves(&self, schema: &str) -> bool {
        self.schemas.contains_key(schema)
    }

    pub(super) fn is_hidden(&self, schema: &str) -> bool {
        !self.schema(schema).introspection
    }

    pub(super) fn introspection(&self) -> bool {
        self.schemas.values().any(|schema| schema.introspection)
    }

    /// The enums of the schemas that are served.
    fn enums(&mut self) -> Result<(), String> {
        let details = self.details;
        let mut oids: Vec<u32> = details
            .types
            .iter()
            .filter(|(oid, of)| {
                of.category == TypeCategory::Enum
                    && self.serves(&of.name.schema)
                    && self.visible.types.get(oid) == Some(&true)
            })
            .map(|(oid, _)| *oid)
            .collect();
        oids.sort_unstable();
        for oid in oids {
            let of = &details.types[&oid];
            let EnumDirectives {
                name: renamed,
                mappings,
            } = directives(of.description.as_deref())?;
            let inflects = self.schema(&of.name.schema).inflects;
            let type_name = renamed.unwrap_or_else(|| name::type_name(&of.name.name, inflects));
            let mappings = mappings.unwrap_or_default();
            let values = of.labels.iter().map(|label| EnumValue {
                name: mappings.get(label).unwrap_or(label).as_str().into(),
                description: None,
                label: label.as_str().into(),
            });
            let values: Vec<EnumValue> = values.collect();
            let values = Arc::new(EnumType {
                is_mapped: values.iter().any(|value| value.name != value.label),
                values,
            });
            let id = self.add(&type_name, None, Kind::Enum(values.clone()));
            let filter = self.filter(&type_name, &TypeRef::Named(id), &Operator::OF_ENUMS);
            let hidden = self.is_hidden(&of.name.schema);
            self.hide(id, hidden);
            let place = EnumPlace {
                of: id,
                filter,
                values,
            };
            self.enums.insert(oid, place);
        }
        Ok(())
    }

    /// The GraphQL type of a type, and how its values are written; none for what cannot be shown.
    pub(super) fn type_of(&self, oid: u32) -> Option<(TypeRef, Output)> {
        let details = self.details.types.get(&oid)?;
        self.visible.types.get(&oid)?;
        match details.category {
            TypeCategory::Other | TypeCategory::Pseudo => {
                let scalar = Scalar::of(oid, details)?;
                Some((self.scalar(scalar), Output::of(oid)))
            }
            TypeCategory::Enum => Some(match self.enums.get(&oid) {
                Some(place) => {
                    let output = match place.values.is_mapped {
                        true => Output::Enum(place.values.clone()),
                        false => Output::Plain,
                    };
                    (TypeRef::Named(place.of), output)
                }
                None => (self.scalar(Scalar::Opaque), Output::Plain),
            }),
            TypeCategory::Array => {
                let element = details.element?;
                let inner = match self.visible.types.get(&element) {
                    None => self.scalar(Scalar::Opaque),
                    Some(false) => return None,
                    Some(true) => self.type_of(element)?.0,
                };
                Some((inner.list(), Output::of(oid)))
            }
            TypeCategory::Composite | TypeCategory::Row => None,
        }
    }

    /// The filter on values of a type; none where there is none.
    pub(super) fn filter_of(&self, of: &TypeRef) -> Option<TypeId> {
        let kind = |id: TypeId| &self.types[id].kind;
        match of {
            TypeRef::NonNull(inner) => self.filter_of(inner),
            TypeRef::Named(id) => match kind(*id) {
                Kind::Scalar(Scalar::Json) => None,
                Kind::Scalar(scalar) => self.scalar_filters.get(scalar).copied(),
                Kind::Enum(_) => {
                    let place = self.enums.values().find(|place| place.of == *id)?;
                    Some(place.filter)
                }
                _ => None,
            },
            TypeRef::List(inner) => match kind(inner.named()) {
                Kind::Scalar(scalar) => self.list_filters.get(scalar).copied(),
                _ => None,
            },
        }
    }

    fn filter(&mut self, entity: &str, of: &TypeRef, operators: &[Operator]) -> TypeId {
        let members = operators.iter().map(|&operator| {
            let of = match operator {
                Operator::In => of.clone().non_null().list(),
                Operator::Is => TypeRef::Named(self.filter_is),
                _ => of.clone(),
            };
            Input::new(operator.name(), of, InputMeaning::Operator(operator))
        });
        let members = members.collect();
        self.add_filter(entity, members)
    }

    fn list_filter(&mut self, entity: &str, of: &TypeRef) -> TypeId {
        let members = Operator::OF_LISTS.iter().map(|&operator| {
            let of = match operator {
                Operator::Is => TypeRef::Named(self.filter_is),
                _ => of.clone().non_null().list(),
            };
            Input::new(operator.name(), of, InputMeaning::Operator(operator))
        });
        let members = members.collect();
        self.add_filter(entity, members)
    }

    fn add_filter(&mut self, entity: &str, members: Vec<Input>) -> TypeId {
        let description = format!("Boolean expression comparing fields on type \"{entity}\"");
        self.add(
            &format!("{entity}Filter"),
            Some(&description),
            Kind::Input(InputObject::new(members)),
        )
    }

    fn finish(self) -> Schema {
        Schema {
            types: self.types,
            by_name: self.by_name,
            query: self.query,
            mutation: self.mutation,
            subscription: None,
            entities: self.entities,
            node_interface: self.node_interface,
            meta: self.meta,
            is_drop_in: self.is_drop_in,
        }
    }
}

/// An enum whose labels are its names.
pub(super) fn plain_enum(values: &[(&'static str, Option<&'static str>)]) -> EnumType {
    let value = |&(name, description): &(&'static str, Option<&'static str>)| EnumValue {
        name: name.into(),
        description: description.map(Into::into),
        label: name.into(),
    };
    EnumType {
        values: values.iter().map(value).collect(),
        is_mapped: false,
    }
}

impl Builder<'_> {
    pub(super) fn kind(&self, id: TypeId) -> &Kind {
        &self.types[id].kind
    }

    pub(super) fn type_is_hidden(&self, id: TypeId) -> bool {
        self.types[id].hidden
    }
}
