use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::openapi::Document;

/// An OpenAPI document that answers are held to.
///
/// ```
/// # use crestfall_core::openapi::{Document, Operation, Schema};
/// # use crestfall_core::testing::Described;
/// # use http::{HeaderMap, Method, StatusCode};
/// let mut shop = Document::new("Shop", "1");
/// let count = Operation::new("count", "How many").answer(204, "None", None);
/// shop.operation(Method::GET, "/carts/{cart}/count", count);
/// let described = Described::new(shop);
/// let (status, headers) = (StatusCode::NO_CONTENT, HeaderMap::new());
/// described.check(&Method::GET, "/carts/7/count", status, &headers, &"".into());
/// ```
#[derive(Clone, Debug)]
pub struct Described(Value);

impl Described {
    /// By this document.
    pub fn new(document: Document) -> Self {
        Self(document.into_value())
    }

    /// Panics when an answer is none that the document gives for its operation, in the form that it
    /// gives. What is no operation of the document is nobody's business. A body that is no JSON is a
    /// text.
    ///
    /// # Panics
    /// When it is not.
    pub fn check(
        &self,
        method: &Method,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Value,
    ) {
        if let Err(why) = self.judge(method, path, status, headers, body) {
            panic!("{method} {path}: {status}: {why}, in {body}");
        }
    }

    fn judge(
        &self,
        method: &Method,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Value,
    ) -> Result<(), String> {
        let Some(operation) = self.operation(method, path) else {
            return Ok(());
        };
        let answers = &operation["responses"];
        let answer = self.resolve(&answers[status.as_u16().to_string()]);
        if !answer.is_object() {
            return Err("it is not documented".to_owned());
        }
        let content_type = headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        let is_empty = body.as_str().is_some_and(str::is_empty);
        let Some(content) = answer["content"].as_object() else {
            return match is_empty {
                true => Ok(()),
                false => Err("a body is not documented".to_owned()),
            };
        };
        let Some(form) = content.get(content_type) else {
            return Err(format!("{content_type:?} is not documented"));
        };
        match content_type.ends_with("json") && *method != Method::HEAD {
            true => self.fits(body, &form["schema"]),
            false => Ok(()),
        }
    }

    /// Of those whose path fits, the one with the fewest parameters.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap_or_default();
        let asked: Vec<&str> = path.split('/').collect();
        let holes = |template: &str| template.matches('{').count();
        let paths = self.0["paths"].as_object()?.iter();
        let fitting = paths.filter(|(template, _)| {
            let template: Vec<&str> = template.split('/').collect();
            let pairs = template.iter().zip(&asked);
            template.len() == asked.len() && { pairs }
                .all(|(one, other)| one.starts_with('{') || one == other)
        });
        let (_, item) = fitting.min_by_key(|(template, _)| holes(template))?;
        item.get(method.as_str().to_lowercase())
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(target) = value["$ref"].as_str() else {
            return value;
        };
        let found = self.0.pointer(target.trim_start_matches('#'));
        found.unwrap_or_else(|| panic!("{target} leads nowhere"))
    }

    /// Whether a value has the form of a schema; members that the schema does not name are a mistake.
    fn fits(&self, value: &Value, schema: &Value) -> Result<(), String> {
        let schema = self.resolve(schema);
        if let Some(forms) = schema["anyOf"].as_array() {
            let misfits: Vec<String> = forms
                .iter()
                .map_while(|form| self.fits(value, form).err())
                .collect();
            return match misfits.len() == forms.len() {
                true => Err(misfits.join(", or ")),
                false => Ok(()),
            };
        }
        has_type(value, &schema["type"])?;
        if let Some(labels) = schema["enum"].as_array()
            && !labels.contains(value)
        {
            return Err(format!("{value} is none of {labels:?}"));
        }
        match value {
            Value::Array(elements) => elements
                .iter()
                .try_for_each(|element| self.fits(element, &schema["items"])),
            Value::Object(members) => self.has_members(members, schema),
            _ => Ok(()),
        }
    }

    fn has_members(
        &self,
        members: &serde_json::Map<String, Value>,
        schema: &Value,
    ) -> Result<(), String> {
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !members.contains_key(name) {
                return Err(format!("`{name}` is missing"));
            }
        }
        let is_open = schema["properties"].is_null() || !schema["additionalProperties"].is_null();
        for (name, member) in members {
            match &schema["properties"][name] {
                Value::Null if is_open => {}
                Value::Null => return Err(format!("`{name}` is not documented")),
                form => self
                    .fits(member, form)
                    .map_err(|why| format!("`{name}`: {why}"))?,
            }
        }
        Ok(())
    }
}

fn has_type(value: &Value, types: &Value) -> Result<(), String> {
    let types: Vec<&str> = match types {
        Value::Null => return Ok(()),
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let fits = types.iter().any(|name| match *name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    });
    match fits {
        true => Ok(()),
        false => Err(format!("{value} is no {types:?}")),
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, HeaderValue};
    use serde_json::json;

    use super::*;
    use crate::openapi::{Operation, Schema};

    fn judged(status: u16, media_type: &'static str, body: &Value) -> Result<(), String> {
        let mut document = Document::new("Shop", "1");
        let note = Schema::string().nullable();
        let cart = Schema::object()
            .required("id", Schema::uuid())
            .optional("note", note);
        let cart = document.schema("Cart", cart);
        let show = Operation::new("show", "Shows")
            .answer(200, "It", Some(cart))
            .answer(204, "None", None);
        document.operation(Method::GET, "/carts/{id}", show);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let status = StatusCode::from_u16(status).unwrap();
        Described::new(document).judge(&Method::GET, "/carts/7?a=b", status, &headers, body)
    }

    #[test]
    fn an_answer_that_the_document_does_not_give_is_told() {
        let fine = json!({ "id": "7", "note": null });
        let json = "application/json; charset=utf-8";
        assert_eq!(judged(200, json, &fine), Ok(()));
        assert_eq!(judged(204, "", &json!("")), Ok(()));
        for (status, media_type, body, why) in [
            (404, json, &fine, "it is not documented"),
            (204, json, &fine, "a body is not documented"),
            (200, "text/html", &fine, "\"text/html\" is not documented"),
            (200, json, &json!({ "note": "x" }), "`id` is missing"),
            (200, json, &json!({ "id": 7 }), "`id`: 7 is no [\"string\"]"),
            (
                200,
                json,
                &json!({ "id": "7", "more": 1 }),
                "`more` is not documented",
            ),
        ] {
            assert_eq!(judged(status, media_type, body), Err(why.to_owned()));
        }
    }
}
