//! Functions of the database as fields.

use std::collections::HashMap;
use std::sync::Arc;

use crestfall_core::catalog::{
    FunctionDetails, ParameterDetails, TypeCategory, TypeDetails, Volatility,
};

use super::build::Builder;
use super::directive::{NameDirectives, directives};
use super::{
    EntityId, Field, Function, FunctionParameter, Input, InputMeaning, Meaning, Returns, TypeRef,
    name, related,
};

/// Schemas of others, whose functions are no fields of the roots.
const SYSTEM_SCHEMAS: [&str; 4] = ["graphql", "graphql_public", "auth", "extensions"];

impl Builder<'_> {
    /// Fields of `Query` or `Mutation` that call functions which may write, or may not.
    pub(super) fn root_functions(&self, writes: bool) -> Result<Vec<Field>, String> {
        let mut overloads: HashMap<&str, usize> = HashMap::new();
        for function in &self.details.functions {
            if self.serves(&function.name.schema) {
                *overloads.entry(&function.name.name).or_default() += 1;
            }
        }
        let mut fields = Vec::new();
        for function in &self.details.functions {
            let is_wanted = self.serves(&function.name.schema)
                && (function.volatility == Volatility::Volatile) == writes
                && overloads.get(&*function.name.name) == Some(&1)
                && self.is_callable(function);
            if is_wanted && let Some(field) = self.root_function(function)? {
                fields.push(field);
            }
        }
        Ok(fields)
    }

    fn is_callable(&self, function: &FunctionDetails) -> bool {
        let is_plain = |oid: &u32| {
            self.type_details(*oid).is_some_and(|of| match of.category {
                TypeCategory::Other => true,
                TypeCategory::Array => self.has_plain_elements(of),
                _ => false,
            })
        };
        !function.variadic
            && self.visible.functions.contains(&function.oid)
            && !SYSTEM_SCHEMAS.contains(&&*function.name.schema)
            && self.is_returnable(function.returns)
            && function
                .parameters
                .iter()
                .all(|parameter| parameter.name.is_some() && is_plain(&parameter.type_oid))
    }

    fn is_returnable(&self, oid: u32) -> bool {
        self.type_details(oid).is_some_and(|of| match of.category {
            TypeCategory::Other | TypeCategory::Row => true,
            TypeCategory::Array => self.has_plain_elements(of),
            TypeCategory::Pseudo => &*of.name.name == "void",
            TypeCategory::Enum | TypeCategory::Composite => false,
        })
    }

    fn has_plain_elements(&self, of: &TypeDetails) -> bool {
        let element = of.element.and_then(|oid| self.type_details(oid));
        element.is_some_and(|element| element.category == TypeCategory::Other)
    }

    /// A type of a schema that the role may use.
    fn type_details(&self, oid: u32) -> Option<&TypeDetails> {
        self.visible.types.get(&oid)?;
        self.details.types.get(&oid)
    }

    fn root_function(&self, function: &FunctionDetails) -> Result<Option<Field>, String> {
        let Some((returns, of)) = self.returns(function) else {
            return Ok(None);
        };
        if let Returns::Row(id) = returns
            && !self.entities[id].is_listed
        {
            return Ok(None);
        }
        let mut arguments = self.function_arguments(function);
        if let Returns::Rows(entity) = returns {
            let mut more = self.connection_arguments(entity);
            // What goes beyond pg_graphql hides nothing that pg_graphql has.
            more.retain(|other| {
                !related::is_beyond(other) || arguments.iter().all(|own| own.name != other.name)
            });
            let clashes = |own: &Input| more.iter().any(|other| other.name == own.name);
            if arguments.iter().any(clashes) {
                return Ok(None);
            }
            arguments.extend(more);
        }
        let (field, description) = self.function_name(function)?;
        if !name::is_valid(&field) {
            return Ok(None);
        }
        let meaning = Meaning::Call(Arc::new(self.function(function, returns)));
        let mut field = Field::new(field, of, meaning).taking(arguments);
        field.description = description.map(Into::into);
        Ok(Some(field.hidden_if(self.is_hidden(&function.name.schema))))
    }

    /// Fields of an entity's rows that call functions of one row.
    pub(super) fn computed_fields(&self, id: EntityId) -> Result<Vec<Field>, String> {
        let entity = &self.entities[id];
        let mut fields = Vec::new();
        // They are given the whole row, so all of it must be readable.
        if !entity.privileges.select {
            return Ok(fields);
        }
        for function in &self.details.functions {
            let takes_row = matches!(
                function.parameters.as_slice(),
                [only] if only.type_oid == entity.row_type
            );
            if !takes_row
                || !self.serves(&function.name.schema)
                || !self.visible.functions.contains(&function.oid)
            {
                continue;
            }
            let is_pseudo = self
                .type_details(function.returns)
                .is_some_and(|of| of.category == TypeCategory::Pseudo);
            let Some((returns, of)) = self.returns(function).filter(|_| !is_pseudo) else {
                continue;
            };
            let arguments = match returns {
                Returns::Rows(entity) => self.connection_arguments(entity),
                Returns::Row(_) | Returns::Value(_) => Vec::new(),
            };
            let (field, description) = self.function_name(function)?;
            if name::is_valid(&field) {
                let meaning = Meaning::Computed(Arc::new(self.function(function, returns)));
                let hidden = self.named_is_hidden(&of);
                let mut field = Field::new(field, of, meaning).taking(arguments);
                field.description = description.map(Into::into);
                fields.push(field.hidden_if(hidden));
            }
        }
        Ok(fields)
    }

    fn function_name(
        &self,
        function: &FunctionDetails,
    ) -> Result<(String, Option<String>), String> {
        let NameDirectives {
            name: renamed,
            description,
        } = directives(function.description.as_deref())?;
        let inflects = self.schema(&function.name.schema).inflects;
        let field = renamed.unwrap_or_else(|| name::function_field(&function.name.name, inflects));
        Ok((field, description))
    }

    fn function(&self, function: &FunctionDetails, returns: Returns) -> Function {
        let parameter = |parameter: &ParameterDetails| FunctionParameter {
            name: parameter.name.clone().unwrap_or_else(|| "".into()),
            // A bare `character` is one character long, which no caller means.
            sql_type: match &*parameter.type_name {
                "character" => "text".into(),
                _ => parameter.type_name.clone(),
            },
        };
        Function {
            name: function.name.clone(),
            returns,
            parameters: function.parameters.iter().map(parameter).collect(),
            volatility: function.volatility,
        }
    }

    /// What comes back, and its type; none for what GraphQL has no form for.
    fn returns(&self, function: &FunctionDetails) -> Option<(Returns, TypeRef)> {
        // One that is declared to give one row is asked for one.
        let is_set = function.set_of && !function.one_row;
        let details = self.type_details(function.returns)?;
        if details.category == TypeCategory::Row {
            let is_of = |entity: &super::Entity| entity.row_type == function.returns;
            let id = self.entities.iter().position(is_of)?;
            if is_set && !self.entities[id].is_listed {
                return None;
            }
            let types = self.entities[id].types;
            return Some(match is_set {
                true => (Returns::Rows(id), TypeRef::Named(types.connection)),
                false => (Returns::Row(id), TypeRef::Named(types.node)),
            });
        }
        let (of, output) = self.type_of(function.returns).filter(|_| !is_set)?;
        Some((Returns::Value(output), of))
    }

    fn function_arguments(&self, function: &FunctionDetails) -> Vec<Input> {
        let inflects = self.schema(&function.name.schema).inflects;
        let parameters = function.parameters.iter().enumerate();
        parameters
            .filter_map(|(position, parameter)| {
                let (of, _) = self.type_of(parameter.type_oid)?;
                let of = match parameter.has_default {
                    true => of,
                    false => of.non_null(),
                };
                let own = parameter.name.as_deref().unwrap_or_default();
                let argument = name::lower_first(&name::type_name(own, inflects));
                let mut input = Input::new(argument, of, InputMeaning::Parameter(position));
                input.default = default_value(parameter).map(Into::into);
                Some(input)
            })
            .collect()
    }
}

/// A default that GraphQL can write; one that is computed or null is left out.
fn default_value(parameter: &ParameterDetails) -> Option<String> {
    let text = parameter.default.as_deref()?.trim();
    match parameter.type_oid {
        21 | 23 => text.parse::<i32>().ok().map(|number| number.to_string()),
        16 => text.parse::<bool>().ok().map(|truth| truth.to_string()),
        700 | 701 => text.parse::<f64>().ok().map(|number| number.to_string()),
        25 => {
            let quoted = text.strip_suffix("::text")?;
            let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
            Some(format!("{:?}", inner.replace("''", "'")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_told_where_graphql_can_write_them_gq_035() {
        let default = |type_oid, text: &str| {
            default_value(&ParameterDetails {
                name: None,
                type_oid,
                type_name: "".into(),
                has_default: true,
                default: Some(text.into()),
            })
        };
        assert_eq!(default(23, "20").as_deref(), Some("20"));
        assert_eq!(
            default(25, "'it''s, well'::text").as_deref(),
            Some("\"it's, well\"")
        );
        assert_eq!(default(16, "true").as_deref(), Some("true"));
        assert_eq!(default(23, "NULL::integer"), None);
        assert_eq!(default(25, "now()"), None);
    }
}
