//! The scalar types and the filters on them.

use crestfall_core::catalog::{TypeCategory, TypeDetails};

/// Scalar types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    Id,
    Int,
    Float,
    String,
    Boolean,
    Date,
    Time,
    Datetime,
    BigInt,
    Uuid,
    Json,
    Cursor,
    BigFloat,
    /// Whatever GraphQL has no type for.
    Opaque,
}

impl Scalar {
    pub(super) const ALL: [Self; 14] = [
        Self::Id,
        Self::Int,
        Self::Float,
        Self::String,
        Self::Boolean,
        Self::Date,
        Self::Time,
        Self::Datetime,
        Self::BigInt,
        Self::Uuid,
        Self::Json,
        Self::Cursor,
        Self::BigFloat,
        Self::Opaque,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::Time => "Time",
            Self::Datetime => "Datetime",
            Self::BigInt => "BigInt",
            Self::Uuid => "UUID",
            Self::Json => "JSON",
            Self::Cursor => "Cursor",
            Self::BigFloat => "BigFloat",
            Self::Opaque => "Opaque",
        }
    }

    /// How an error about an input names it.
    pub(crate) fn input_name(self) -> &'static str {
        match self {
            Self::String => "String(None)",
            other => other.name(),
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Id => "A globally unique identifier for a given record",
            Self::Int => "A scalar integer up to 32 bits",
            Self::Float => "A scalar floating point value up to 32 bits",
            Self::String => "A string",
            Self::Boolean => "A value that is true or false",
            Self::BigInt => "An arbitrary size integer represented as a string",
            Self::Date => "A date without time information",
            Self::Time => "A time without date information",
            Self::Datetime => "A date and time",
            Self::Uuid => "A universally unique identifier",
            Self::Json => "A Javascript Object Notation value serialized as a string",
            Self::Cursor => {
                "An opaque string using for tracking a position in results during pagination"
            }
            Self::BigFloat => "A high precision floating point value represented as a string",
            Self::Opaque => "Any type not handled by the type system",
        }
    }

    /// The scalar of a type that is neither an enum nor an array.
    pub(super) fn of(oid: u32, details: &TypeDetails) -> Option<Self> {
        if !matches!(details.category, TypeCategory::Other | TypeCategory::Pseudo) {
            return None;
        }
        Some(match oid {
            16 => Self::Boolean,
            20 => Self::BigInt,
            21 | 23 => Self::Int,
            // text, "char", bpchar, varchar
            25 | 18 | 1042 | 1043 => Self::String,
            114 | 3802 => Self::Json,
            700 | 701 => Self::Float,
            1082 => Self::Date,
            1083 => Self::Time,
            1114 | 1184 => Self::Datetime,
            1700 => Self::BigFloat,
            2950 => Self::Uuid,
            _ if &*details.name.name == "citext" => Self::String,
            _ => Self::Opaque,
        })
    }

    /// The operators of its filter, by name; none for what cannot be filtered.
    pub(super) fn operators(self) -> &'static [Operator] {
        use Operator::*;
        match self {
            Self::Id => &[Eq],
            Self::Uuid => &[Eq, In, Is, Neq],
            Self::Boolean | Self::Opaque => &[Eq, Is],
            Self::Int
            | Self::Float
            | Self::BigInt
            | Self::BigFloat
            | Self::Date
            | Self::Time
            | Self::Datetime => &[Eq, Gt, Gte, In, Is, Lt, Lte, Neq],
            Self::String => &[
                Eq, Gt, Gte, Ilike, In, Iregex, Is, Like, Lt, Lte, Neq, Regex, StartsWith,
            ],
            Self::Json | Self::Cursor => &[],
        }
    }

    /// Arrays of it can be filtered.
    pub(super) fn has_list_filter(self) -> bool {
        !matches!(self, Self::Id | Self::Json | Self::Cursor | Self::Opaque)
    }
}

/// Operators of filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Is,
    StartsWith,
    Like,
    Ilike,
    Regex,
    Iregex,
    Contains,
    ContainedBy,
    Overlaps,
    HasKey,
    HasKeysAny,
    HasKeysAll,
}

impl Operator {
    pub(super) const OF_ENUMS: [Self; 4] = [Self::Eq, Self::In, Self::Is, Self::Neq];
    pub(super) const OF_LISTS: [Self; 5] = [
        Self::ContainedBy,
        Self::Contains,
        Self::Eq,
        Self::Is,
        Self::Overlaps,
    ];

    /// Those of jsonb, which pg_graphql does not have.
    pub(super) const OF_JSON: [Self; 6] = [
        Self::Contains,
        Self::ContainedBy,
        Self::HasKey,
        Self::HasKeysAll,
        Self::HasKeysAny,
        Self::Is,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HasKey => "hasKey",
            Self::HasKeysAny => "hasKeysAny",
            Self::HasKeysAll => "hasKeysAll",
            Self::Eq => "eq",
            Self::Neq => "neq",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::In => "in",
            Self::Is => "is",
            Self::StartsWith => "startsWith",
            Self::Like => "like",
            Self::Ilike => "ilike",
            Self::Regex => "regex",
            Self::Iregex => "iregex",
            Self::Contains => "contains",
            Self::ContainedBy => "containedBy",
            Self::Overlaps => "overlaps",
        }
    }
}
