//! Reading arguments.

use std::sync::Arc;

use super::{Call, Planner};
use crate::document::Field;
use crate::model::{Field as FieldType, Function, InputMeaning};
use crate::refusal::Refusal;
use crate::value::{Data, Given, Recipe, Use, check};

impl Planner<'_, '_> {
    /// The value of an argument, checked.
    pub(super) fn argument(
        &mut self,
        field: &Field,
        of: &FieldType,
        name: &str,
    ) -> Result<Given, Refusal> {
        let Some(input) = of.argument(name) else {
            return Ok(Given::absent());
        };
        let given = self.given(field, name);
        check(self.schema, input, given, &mut self.selector.reads)
            .map_err(|refusal| refusal.below(name))
    }

    /// The value of an argument as it was given.
    pub(super) fn given(&mut self, field: &Field, name: &str) -> Given {
        let value = field.arguments.iter().find(|(own, _)| &**own == name);
        value.map_or_else(Given::absent, |(_, value)| {
            let (variables, definitions) = (self.selector.variables, self.selector.definitions);
            Given::read(value, variables, definitions)
        })
    }

    /// A number that decides how the statement looks.
    pub(super) fn count(
        &mut self,
        field: &Field,
        of: &FieldType,
        name: &str,
    ) -> Result<Option<u64>, Refusal> {
        let given = self.argument(field, of, name)?;
        if let Some(source) = &given.from {
            let reads = &mut self.selector.reads;
            reads.note(source.variable.clone(), Use::Literal);
        }
        match given.data {
            Data::Absent | Data::Null => Ok(None),
            Data::Int(number) => match u64::try_from(number) {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(Refusal::new(format!(
                    "`{name}` must be an unsigned integer"
                ))),
            },
            _ => Err(Refusal::new(format!("Invalid input for {name}"))),
        }
    }

    /// A call with the arguments that were given.
    pub(super) fn call(
        &mut self,
        field: &Field,
        of: &FieldType,
        function: &Arc<Function>,
    ) -> Result<Call, Refusal> {
        let mut arguments = Vec::new();
        for input in of.arguments.iter() {
            let InputMeaning::Parameter(position) = input.meaning else {
                continue;
            };
            let given = self.argument(field, of, &input.name)?;
            if !given.is_absent() {
                arguments.push((position, Recipe::of(&given)?));
            }
        }
        Ok(Call {
            function: function.clone(),
            arguments,
        })
    }
}
