//! Documents that are asked for by a name in place of their text: those that clients have registered
//! (automatic persisted queries) and those that the operator trusts.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value as Json};

use crate::request::{Error, Request, Response};

/// Bytes of the documents that clients have registered.
const REGISTERED_BYTES: u64 = 16 * 1024 * 1024;

/// Documents by SHA-256 of their text.
type Digest = [u8; 32];

/// Documents that the operator trusts, by their names.
#[derive(Clone, Default, PartialEq)]
pub struct TrustedDocuments {
    by_name: Arc<HashMap<String, Arc<str>>>,
    digests: Arc<HashSet<Digest>>,
}

/// A manifest that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no manifest of documents: {0}")]
pub struct ManifestError(String);

impl TrustedDocuments {
    /// The documents of a manifest: an object of names and texts, as Relay's compiler and
    /// graphql-codegen write it, or Apollo's `apollo-persisted-query-manifest`.
    ///
    /// # Errors
    /// The text is neither.
    pub fn from_manifest(json: &str) -> Result<Self, ManifestError> {
        let wrong = |message: &str| ManifestError(message.to_owned());
        let value: Map<String, Json> =
            serde_json::from_str(json).map_err(|error| ManifestError(error.to_string()))?;
        let text = |value: &Json| value.as_str().map(ToOwned::to_owned);
        let Some(operations) = value.get("operations").and_then(Json::as_array) else {
            let documents = value.iter().map(|(name, document)| {
                let document = text(document).ok_or_else(|| wrong("a document is no text"))?;
                Ok((name.clone(), document))
            });
            return Ok(Self::new(documents.collect::<Result<Vec<_>, _>>()?));
        };
        let documents = operations.iter().map(|operation| {
            let named = text(&operation["id"]).zip(text(&operation["body"]));
            named.ok_or_else(|| wrong("an operation has no `id` or no `body`"))
        });
        Ok(Self::new(documents.collect::<Result<Vec<_>, _>>()?))
    }

    /// These documents. Each is also known by the hexadecimal SHA-256 of its text.
    pub fn new(documents: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut by_name = HashMap::new();
        let mut digests = HashSet::new();
        for (name, document) in documents {
            let document: Arc<str> = document.into();
            let digest = digest_of(&document);
            digests.insert(digest);
            by_name.insert(hexadecimal(&digest), document.clone());
            by_name.insert(name, document);
        }
        Self {
            by_name: Arc::new(by_name),
            digests: Arc::new(digests),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }
}

impl fmt::Debug for TrustedDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedDocuments")
            .field("len", &self.len())
            .finish()
    }
}

/// Which documents may be asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Persisted {
    /// Clients may register documents by their SHA-256 and ask for them by it later.
    pub automatic: bool,
    /// Documents that may be asked for by their names.
    pub trusted: TrustedDocuments,
    /// Nothing but trusted documents is executed, by name or by text.
    pub trusted_only: bool,
}

/// Documents that clients have registered: those that were asked for lately.
#[derive(Debug)]
pub(crate) struct Registered(Cache<Digest, Arc<str>, ByLength>);

#[derive(Debug, Clone)]
struct ByLength;

impl Weighter<Digest, Arc<str>> for ByLength {
    fn weight(&self, _: &Digest, document: &Arc<str>) -> u64 {
        document.len() as u64 + 100
    }
}

impl Default for Registered {
    fn default() -> Self {
        Self(Cache::with_weighter(1000, REGISTERED_BYTES, ByLength))
    }
}

impl Persisted {
    /// The request with its document's text, which it may have asked for by a name.
    ///
    /// # Errors
    /// The answer, when the document is not known or not allowed.
    pub(crate) fn resolve(
        &self,
        registered: &Registered,
        mut request: Request,
        longest: usize,
    ) -> Result<Request, Response> {
        if let Some(name) = request.document_id.take() {
            let known = self.trusted.by_name.get(&name);
            request.query = known.ok_or_else(not_found)?.to_string();
        } else if let Some(digest) = wanted(&request.extensions)? {
            request.extensions = Json::Null;
            request.query = self.persisted(registered, &digest, request.query, longest)?;
        }
        if self.trusted_only && !self.trusted.digests.contains(&digest_of(&request.query)) {
            let message = "only documents that the server knows are executed \
                           (graphql.persisted.trusted_only)";
            return Err(refused(message, "DOCUMENT_NOT_ALLOWED"));
        }
        Ok(request)
    }

