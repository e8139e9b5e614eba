//! OpenAPI 3.1 documents: made by each service, put together by whoever serves them.
//!
//! A [`Document`] is a JSON value with the few operations that descriptions of services need: a
//! service adds its operations and schemas, the server mounts and merges, an embedder merges it all
//! into a document of their own ([`Document::merge_into`]), whatever made that one.
//!
//! ```
//! use crestfall_core::openapi::{Document, Operation, Schema};
//! use http::Method;
//!
//! let mut shop = Document::new("Shop", "1.0");
//! let cart = shop.schema("Cart", Schema::object().required("id", Schema::uuid()));
//! let show = Operation::new("show_cart", "The cart").answer(200, "The cart", Some(cart));
//! shop.operation(Method::GET, "/cart", show);
//!
//! let mut mine = serde_json::json!({
//!     "openapi": "3.1.0", "info": { "title": "Mine", "version": "1" }, "paths": {},
//! });
//! shop.mounted("/shop").merge_into(&mut mine);
//! assert_eq!(mine["paths"]["/shop/cart"]["get"]["operationId"], "show_cart");
//! ```

mod downgrade;
mod group;
mod merge;
mod operation;
mod schema;

use http::Method;
use serde_json::{Map, Value, json};

pub use group::Group;
pub use operation::{Answer, Operation, Parameter};
pub use schema::Schema;

/// What a service offers, as an OpenAPI 3.1 document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Value);

impl Document {
    /// A document that describes nothing yet.
    pub fn new(title: &str, version: &str) -> Self {
        Self(json!({
            "openapi": "3.1.0",
            "info": { "title": title, "version": version },
            "paths": {},
            "components": {},
        }))
    }

    /// A title other than the one it was made with.
    pub fn set_title(&mut self, title: &str) {
        self.0["info"]["title"] = title.into();
    }

    /// What the whole is about, in CommonMark.
    pub fn describe(&mut self, text: &str) {
        self.0["info"]["description"] = text.into();
    }

    /// Title and description of another document.
    pub fn take_info(&mut self, other: &Self) {
        for name in ["title", "description"] {
            if let Some(value) = other.0["info"].get(name) {
                self.0["info"][name] = value.clone();
            }
        }
    }

    /// Every operation that takes a credential may be proved by any of these schemes as well.
    pub fn also_by(&mut self, schemes: &[&str]) {
        let items = object(&mut self.0["paths"]).values_mut();
        for operation in items.flat_map(|item| object(item).values_mut()) {
            let Some(security) = operation["security"].as_array_mut() else {
                continue;
            };
            let none = json!({});
            let Some(place) = security.iter().rposition(|way| *way != none) else {
                continue;
            };
            let ways = schemes.iter().map(|scheme| json!({ *scheme: [] }));
            security.splice(place + 1..place + 1, ways);
        }
    }

    /// The licence under which the description may be used: an SPDX expression.
    pub fn license(&mut self, spdx: &str) {
        self.0["info"]["license"] = json!({ "name": spdx, "identifier": spdx });
    }

    /// A base URL below which every path stands.
    pub fn server(&mut self, url: &str) {
        self.list("servers").push(json!({ "url": url }));
    }

    /// A group of operations. The first description of a name stays.
    pub fn tag(&mut self, name: &str, description: &str) {
        let tags = self.list("tags");
        if !tags.iter().any(|tag| tag["name"] == name) {
            tags.push(match description {
                "" => json!({ "name": name }),
                text => json!({ "name": name, "description": text }),
            });
        }
    }

    /// An operation at a path, which begins with a slash and has `{parameters}`.
    pub fn operation(&mut self, method: Method, path: &str, operation: Operation) {
        let paths = object(&mut self.0["paths"]);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        object(item).insert(method.as_str().to_ascii_lowercase(), operation.into_value());
    }

    /// A schema with a name, and the reference to it.
    pub fn schema(&mut self, name: &str, schema: Schema) -> Schema {
        self.component("schemas", name, schema.into_value());
        Schema::reference(name)
    }

    /// A parameter with a name, for [`Operation::shared_parameter`].
    pub fn parameter(&mut self, name: &str, parameter: Parameter) {
        self.component("parameters", name, parameter.into_value());
    }

    /// An answer with a name, for [`Operation::shared_answer`].
    pub fn answer(&mut self, name: &str, answer: Answer) {
        self.component("responses", name, answer.into_value());
    }

    /// A way to prove who calls: a security scheme object.
    pub fn security_scheme(&mut self, name: &str, scheme: Value) {
        self.component("securitySchemes", name, scheme);
    }

    /// The same with every path below this one; the root is the path itself, as where a router is
    /// nested.
    #[must_use]
    pub fn mounted(mut self, path: &str) -> Self {
        let paths = std::mem::take(object(&mut self.0["paths"]));
        let below = paths.into_iter().map(|(old, item)| {
            let old = if path.is_empty() || old != "/" {
                &old
            } else {
                ""
            };
            (format!("{path}{old}"), item)
        });
        *object(&mut self.0["paths"]) = below.collect();
        self
    }

    /// Adds what another describes. Of components with one name and two meanings, the other's gets
    /// a new name; of operations at one path and method, and of tags, this document's stays.
    pub fn merge(&mut self, other: Self) {
        other.merge_into(&mut self.0);
    }

    /// Adds everything to an OpenAPI document in JSON, by the rules of [`merge`](Self::merge). Title,
    /// version and servers stay as they are there.
    pub fn merge_into(self, document: &mut Value) {
        merge::merge(document, self.0);
    }

    /// The document.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The document.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// The same for tools that know OpenAPI 3.0 alone.
    pub fn to_3_0(&self) -> Value {
        downgrade::downgrade(self.0.clone())
    }

    fn component(&mut self, kind: &str, name: &str, value: Value) {
        let kinds = object(&mut self.0["components"]);
        let named = kinds.entry(kind).or_insert_with(|| json!({}));
        object(named).insert(name.to_owned(), value);
    }

    fn list(&mut self, name: &str) -> &mut Vec<Value> {
        let list = object(&mut self.0)
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()));
        if !list.is_array() {
            *list = Value::Array(Vec::new());
        }
        list.as_array_mut().expect("made an array just above")
    }
}

impl From<Document> for Value {
    fn from(document: Document) -> Self {
        document.into_value()
    }
}

/// The value as an object, which it becomes when it is none.
fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object just above")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_what_was_put_into_it() {
        let mut document = Document::new("Shop", "1");
        document.tag("cart", "What is to be bought");
        document.tag("cart", "Something else");
        document.server("https://example.com");
        let cart = document.schema("Cart", Schema::object());
        let operation = Operation::new("show", "Shows").answer(200, "It", Some(cart));
        document.operation(Method::GET, "/cart", operation);
        let root = Operation::new("root", "Shows all");
        document.operation(Method::GET, "/", root);
        assert!(document.clone().mounted("").as_value()["paths"]["/"].is_object());
        let value = document.mounted("/shop/v1").into_value();
        assert_eq!(value["paths"]["/shop/v1"]["get"]["operationId"], "root");
        assert_eq!(
            value["tags"],
            json!([{ "name": "cart", "description": "What is to be bought" }])
        );
        assert_eq!(value["servers"][0]["url"], "https://example.com");
        let schema = &value["paths"]["/shop/v1/cart"]["get"]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert_eq!(schema, &json!({ "$ref": "#/components/schemas/Cart" }));
    }
}
