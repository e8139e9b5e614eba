//! Media types the API knows by name, with the parameters that matter.

/// A media type of a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MediaType {
    Json,
    GeoJson,
    Csv,
    Text,
    Xml,
    OpenApi,
    UrlEncoded,
    OctetStream,
    Any,
    /// `application/vnd.pgrst.array+json;nulls=stripped`
    ArrayStripped,
    /// `application/vnd.pgrst.object+json`
    Singular {
        strip_nulls: bool,
    },
    /// `application/vnd.pgrst.plan`
    Plan(Box<PlanMediaType>),
    /// Any other, as it was sent.
    Other(Box<str>),
}

/// Which execution plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlanMediaType {
    pub(crate) of: MediaType,
    pub(crate) json: bool,
    pub(crate) analyze: bool,
    pub(crate) verbose: bool,
    pub(crate) settings: bool,
    pub(crate) buffers: bool,
    pub(crate) wal: bool,
}
