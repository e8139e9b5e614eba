//! The layer that limits requests.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use tower::{Layer, Service};

use super::header::Told;
use super::{Decision, RateLimiter, Rule};
use crate::problem::Problem;

/// Refuses requests above the rules' limits with 429, and tells clients of the limits by
/// `RateLimit-Policy`, `RateLimit` and `Retry-After` (seconds).
///
/// A request counts under each rule that is for it, in their order, until one refuses. Put it inside
/// of the layers that find out who asks ([`IdentifyLayer`](crate::identity::IdentifyLayer),
/// [`ClientIpLayer`](crate::client_ip::ClientIpLayer)), and with `Router::layer` or
/// `Router::route_layer`: only there a request has a route.
///
/// ```
/// use axum::{Router, routing::post};
/// use crestfall_core::rate_limit::{By, Rate, RateLimitLayer, RateLimiter, Rule};
///
/// let limits = RateLimitLayer::new(RateLimiter::in_process())
///     .rule(Rule::new("sign-in", Rate::per_minute(30)).by(By::Ip));
/// let app: Router = Router::new()
///     .route("/token", post(|| async { "a token" }))
///     .layer(limits);
/// ```
#[derive(Clone, Debug)]
pub struct RateLimitLayer {
    limiter: RateLimiter,
    rules: Arc<[Rule]>,
    refuse: Refuse,
}

/// A request that is refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// The name of the rule.
    pub rule: String,
    /// What the limiter said.
    pub decision: Decision,
}

#[derive(Clone)]
struct Refuse(Arc<dyn Fn(&Refusal) -> Response + Send + Sync>);

impl std::fmt::Debug for Refuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refuse")
    }
}

impl Refusal {
    /// The answer by default: 429, code `CF429`.
    pub fn problem(&self) -> Problem {
        let seconds = self.decision.retry_after_seconds();
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "CF429",
            "There were too many requests",
        )
        .hint(format!("Try again in {seconds} s"))
    }
}

impl RateLimitLayer {
    /// Limits nothing yet.
    pub fn new(limiter: RateLimiter) -> Self {
        Self {
            limiter,
            rules: Arc::new([]),
            refuse: Refuse(Arc::new(|refusal| refusal.problem().into_response())),
        }
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(self, rule: Rule) -> Self {
        self.rules([rule])
    }

    /// Adds rules.
    #[must_use]
    pub fn rules(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules = self.rules.iter().cloned().chain(rules).collect();
        self
    }

    /// Answers what is refused otherwise than with a [`Problem`]. The headers are put on it as well.
    #[must_use]
    pub fn refuse_with(
        mut self,
        answer: impl Fn(&Refusal) -> Response + Send + Sync + 'static,
    ) -> Self {
        self.refuse = Refuse(Arc::new(answer));
        self
    }

    /// Counts a request; what to tell of it, and the refusal.
    async fn count(&self, keys: Keys) -> (Told, Option<Refusal>) {
        let mut told = Told::default();
        for (at, key) in keys {
            let rule = &self.rules[at];
            let decision = self.limiter.check(&rule.rate, &key).await;
            told.add(&rule.name, &rule.rate, &decision);
            if !decision.allowed {
                let rule = rule.name.to_string();
                metrics::counter!("crestfall_rate_limited_total", "rule" => rule.clone())
                    .increment(1);
                return (told, Some(Refusal { rule, decision }));
            }
        }
        (told, None)
    }
}

/// The rules that are for a request, by position, with its key.
type Keys = smallvec::SmallVec<[(usize, super::rule::Key); 2]>;

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> RateLimit<S> {
        RateLimit {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service [`RateLimitLayer`] makes.
#[derive(Clone, Debug)]
pub struct RateLimit<S> {
    inner: S,
    layer: RateLimitLayer,
}

impl<S, B> Service<Request<B>> for RateLimit<S>
where
    S: Service<Request<B>, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that is ready goes with the request; its clone is asked anew.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        let (parts, body) = request.into_parts();
        let rules = layer.rules.iter().enumerate();
        let keys = rules
            .filter_map(|(at, rule)| Some((at, rule.key(&parts)?)))
            .collect();
        let request = Request::from_parts(parts, body);
        Box::pin(async move {
            let (told, refusal) = layer.count(keys).await;
            let mut response = match refusal {
                Some(refusal) => (layer.refuse.0)(&refusal),
                None => inner.call(request).await?,
            };
            told.apply(response.headers_mut());
            Ok(response)
        })
    }
}
