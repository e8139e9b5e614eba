//! Layers that let a request pass when its caller holds what they ask for.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{FromRequestParts as _, RawPathParams};
use axum::response::{IntoResponse, Response};
use crestfall_core::{Identity, Problem};
use http::Request;
use tower::{Layer, Service};

use crate::error::Error;
use crate::rbac::Rbac;
use crate::requirement::{InvalidRequirement, MissingParameter, Requirement};

/// Lets a request pass whose caller meets a [`Requirement`]. To stand below the layer that gives
/// requests their [`Identity`], on the routes themselves (`route_layer`, or a layer of a method
/// router): a resource may be named by parameters of the path.
///
/// Who is not signed in is answered 401, whatever is asked for; who is, and does not meet it, 403.
/// What is missing is told to those who may see roles ([`Tell`](crate::Tell)).
#[derive(Clone, Debug)]
pub struct RequireLayer {
    rbac: Rbac,
    requirement: Arc<Requirement>,
}

impl RequireLayer {
    /// Asks for this.
    pub fn new(rbac: &Rbac, requirement: Requirement) -> Self {
        Self {
            rbac: rbac.clone(),
            requirement: Arc::new(requirement),
        }
    }

    /// What it asks for.
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require {
            inner,
            rule: self.clone(),
        }
    }
}

/// A layer that asks for one permission.
///
/// ```no_run
/// # use axum::{Router, routing::get};
/// # use crestfall_rbac::{InvalidRequirement, Rbac, RequirePermissionLayer};
/// # fn router(rbac: &Rbac) -> Result<Router, InvalidRequirement> {
/// let read = RequirePermissionLayer::new(rbac, "invoice:read")?.on("invoice/{id}")?;
/// Ok(Router::new()
///     .route("/invoices/{id}", get(async || "an invoice"))
///     .route_layer(read))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequirePermissionLayer(RequireLayer);

impl RequirePermissionLayer {
    /// Asks for this permission, `resource:action`, everywhere unless a place is added.
    ///
    /// # Errors
    /// It is no permission.
    pub fn new(rbac: &Rbac, permission: &str) -> Result<Self, InvalidRequirement> {
        let requirement = Requirement::permission(permission)?;
        Ok(Self(RequireLayer::new(rbac, requirement)))
    }

    /// Lets the permission on one resource suffice, such as `invoice/{id}`.
    ///
    /// # Errors
    /// It is no resource.
    pub fn on(self, resource: &str) -> Result<Self, InvalidRequirement> {
        let requirement = self.0.requirement().clone().on(resource)?;
        Ok(Self(RequireLayer::new(&self.0.rbac, requirement)))
    }

    /// Lets the permission in the organisation suffice whose id is this parameter of the path.
    #[must_use]
    pub fn in_organisation(self, parameter: &str) -> Self {
        let requirement = self.0.requirement().clone().in_organisation(parameter);
        Self(RequireLayer::new(&self.0.rbac, requirement))
    }
}

impl<S> Layer<S> for RequirePermissionLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        self.0.layer(inner)
    }
}

/// A layer that asks for a role. Prefer permissions: what a role may do can then change without the
/// program.
#[derive(Clone, Debug)]
pub struct RequireRoleLayer(RequireLayer);

impl RequireRoleLayer {
    /// Asks for this role, or one below it, everywhere unless a place is added.
    ///
    /// # Errors
    /// It is no name of a role.
    pub fn new(rbac: &Rbac, role: &str) -> Result<Self, InvalidRequirement> {
        Ok(Self(RequireLayer::new(rbac, Requirement::role(role)?)))
    }

    /// Lets the role in the organisation suffice whose id is this parameter of the path.
    #[must_use]
    pub fn in_organisation(self, parameter: &str) -> Self {
        let requirement = self.0.requirement().clone().in_organisation(parameter);
        Self(RequireLayer::new(&self.0.rbac, requirement))
    }
}

impl<S> Layer<S> for RequireRoleLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        self.0.layer(inner)
    }
}

/// The service that these layers make.
#[derive(Clone, Debug)]
pub struct Require<S> {
    inner: S,
    rule: RequireLayer,
}

impl<S, B> Service<Request<B>> for Require<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let clone = self.inner.clone();
        // The one that was found ready.
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let rule = self.rule.clone();
        Box::pin(async move {
            match rule.admit(request).await {
                Ok(request) => inner.call(request).await,
                Err(problem) => Ok(problem.into_response()),
            }
        })
    }
}

impl RequireLayer {
    /// The request, if its caller meets the requirement.
    async fn admit<B>(&self, request: Request<B>) -> Result<Request<B>, Problem> {
        let (mut head, body) = request.into_parts();
        let identity = head.extensions.get::<Identity>();
        let Some(identity) = identity.filter(|identity| identity.is_authenticated()) else {
            self.rbac.counts().anonymous();
            return Err(Error::Anonymous.into());
        };
        let grants = self.rbac.grants(identity).await?;
        let parameters = match self.requirement.names_parameters() {
            true => RawPathParams::from_request_parts(&mut head, &()).await.ok(),
            false => None,
        };
        // A route without any has none, which is no fault unless one is asked for.
        let read = |name: &str| {
            let mut all = parameters.iter().flatten();
            all.find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned())
        };
        let is_met = self.requirement.is_met(&grants, &read);
        self.rbac.counts().decided(is_met == Ok(true));
        match is_met {
            Ok(true) => Ok(Request::from_parts(head, body)),
            Ok(false) => {
                let missing = self.requirement.missing(&grants, &read);
                Err(self.rbac.refusal(&grants, &missing))
            }
            Err(missing) => Err(misplaced(&self.requirement, &missing)),
        }
    }
}

/// The program is wrong: nobody passes.
fn misplaced(requirement: &Requirement, missing: &MissingParameter) -> Problem {
    tracing::error!(%requirement, "a route cannot meet what is required of it");
    Problem::internal(missing)
}
