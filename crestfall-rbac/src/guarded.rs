//! A router that knows what its routes ask for, so that a document can say it.

use std::convert::Infallible;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use serde_json::{Value, json};

use crate::rbac::Rbac;
use crate::requirement::Requirement;

/// Makes a router whose routes each ask for something, and keeps what.
///
/// ```no_run
/// # use axum::Router;
/// # use crestfall_rbac::{GuardedRouter, InvalidRequirement, Rbac, Requirement};
/// # fn app(rbac: &Rbac, mut openapi: serde_json::Value) -> Result<Router, InvalidRequirement> {
/// let (router, guards) = GuardedRouter::new(rbac)
///     .get("/invoices", Requirement::permission("invoice:list")?, async || "all")
///     .post("/invoices", Requirement::permission("invoice:create")?, async || "made")
///     .get(
///         "/invoices/{id}",
///         Requirement::permission("invoice:read")?.on("invoice/{id}")?,
///         async || "one",
///     )
///     .finish();
/// guards.iter().for_each(|guard| guard.describe(&mut openapi, "/api"));
/// Ok(Router::new().nest("/api", router))
/// # }
/// ```
#[derive(Debug)]
pub struct GuardedRouter<S = ()> {
    rbac: Rbac,
    router: Router<S>,
    guards: Vec<Guard>,
}

/// What one route asks for.
#[derive(Clone, Debug)]
pub struct Guard {
    method: Method,
    path: String,
    requirement: Requirement,
}

impl<S: Clone + Send + Sync + 'static> GuardedRouter<S> {
    /// Without routes.
    pub fn new(rbac: &Rbac) -> Self {
        Self {
            rbac: rbac.clone(),
            router: Router::new(),
            guards: Vec::new(),
        }
    }

    /// Answers `GET` there, to who meets the requirement.
    #[must_use]
    pub fn get<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        requirement: Requirement,
        handler: H,
    ) -> Self {
        let methods = on(MethodFilter::GET, handler);
        self.route(Method::GET, path, requirement, methods)
    }

    /// Answers `POST` there, to who meets the requirement.
    #[must_use]
    pub fn post<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        requirement: Requirement,
        handler: H,
    ) -> Self {
        let methods = on(MethodFilter::POST, handler);
        self.route(Method::POST, path, requirement, methods)
    }

    /// Answers `PUT` there, to who meets the requirement.
    #[must_use]
    pub fn put<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        requirement: Requirement,
        handler: H,
    ) -> Self {
        let methods = on(MethodFilter::PUT, handler);
        self.route(Method::PUT, path, requirement, methods)
    }

    /// Answers `PATCH` there, to who meets the requirement.
    #[must_use]
    pub fn patch<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        requirement: Requirement,
        handler: H,
    ) -> Self {
        let methods = on(MethodFilter::PATCH, handler);
        self.route(Method::PATCH, path, requirement, methods)
    }

    /// Answers `DELETE` there, to who meets the requirement.
    #[must_use]
    pub fn delete<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        requirement: Requirement,
        handler: H,
    ) -> Self {
        let methods = on(MethodFilter::DELETE, handler);
        self.route(Method::DELETE, path, requirement, methods)
    }

    fn route(
        mut self,
        method: Method,
        path: &str,
        requirement: Requirement,
        methods: MethodRouter<S, Infallible>,
    ) -> Self {
        let layer = self.rbac.require(requirement.clone());
        let guarded = methods.route_layer(layer);
        self.router = self.router.route(path, guarded);
        self.guards.push(Guard {
            method,
            path: path.to_owned(),
            requirement,
        });
        self
    }

    /// The router, and what its routes ask for.
    pub fn finish(self) -> (Router<S>, Vec<Guard>) {
        (self.router, self.guards)
    }
}

impl Guard {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path, as it was routed.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is asked for.
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// Says it in an OpenAPI document whose paths begin with `prefix`: the security scheme `bearer`
    /// on the operation, what is asked for as `x-required`, and the answers 401 and 403.
    pub fn describe(&self, document: &mut Value, prefix: &str) {
        let path = format!("{prefix}{}", self.path);
        let path = path.replace('~', "~0").replace('/', "~1");
        let method = self.method.as_str().to_ascii_lowercase();
        let operation = document.pointer_mut(&format!("/paths/{path}/{method}"));
        let Some(operation) = operation.filter(|operation| operation.is_object()) else {
            return;
        };
        let answer = |description: &str| json!({ "description": description });
        operation["security"] = json!([{ "bearer": [] }]);
        operation["x-required"] = self.requirement.to_string().into();
        merge(operation, &["responses", "401"], answer("Not signed in"));
        let needs = format!("Needs: {}", self.requirement);
        merge(operation, &["responses", "403"], answer(&needs));
        let schemes = document
            .pointer("/components/securitySchemes/bearer")
            .is_some();
        if !schemes {
            let scheme = json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" });
            merge(
                document,
                &["components", "securitySchemes", "bearer"],
                scheme,
            );
        }
    }
}

/// Puts a value in place; what stands in the way and is no object gives way.
fn merge(document: &mut Value, path: &[&str], value: Value) {
    let mut place = document;
    for name in path {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[*name];
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_a_route_asks_for() {
        let guard = Guard {
            method: Method::GET,
            path: "/invoices/{id}".into(),
            requirement: Requirement::permission("invoice:read").expect("a permission"),
        };
        let mut document = json!({ "paths": {
            "/api/invoices/{id}": { "parameters": [], "get": { "responses": { "200": {} } }, "post": {} },
            "/api/other": { "get": {} },
        } });
        guard.describe(&mut document, "/api");
        let operation = &document["paths"]["/api/invoices/{id}"]["get"];
        assert_eq!(operation["security"], json!([{ "bearer": [] }]));
        assert_eq!(operation["x-required"], "invoice:read");
        assert_eq!(
            operation["responses"]["403"]["description"],
            "Needs: invoice:read"
        );
        assert!(operation["responses"]["200"].is_object());
        assert_eq!(document["paths"]["/api/invoices/{id}"]["post"], json!({}));
        assert_eq!(document["paths"]["/api/other"]["get"], json!({}));
        let scheme = &document["components"]["securitySchemes"]["bearer"];
        assert_eq!(scheme["scheme"], "bearer");
    }
}
