//! The GraphQL schema of one role: what the catalogue holds, narrowed by what the role may use.
//! One model serves validation, planning, introspection and the schema document.

mod build;
mod directive;
mod entity;
mod extension;
mod fields;
mod functions;
mod groups;
mod inputs;
mod meta;
mod name;
pub(crate) mod nested;
mod related;
mod roots;
mod scalar;
mod subscription;
pub(crate) mod upsert;
pub(crate) mod visible;

use std::collections::HashMap;
use std::sync::Arc;

use crestfall_core::QualifiedName;
use crestfall_core::catalog::{Table, Volatility};

pub(crate) use build::build;
pub(crate) use groups::{GroupKey, GroupTypes};
pub(crate) use related::{EntityRelation, Quantifier};
pub(crate) use scalar::{Operator, Scalar};

/// Position of a type in [`Schema::types`].
pub(crate) type TypeId = usize;

/// Position of a relation in [`Schema::entities`].
pub(crate) type EntityId = usize;

/// Everything a role can ask for.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) types: Vec<Type>,
    pub(crate) by_name: HashMap<Arc<str>, TypeId>,
    pub(crate) query: TypeId,
    /// None when the role may change nothing.
    pub(crate) mutation: Option<TypeId>,
    /// None when nothing may be asked live.
    pub(crate) subscription: Option<TypeId>,
    pub(crate) entities: Vec<Entity>,
    /// The interface `Node`.
    pub(crate) node_interface: TypeId,
    pub(crate) meta: meta::Ids,
}

impl Schema {
    pub(crate) fn type_of(&self, id: TypeId) -> &Type {
        &self.types[id]
    }

    pub(crate) fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id]
    }

    /// The type without lists and `!` around it.
    pub(crate) fn named(&self, reference: &TypeRef) -> &Type {
        &self.types[reference.named()]
    }
}

/// A named type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) kind: Kind,
    /// It belongs to a schema that does not show itself to introspection.
    pub(crate) hidden: bool,
}

/// What a type is, with what belongs to it.
#[derive(Debug)]
pub(crate) enum Kind {
    Scalar(Scalar),
    Enum(Arc<EnumType>),
    Object(Object),
    Interface(Object),
    Input(InputObject),
}

/// An object or interface.
#[derive(Debug, Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<Field>,
    pub(crate) index: HashMap<Arc<str>, usize>,
    /// It has the interface `Node`.
    pub(crate) is_node: bool,
}

impl Object {
    pub(crate) fn new(fields: Vec<Field>) -> Self {
        // Of two fields with one name the later is the one that is meant.
        let mut last: HashMap<Arc<str>, usize> = HashMap::new();
        for (position, field) in fields.iter().enumerate() {
            last.insert(field.name.clone(), position);
        }
        let fields: Vec<Field> = fields
            .into_iter()
            .enumerate()
            .filter(|(position, field)| last.get(&field.name) == Some(position))
            .map(|(_, field)| field)
            .collect();
        let index = fields.iter().map(|field| field.name.clone()).zip(0..);
        Self {
            index: index.collect(),
            fields,
            is_node: false,
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.index.get(name).map(|&index| &self.fields[index])
    }
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) arguments: Arc<[Input]>,
    pub(crate) of: TypeRef,
    pub(crate) meaning: Meaning,
    /// It leads to a schema that does not show itself to introspection.
    pub(crate) hidden: bool,
}

impl Field {
    pub(crate) fn new(name: impl Into<Arc<str>>, of: TypeRef, meaning: Meaning) -> Self {
        Self {
            name: name.into(),
            description: None,
            arguments: Arc::new([]),
            of,
            meaning,
            hidden: false,
        }
    }

    pub(crate) fn described(mut self, text: impl Into<Arc<str>>) -> Self {
        self.description = Some(text.into());
        self
    }

    pub(crate) fn taking(mut self, arguments: impl Into<Arc<[Input]>>) -> Self {
        self.arguments = arguments.into();
        self
    }

    pub(crate) fn hidden_if(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    pub(crate) fn argument(&self, name: &str) -> Option<&Input> {
        self.arguments.iter().find(|input| &*input.name == name)
    }
}

/// A type as it is written at a field: perhaps in lists, perhaps never null.
#[derive(Debug, Clone)]
pub(crate) enum TypeRef {
    Named(TypeId),
    List(Arc<TypeRef>),
    NonNull(Arc<TypeRef>),
}

impl TypeRef {
    pub(crate) fn list(self) -> Self {
        Self::List(Arc::new(self))
    }

    pub(crate) fn non_null(self) -> Self {
        match self {
            Self::NonNull(_) => self,
            other => Self::NonNull(Arc::new(other)),
        }
    }

    pub(crate) fn nullable(self) -> Self {
        match self {
            Self::NonNull(inner) => (*inner).clone(),
            other => other,
        }
    }