    fn persisted(
        &self,
        registered: &Registered,
        digest: &Digest,
        query: String,
        longest: usize,
    ) -> Result<String, Response> {
        if let Some(known) = self.trusted.by_name.get(&hexadecimal(digest)) {
            return Ok(known.to_string());
        }
        if !self.automatic {
            return Err(refused(
                "PersistedQueryNotSupported",
                "PERSISTED_QUERY_NOT_SUPPORTED",
            ));
        }
        if query.is_empty() {
            let known = registered.0.get(digest);
            return Ok(known.ok_or_else(not_found)?.to_string());
        }
        if digest_of(&query) != *digest {
            return Err(refused(
                "provided sha does not match query",
                "BAD_USER_INPUT",
            ));
        }
        // What is too long is refused later; until then it is not kept.
        if query.len() <= longest && !self.trusted_only {
            registered.0.insert(*digest, query.as_str().into());
        }
        Ok(query)
    }
}

/// The digest that a request asks for, as Apollo's clients send it.
fn wanted(extensions: &Json) -> Result<Option<Digest>, Response> {
    let Some(persisted) = extensions.get("persistedQuery") else {
        return Ok(None);
    };
    let digest = persisted["sha256Hash"].as_str().and_then(parse_digest);
    match (persisted["version"].as_u64(), digest) {
        (Some(1), Some(digest)) => Ok(Some(digest)),
        _ => {
            let message = "`persistedQuery` must have `version` 1 and a `sha256Hash`";
            Err(refused(message, "BAD_USER_INPUT"))
        }
    }
}

fn digest_of(document: &str) -> Digest {
    let mut bytes = Digest::default();
    bytes.copy_from_slice(digest(&SHA256, document.as_bytes()).as_ref());
    bytes
}

fn hexadecimal(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_digest(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

fn not_found() -> Response {
    refused("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
}

fn refused(message: &str, code: &str) -> Response {
    Response::refused(Error::new(message).coded(code))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const QUERY: &str = "{ __typename }";

    fn request(query: &str, hash: &str) -> Request {
        Request {
            extensions: json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } }),
            ..Request::new(query)
        }
    }

    fn code(outcome: Result<Request, Response>) -> Option<String> {
        outcome
            .err()
            .and_then(|response| response.errors[0].code.clone())
    }

    #[test]
    fn a_document_is_registered_by_its_digest_and_no_other() {
        let (persisted, registered) = (
            Persisted {
                automatic: true,
                ..Persisted::default()
            },
            Registered::default(),
        );
        let resolve = |request| persisted.resolve(&registered, request, 100);
        let hash = hexadecimal(&digest_of(QUERY));
        assert_eq!(
            code(resolve(request("", &hash))).as_deref(),
            Some("PERSISTED_QUERY_NOT_FOUND")
        );
        let other = hexadecimal(&digest_of("{ other }"));
        assert_eq!(
            code(resolve(request(QUERY, &other))).as_deref(),
            Some("BAD_USER_INPUT")
        );
        assert_eq!(
            code(resolve(request(QUERY, "7"))).as_deref(),
            Some("BAD_USER_INPUT")
        );
        assert_eq!(resolve(request(QUERY, &hash)).unwrap().query, QUERY);
        assert_eq!(
            resolve(request("", &hash.to_uppercase())).unwrap().query,
            QUERY
        );
        let off = Persisted::default().resolve(&registered, request("", &hash), 100);
        assert_eq!(code(off).as_deref(), Some("PERSISTED_QUERY_NOT_SUPPORTED"));
    }

    #[test]
    fn nothing_but_trusted_documents_is_executed_where_that_is_set() {
        let manifests = [
            json!({ "home": QUERY }),
            json!({ "format": "apollo-persisted-query-manifest", "version": 1,
                "operations": [{ "id": "home", "name": "A", "type": "query", "body": QUERY }] }),
        ];
        for manifest in manifests {
            let trusted = TrustedDocuments::from_manifest(&manifest.to_string()).unwrap();
            let persisted = Persisted {
                automatic: true,
                trusted,
                trusted_only: true,
            };
            let registered = Registered::default();
            let resolve = |request| persisted.resolve(&registered, request, 100);
            let named = |name: &str| Request {
                document_id: Some(name.into()),
                ..Request::default()
            };
            assert_eq!(resolve(named("home")).unwrap().query, QUERY);
            assert_eq!(resolve(Request::new(QUERY)).unwrap().query, QUERY);
            assert!(resolve(request("", &hexadecimal(&digest_of(QUERY)))).is_ok());
            assert_eq!(
                code(resolve(named("other"))).as_deref(),
                Some("PERSISTED_QUERY_NOT_FOUND")
            );
            assert_eq!(
                code(resolve(Request::new("{ other }"))).as_deref(),
                Some("DOCUMENT_NOT_ALLOWED")
            );
            let other = hexadecimal(&digest_of("{ other }"));
            assert_eq!(
                code(resolve(request("{ other }", &other))).as_deref(),
                Some("DOCUMENT_NOT_ALLOWED")
            );
        }
        assert!(TrustedDocuments::from_manifest("[]").is_err());
        assert!(TrustedDocuments::from_manifest("{\"a\": 7}").is_err());
    }
}
