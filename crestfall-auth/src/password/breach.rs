//! Passwords known from breaches: `haveibeenpwned.com`, asked without telling it the password.

use aws_lc_rs::digest;
use std::time::Duration;

/// Knows passwords that attackers try first.
#[async_trait::async_trait]
pub(crate) trait BreachCheck: Send + Sync {
    /// Whether the password is among them.
    ///
    /// # Errors
    /// It could not be found out.
    async fn is_breached(&self, password: &str) -> Result<bool, BreachError>;
}

/// The breach check gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BreachError {
    /// No connection, or no answer in time.
    #[error("the breach service cannot be reached")]
    Http(#[from] reqwest::Error),
    /// An HTTP status other than 200.
    #[error("the breach service answered with status {0}")]
    Status(u16),
    /// More than a megabyte.
    #[error("the breach service's answer is too long")]
    TooLong,
}

/// Where the service is and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HaveIBeenPwnedConfig {
    /// What five hexadecimal digits are appended to.
    pub url: String,
    /// The service asks its users to name themselves (`PASSWORD_HIBP_USER_AGENT`).
    pub user_agent: String,
    /// How long an answer may take. 5 s.
    pub timeout: Duration,
}

impl Default for HaveIBeenPwnedConfig {
    fn default() -> Self {
        Self {
            url: "https://api.pwnedpasswords.com/range/".into(),
            user_agent: concat!("crestfall/", env!("CARGO_PKG_VERSION")).into(),
            timeout: Duration::from_secs(5),
        }
    }
}

/// The k-anonymous range API: it learns 20 bits of the password's SHA-1 and answers with some 800 suffixes, padded so
/// that the length of the answer tells nothing either.
#[derive(Debug, Clone)]
pub(crate) struct HaveIBeenPwned {
    client: reqwest::Client,
    url: String,
}

const MAX_ANSWER: usize = 1 << 20;

impl HaveIBeenPwned {
    /// # Errors
    /// The user agent is no header value, or TLS cannot be set up.
    pub(crate) fn new(config: &HaveIBeenPwnedConfig) -> Result<Self, BreachError> {
        let client = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            url: config.url.clone(),
        })
    }

    async fn range(&self, prefix: &str) -> Result<String, BreachError> {
        let request = self
            .client
            .get(format!("{}{prefix}", self.url))
            .header("Add-Padding", "true");
        let mut response = request.send().await?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(BreachError::Status(response.status().as_u16()));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if answer.len() + chunk.len() > MAX_ANSWER {
                return Err(BreachError::TooLong);
            }
            answer.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

#[async_trait::async_trait]
impl BreachCheck for HaveIBeenPwned {
    async fn is_breached(&self, password: &str) -> Result<bool, BreachError> {
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let hex: String = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let (prefix, suffix) = hex.split_at(5);
        let answer = self.range(prefix).await?;
        Ok(answer.lines().any(|line| is_entry_of(line, suffix)))
    }
}

/// `SUFFIX:COUNT`; padding has the count 0.
fn is_entry_of(line: &str, suffix: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(listed, count)| listed.eq_ignore_ascii_case(suffix) && count.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, http::HeaderMap, routing::get};

    /// The SHA-1 of `password` is 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8.
    async fn service(answer: &'static str) -> HaveIBeenPwned {
        let app = Router::new().route(
            "/range/5BAA6",
            get(async move |headers: HeaderMap| {
                assert_eq!(headers["add-padding"], "true");
                assert_eq!(headers["user-agent"], "tests");
                answer
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/range/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let config = HaveIBeenPwnedConfig {
            url,
            user_agent: "tests".into(),
            timeout: Duration::from_secs(2),
        };
        HaveIBeenPwned::new(&config).unwrap()
    }

    #[tokio::test]
    async fn gt_082_a_listed_suffix_is_a_breach_unless_it_is_padding() {
        let listed = service(
            "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:52\r\n",
        )
        .await;
        assert!(listed.is_breached("password").await.unwrap());
        let padded = service("1E4C9B93F3F0682250B6CF8331B7EE68FD8:0\r\n").await;
        assert!(!padded.is_breached("password").await.unwrap());
        let other = service("0018A45C4D1DEF81644B54AB7F969B88D65:1").await;
        assert!(!other.is_breached("password").await.unwrap());
    }

    #[tokio::test]
    async fn gt_082_an_error_is_no_answer() {
        let service = service("").await;
        assert!(matches!(
            service.is_breached("another").await,
            Err(BreachError::Status(404))
        ));
    }
}
