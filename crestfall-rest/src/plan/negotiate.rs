//! Content negotiation (RFC 9110, section 12): which media type answers and what makes it.

use std::sync::Arc;

use crestfall_core::catalog::HandlerTarget;
use crestfall_core::{Catalog, QualifiedName};

use crate::config::Config;
use crate::error::{ApiError, Error};
use crate::media_type::{MediaType, OpenApiVersion};
use crate::request::prefer::Representation;
use crate::request::{Action, ApiRequest, Invocation};

/// What makes a body from rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Handler {
    /// A JSON array, or one object when `singular`.
    Json {
        singular: bool,
        strip_nulls: bool,
    },
    GeoJson,
    Csv,
    /// A user's aggregate or domain.
    Custom {
        function: QualifiedName,
        target: HandlerTarget,
    },
    /// No body is wanted.
    None,
}

impl Handler {
    const JSON: Self = Self::Json {
        singular: false,
        strip_nulls: false,
    };
}

/// Chooses the first acceptable media type that can be made for `relation`. A user's handlers count
/// for whole rows (`default_select`) only.
///
/// # Errors
/// Nothing acceptable can be made.
pub(crate) fn negotiate(
    request: &ApiRequest,
    relation: &QualifiedName,
    catalog: &Catalog,
    config: &Config,
    default_select: bool,
) -> Result<(Handler, MediaType), Error> {
    let offers = Offers {
        catalog,
        relation,
        default_select,
    };
    let found = request
        .accept
        .iter()
        .find_map(|accepted| offers.find(accepted, config.plan_enabled));
    let (handler, media_type) = found.ok_or_else(|| not_acceptable(request))?;
    Ok((
        if wants_body(request) {
            handler
        } else {
            Handler::None
        },
        media_type,
    ))
}

/// The first acceptable version of the document that describes a schema.
///
/// # Errors
/// None is acceptable.
pub(crate) fn openapi_version(request: &ApiRequest) -> Result<OpenApiVersion, Error> {
    let mut accepted = request.accept.iter();
    accepted
        .find_map(OpenApiVersion::of)
        .ok_or_else(|| not_acceptable(request))
}

fn not_acceptable(request: &ApiRequest) -> Error {
    ApiError::MediaType(
        request
            .accept
            .iter()
            .map(|accepted| accepted.mime().to_string())
            .collect(),
    )
    .into()
}

fn wants_body(request: &ApiRequest) -> bool {
    match &request.action {
        Action::Mutate { .. } => request.preferences.representation == Some(Representation::Full),
        Action::Read { headers_only, .. }
        | Action::Call {
            invocation: Invocation::Read { headers_only },
            ..
        } => !headers_only,
        _ => true,
    }
}

struct Offers<'a> {
    catalog: &'a Catalog,
    relation: &'a QualifiedName,
    default_select: bool,
}

impl Offers<'_> {
    fn find(&self, accepted: &MediaType, plan_enabled: bool) -> Option<(Handler, MediaType)> {
        // Media types with parameters of our own cannot be overridden.
        match accepted {
            MediaType::Singular { .. } | MediaType::ArrayStripped => {
                Some((vendored(accepted)?, accepted.clone()))
            }
            MediaType::Plan(plan) if plan_enabled => {
                let handler = vendored(&plan.of).or_else(|| Some(self.look_up(&plan.of)?.0))?;
                Some((handler, accepted.clone()))
            }
            MediaType::Plan(_) => None,
            _ => self.look_up(accepted),
        }
    }

    fn look_up(&self, media_type: &MediaType) -> Option<(Handler, MediaType)> {
        let mime: Arc<str> = media_type.mime().into();
        if !self.catalog.media_handlers.is_empty() {
            let of_relation = HandlerTarget::Relation(self.relation.clone());
            let any = self
                .default_select
                .then(|| (of_relation.clone(), Arc::from("*/*")));
            let exact = self.default_select.then(|| (of_relation, mime.clone()));
            let general = Some((HandlerTarget::AnyElement, mime.clone()));
            let mut keys = [any, exact, general].into_iter().flatten();
            if let Some(found) = keys.find_map(|key| self.catalog.media_handlers.get(&key)) {
                let handler = Handler::Custom {
                    function: found.function.clone(),
                    target: found.target.clone(),
                };
                return Some((handler, MediaType::parse(&found.media_type)));
            }
        }
        match media_type {
            MediaType::Any | MediaType::Json => Some((Handler::JSON, MediaType::Json)),
            MediaType::Csv => Some((Handler::Csv, MediaType::Csv)),
            MediaType::GeoJson => Some((Handler::GeoJson, MediaType::GeoJson)),
            _ => None,
        }
    }
}

fn vendored(media_type: &MediaType) -> Option<Handler> {
    match media_type {
        MediaType::Singular { strip_nulls } => Some(Handler::Json {
            singular: true,
            strip_nulls: *strip_nulls,
        }),
        MediaType::ArrayStripped => Some(Handler::Json {
            singular: false,
            strip_nulls: true,
        }),
        _ => None,
    }
}
