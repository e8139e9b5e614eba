//! What can be asked, with which parameters, and what is answered.

use serde_json::{Value, json};

use super::{Schema, object};

/// One request that a service answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation(Value);

impl Operation {
    /// An operation with a name for programs (letters, digits and `_`) and one line for people.
    pub fn new(id: &str, summary: &str) -> Self {
        Self(json!({ "operationId": id, "summary": summary, "responses": {} }))
    }

    /// More about it, in CommonMark.
    #[must_use]
    pub fn describe(mut self, text: &str) -> Self {
        self.0["description"] = text.into();
        self
    }

    /// The group it belongs to.
    #[must_use]
    pub fn tag(mut self, tag: &str) -> Self {
        self.0["tags"] = json!([tag]);
        self
    }

    /// Any of these credentials will do, each the name of a security scheme; the empty name is for
    /// none at all.
    #[must_use]
    pub fn security(mut self, schemes: &[&str]) -> Self {
        let requirement = |name: &&str| match *name {
            "" => json!({}),
            name => json!({ name: [] }),
        };
        self.0["security"] = schemes.iter().map(requirement).collect();
        self
    }

    /// A parameter of this operation.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.add_parameter(parameter.into_value());
        self
    }

    /// A parameter that the document has by name.
    #[must_use]
    pub fn shared_parameter(mut self, name: &str) -> Self {
        self.add_parameter(json!({ "$ref": format!("#/components/parameters/{name}") }));
        self
    }

    /// A body that must be sent, as JSON.
    #[must_use]
    pub fn body(self, schema: Schema) -> Self {
        self.body_as("application/json", schema, true)
    }

    /// A body of a media type.
    #[must_use]
    pub fn body_as(mut self, media_type: &str, schema: Schema, required: bool) -> Self {
        self.0["requestBody"] = json!({
            "required": required,
            "content": { media_type: { "schema": schema.into_value() } },
        });
        self
    }

    /// An answer, with a JSON body where there is a schema.
    #[must_use]
    pub fn answer(self, status: u16, description: &str, body: Option<Schema>) -> Self {
        let answer = Answer::new(description);
        let answer = match body {
            Some(schema) => answer.body("application/json", schema),
            None => answer,
        };
        self.answers(status, answer)
    }

    /// An answer.
    #[must_use]
    pub fn answers(mut self, status: u16, answer: Answer) -> Self {
        self.0["responses"][status.to_string()] = answer.into_value();
        self
    }

    /// An answer of many statuses: `4XX`, `5XX`, `default`.
    #[must_use]
    pub fn answers_in(mut self, statuses: &str, answer: Answer) -> Self {
        self.0["responses"][statuses] = answer.into_value();
        self
    }

    /// An answer that the document has by name.
    #[must_use]
    pub fn shared_answer(mut self, status: u16, name: &str) -> Self {
        self.0["responses"][status.to_string()] =
            json!({ "$ref": format!("#/components/responses/{name}") });
        self
    }

    /// The operation object.
    pub fn into_value(self) -> Value {
        self.0
    }

    fn add_parameter(&mut self, parameter: Value) {
        let parameters = object(&mut self.0)
            .entry("parameters")
            .or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(parameter);
        }
    }
}

/// Something a request may say beside its body.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter(Value);

impl Parameter {
    /// In the query string; optional.
    pub fn query(name: &str, schema: Schema) -> Self {
        Self::new(name, "query", false, schema)
    }

    /// In the path; always there.
    pub fn path(name: &str, schema: Schema) -> Self {
        Self::new(name, "path", true, schema)
    }

    /// A header; optional.
    pub fn header(name: &str, schema: Schema) -> Self {
        Self::new(name, "header", false, schema)
    }

    fn new(name: &str, place: &str, required: bool, schema: Schema) -> Self {
        Self(json!({
            "name": name, "in": place, "required": required, "schema": schema.into_value(),
        }))
    }

    /// It must be there.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.0["required"] = true.into();
        self
    }

    /// What it means, in CommonMark.
    #[must_use]
    pub fn describe(mut self, text: &str) -> Self {
        self.0["description"] = text.into();
        self
    }

    /// One value as an example.
    #[must_use]
    pub fn example(mut self, value: impl Into<Value>) -> Self {
        self.0["example"] = value.into();
        self
    }

    /// The parameter object.
    pub fn into_value(self) -> Value {
        self.0
    }
}

/// What may come back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer(Value);

impl Answer {
    /// An answer without a body.
    pub fn new(description: &str) -> Self {
        Self(json!({ "description": description }))
    }

    /// A body of that media type; another media type for another call.
    #[must_use]
    pub fn body(mut self, media_type: &str, schema: Schema) -> Self {
        self.0["content"][media_type] = json!({ "schema": schema.into_value() });
        self
    }

    /// An example of the body of that media type.
    #[must_use]
    pub fn example(mut self, media_type: &str, value: Value) -> Self {
        self.0["content"][media_type]["example"] = value;
        self
    }

    /// A header that comes with it.
    #[must_use]
    pub fn header(mut self, name: &str, description: &str) -> Self {
        self.0["headers"][name] = json!({
            "description": description, "schema": { "type": "string" },
        });
        self
    }

    /// The response object.
    pub fn into_value(self) -> Value {
        self.0
    }
}