    pub(crate) fn named(&self) -> TypeId {
        match self {
            Self::Named(id) => *id,
            Self::List(inner) | Self::NonNull(inner) => inner.named(),
        }
    }
}

/// What a field stands for in the database.
#[derive(Debug, Clone)]
pub(crate) enum Meaning {
    // Of `Query`.
    Node,
    Collection(EntityId),
    ByPk(EntityId),
    Call(Arc<Function>),
    TypeByName,
    SchemaItself,
    /// The embedding program answers it.
    Own,
    // Of `Mutation`.
    Insert(EntityId),
    Update(EntityId),
    Delete(EntityId),
    // Of a row.
    Column(usize),
    NodeId,
    ToOne(Arc<Relation>),
    ToMany(Arc<Relation>),
    Computed(Arc<Function>),
    // Of a connection, its edges and its page.
    Edges,
    PageInfo,
    TotalCount,
    Aggregate,
    Cursor,
    EdgeNode,
    StartCursor,
    EndCursor,
    HasNextPage,
    HasPreviousPage,
    // Of aggregates.
    Count,
    AggregateBy(Aggregation),
    AggregateColumn(usize),
    // Of groups of rows.
    GroupedAggregates,
    GroupKeys,
    /// The key at that position of [`Entity::group_keys`].
    GroupKey(usize),
    // Of what a change answers with.
    AffectedCount,
    Records,
    /// Of introspection: known by its name.
    Meta,
}

/// Aggregate functions over a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Avg,
    Min,
    Max,
}

/// An argument, or a member of an input object.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) of: TypeRef,
    /// As GraphQL writes it.
    pub(crate) default: Option<Arc<str>>,
    /// Longest text, for columns that have a limit.
    pub(crate) max_length: Option<i32>,
    pub(crate) meaning: InputMeaning,
    /// It leads to a schema that does not show itself to introspection.
    pub(crate) hidden: bool,
}

impl Input {
    pub(crate) fn new(name: impl Into<Arc<str>>, of: TypeRef, meaning: InputMeaning) -> Self {
        Self {
            name: name.into(),
            description: None,
            of,
            default: None,
            max_length: None,
            meaning,
            hidden: false,
        }
    }

    pub(crate) fn described(mut self, text: impl Into<Arc<str>>) -> Self {
        self.description = Some(text.into());
        self
    }

    pub(crate) fn hidden_if(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    pub(crate) fn defaulting(mut self, text: impl Into<Arc<str>>) -> Self {
        self.default = Some(text.into());
        self
    }
}

/// What an input stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputMeaning {
    /// Known by its name.
    Plain,
    /// The column at that position.
    Column(usize),
    /// The primary key, encoded.
    NodeId,
    And,
    Or,
    Not,
    Operator(Operator),
    /// The parameter of a function at that position.
    Parameter(usize),
    /// Rows of another relation, by the position among [`Entity::links`].
    Link(usize),
    /// Related rows: those of the relation at that position of [`Entity::relations`].
    Related(usize),
    /// How many of the related rows.
    Quantifier(Quantifier),
    /// The number of rows: of related ones, or of those of a group.
    Count,
    /// Aggregates of a group, by column.
    AggregateBy(Aggregation),
    /// Keys of a group.
    Keys,
    /// The key at that position of [`Entity::group_keys`].
    GroupKey(usize),
}

/// Members by name.
#[derive(Debug, Default)]
pub(crate) struct InputObject {
    pub(crate) members: Vec<Input>,
    index: HashMap<Arc<str>, usize>,
}

impl InputObject {
    pub(crate) fn new(members: Vec<Input>) -> Self {
        let index = members.iter().map(|member| member.name.clone()).zip(0..);
        Self {
            index: index.collect(),
            members,
        }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Input> {
        self.index.get(name).map(|&index| &self.members[index])
    }
}

/// An enum and what its values are in the database.
#[derive(Debug)]
pub(crate) struct EnumType {
    pub(crate) values: Vec<EnumValue>,
    /// Some value has another name than its label.
    pub(crate) is_mapped: bool,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    /// The label in PostgreSQL.
    pub(crate) label: Arc<str>,
}

/// A relation as a role sees it.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) table: Arc<Table>,
    /// The GraphQL type of its rows.
    pub(crate) type_name: Arc<str>,
    pub(crate) columns: Vec<EntityColumn>,
    /// Positions of the primary key's columns, in the key's order.
    pub(crate) primary_key: Vec<usize>,
    /// Most rows of one page.
    pub(crate) max_rows: u64,
    pub(crate) row_type: u32,
    pub(crate) row_security: bool,
    /// A unique key is a set of columns.
    unique_keys: Vec<Vec<Arc<str>>>,
    /// Where its rows lead, by the names of the fields that lead there.
    pub(crate) relations: Vec<EntityRelation>,
    /// What its rows can be grouped by.
    pub(crate) group_keys: Vec<GroupKey>,
    /// It has a primary key. Rows of one that has none are shown where a function gives them.
    is_listed: bool,
    privileges: visible::TablePrivileges,
    directives: directive::TableDirectives,
    /// It belongs to a schema that does not show itself to introspection.
    hidden: bool,
    inflects: bool,
    /// It has more than pg_graphql's.
    pub(crate) extended: bool,
    /// What an upsert may name.
    pub(crate) conflict_targets: Vec<ConflictTarget>,
    /// Related rows that may be written along.
    pub(crate) links: Vec<Link>,
    pub(crate) types: EntityTypes,
}

