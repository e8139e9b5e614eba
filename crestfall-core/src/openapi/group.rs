//! Operations that belong together.

use http::Method;

use super::{Document, Operation, Parameter, Schema};

/// The operations of one tag. Those at a path with `{names}` have these as parameters.
#[derive(Debug)]
pub struct Group<'d> {
    document: &'d mut Document,
    tag: &'static str,
    in_path: fn(&str) -> Parameter,
}

macro_rules! methods {
    ($($name:ident $method:ident,)*) => { $(
        #[doc = concat!("An operation by ", stringify!($method), ".")]
        pub fn $name(&mut self, path: &str, operation: Operation) {
            self.add(Method::$method, path, operation);
        }
    )* };
}

impl<'d> Group<'d> {
    /// A group of a tag; `in_path` makes the parameter of a name in a path.
    pub fn new(
        document: &'d mut Document,
        tag: &'static str,
        in_path: fn(&str) -> Parameter,
    ) -> Self {
        Self {
            document,
            tag,
            in_path,
        }
    }

    methods! {
        get GET,
        post POST,
        put PUT,
        patch PATCH,
        delete DELETE,
    }

    /// A schema with a name, and the reference to it.
    pub fn schema(&mut self, name: &str, schema: Schema) -> Schema {
        self.document.schema(name, schema)
    }

    fn add(&mut self, method: Method, path: &str, operation: Operation) {
        let names = path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next());
        let operation = names.fold(operation.tag(self.tag), |operation, name| {
            operation.parameter((self.in_path)(name))
        });
        self.document.operation(method, path, operation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_its_groups_tag_and_the_parameters_of_its_path() {
        let mut document = Document::new("Shop", "1");
        let in_path = |name: &str| Parameter::path(name, Schema::uuid());
        let mut group = Group::new(&mut document, "carts", in_path);
        group.delete("/carts/{cart}/lines/{line}", Operation::new("drop", "Drop"));
        let operation = &document.as_value()["paths"]["/carts/{cart}/lines/{line}"]["delete"];
        assert_eq!(operation["tags"][0], "carts");
        let names = ["cart", "line"].map(Some);
        let parameters = operation["parameters"].as_array().unwrap();
        assert!(parameters.iter().map(|one| one["name"].as_str()).eq(names));
    }
}
