//! Which part of the server answers which path.

use axum::Router;
use axum::body::Body;
use crestfall_graphql::GraphQl;
use crestfall_rest::Rest;
use http::header::{ACCEPT, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response};
use tower::Service as _;

use crate::api_key::take_key;
use crate::auth::Callers;

/// The APIs by where they stand. The busiest one is called without a router in between.
#[derive(Clone, Default)]
pub(crate) struct Routes {
    pub(crate) rest: Option<RestRoutes>,
    pub(crate) graphql: Option<GraphQlRoutes>,
    /// Whatever else there is.
    pub(crate) others: Router,
}

/// Where the REST API stands.
#[derive(Clone)]
pub(crate) struct RestRoutes {
    pub(crate) rest: Rest,
    /// Paths below which it answers; empty is the root.
    pub(crate) paths: Vec<&'static str>,
    /// A header `apikey` stands for a bearer token when there is none.
    pub(crate) takes_api_key: bool,
    /// Says who calls, where the API is not to find out by itself.
    pub(crate) callers: Option<Callers>,
}

/// Where the GraphQL API stands.
#[derive(Clone)]
pub(crate) struct GraphQlRoutes {
    pub(crate) graphql: GraphQl,
    /// Paths at which it answers; empty is the root.
    pub(crate) paths: Vec<&'static str>,
    /// Below each there is a page to try operations on.
    pub(crate) has_ui: bool,
    /// A header `apikey` stands for a bearer token when there is none.
    pub(crate) takes_api_key: bool,
    /// Says who calls, where the API is not to find out by itself.
    pub(crate) callers: Option<Callers>,
}

impl Routes {
    /// Answers one request.
    pub(crate) async fn call(&self, mut request: Request<Body>) -> Response<Body> {
        if let Some(routes) = &self.rest
            && let Some(mount) = routes.mount(request.uri().path())
        {
            if routes.takes_api_key {
                take_key(request.headers_mut());
            }
            let Some(callers) = &routes.callers else {
                return routes.rest.serve(mount, request).await;
            };
            let answer = async |request| routes.rest.serve(mount, request).await;
            return callers.identify(request, answer).await;
        }
        if let Some(routes) = &self.graphql
            && routes.stands_at(request.uri().path())
        {
            return routes.call(request).await;
        }
        if let Some(routes) = &self.graphql
            && let Some(file) = routes.file(request.uri().path())
        {
            return crestfall_graphql::ui(file);
        }
        let Ok(response) = self.others.clone().call(request).await;
        response
    }
}

impl GraphQlRoutes {
    fn stands_at(&self, path: &str) -> bool {
        let path = path.strip_suffix('/').unwrap_or(path);
        self.paths.contains(&path)
    }

    /// The file of the page that stands at a path, if any does.
    fn file<'a>(&self, path: &'a str) -> Option<&'a str> {
        let below = |mount: &&'static str| path.strip_prefix(mount)?.strip_prefix("/ui");
        self.paths
            .iter()
            .filter(|_| self.has_ui)
            .find_map(below)
            .filter(|file| file.is_empty() || file.starts_with('/'))
    }

    async fn call(&self, mut request: Request<Body>) -> Response<Body> {
        if self.takes_api_key {
            take_key(request.headers_mut());
        }
        match &self.callers {
            // Who stays is asked again and again who it is: the API does that.
            Some(callers) if !stays(request.headers()) => {
                let accepted = request.headers().get(ACCEPT).cloned();
                let answer = async |request| self.graphql.serve(request).await;
                let refuse = |problem| crestfall_graphql::refuse(problem, accepted.as_ref());
                callers.identify_or(request, answer, refuse).await
            }
            _ => self.graphql.serve(request).await,
        }
    }
}

/// Whether a request asks for a socket or a stream of events.
fn stays(headers: &HeaderMap) -> bool {
    let has = |name, part| {
        let value = headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.contains(part))
    };
    headers.contains_key(UPGRADE) || has(ACCEPT, "text/event-stream")
}

impl RestRoutes {
    fn mount(&self, path: &str) -> Option<&'static str> {
        let below = |mount: &&&'static str| {
            path.strip_prefix(**mount)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.iter().find(below).copied()
    }
}