/// The types of an entity.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct EntityTypes {
    pub(crate) node: TypeId,
    pub(crate) edge: TypeId,
    pub(crate) connection: TypeId,
    pub(crate) filter: TypeId,
    pub(crate) order_by: TypeId,
    pub(crate) insert: Option<[TypeId; 2]>,
    pub(crate) update: Option<[TypeId; 2]>,
    pub(crate) delete: Option<TypeId>,
    /// The aggregate's type, then those of sum, avg, min and max where there are columns for them.
    pub(crate) aggregate: Option<TypeId>,
    pub(crate) aggregates: [Option<TypeId>; 4],
    pub(crate) on_conflict: Option<TypeId>,
    /// Columns of which each value is to come once.
    pub(crate) distinct_on: Option<TypeId>,
    /// Filter and order by rows of it that belong to a row of another.
    pub(crate) collection_filter: Option<TypeId>,
    pub(crate) collection_order: Option<TypeId>,
    pub(crate) groups: Option<GroupTypes>,
}

/// A unique index that an upsert may name.
#[derive(Debug)]
pub(crate) struct ConflictTarget {
    pub(crate) name: Arc<str>,
    /// As `ON CONFLICT` infers it: SQL that PostgreSQL has printed.
    pub(crate) target: Arc<str>,
}

/// A field of a row by which rows of another relation may be written along.
#[derive(Debug)]
pub(crate) struct Link {
    /// As the row has it.
    pub(crate) field: Arc<str>,
    pub(crate) relation: Arc<Relation>,
    /// It leads to many rows.
    pub(crate) is_many: bool,
    /// Rows may be inserted there and refer to this one, or be referred to by it.
    pub(crate) inserts: bool,
    /// The same, by a row that is there already.
    pub(crate) replaces: bool,
}

impl Entity {
    pub(crate) fn name(&self) -> &QualifiedName {
        &self.table.name
    }

    /// It has a primary key.
    pub(crate) fn is_listed(&self) -> bool {
        self.is_listed
    }

    /// The position of the column of that name.
    pub(crate) fn column_position(&self, name: &str) -> Option<usize> {
        self.table.column_index.get(name).copied()
    }
}

/// A column as a role sees it.
#[derive(Debug)]
pub(crate) struct EntityColumn {
    pub(crate) name: Arc<str>,
    /// The field's name.
    pub(crate) field: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    /// What a value is cast to.
    pub(crate) sql_type: Arc<str>,
    pub(crate) type_oid: u32,
    type_name: Arc<str>,
    pub(crate) output: Output,
    /// None when the type cannot be shown.
    of: Option<TypeRef>,
    max_length: Option<i32>,
    pub(crate) not_null: bool,
    pub(crate) selectable: bool,
    pub(crate) insertable: bool,
    pub(crate) updatable: bool,
}

/// How a value is written into an answer.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// As PostgreSQL writes it into JSON.
    Plain,
    /// As text: numbers that JavaScript would round.
    Text,
    /// JSON, as a text that holds it.
    JsonText,
    /// An array, its elements as texts.
    TextArray,
    /// An enum whose values have other names.
    Enum(Arc<EnumType>),
    /// `void`: null.
    Nothing,
}

impl Output {
    /// For a type without an enum behind it.
    fn of(type_oid: u32) -> Self {
        match type_oid {
            // void
            2278 => Self::Nothing,
            // int8, numeric
            20 | 1700 => Self::Text,
            // json, jsonb
            114 | 3802 => Self::JsonText,
            // Their arrays.
            1016 | 1231 | 199 | 3807 => Self::TextArray,
            _ => Self::Plain,
        }
    }
}

/// From rows of one entity to rows of another by equal columns.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) target: EntityId,
    /// Columns here and there.
    pub(crate) columns: Vec<(Arc<str>, Arc<str>)>,
    /// The rows here hold the key; else those there do.
    pub(crate) refers: bool,
    /// At most one row there belongs to a row here.
    pub(crate) is_unique: bool,
}

/// A function that a field calls.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: QualifiedName,
    pub(crate) returns: Returns,
    pub(crate) parameters: Vec<FunctionParameter>,
    pub(crate) volatility: Volatility,
}

/// What a function gives.
#[derive(Debug, Clone)]
pub(crate) enum Returns {
    Value(Output),
    Row(EntityId),
    Rows(EntityId),
}

#[derive(Debug)]
pub(crate) struct FunctionParameter {
    pub(crate) name: Arc<str>,
    pub(crate) sql_type: Arc<str>,
}
