//! Templates that stand at an address (GoTrue's way): fetched beside the requests, and kept.

use std::collections::BTreeMap;
use std::time::Duration;

use crestfall_core::egress::Egress;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Library;
use crate::mail::{MailConfig, MailError, MailKind};

/// How long a template is taken for current, and how soon one that failed is asked for again.
const MAX_AGE: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// The longest template, and how long it may take to come.
const LONGEST: usize = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// Where templates stand.
pub(super) type Addresses = BTreeMap<MailKind, Url>;

/// The addresses of the settings; one without a host is the site's.
pub(in crate::mail) fn addresses(
    config: &MailConfig,
    site_url: &str,
) -> Result<Addresses, MailError> {
    let site = Url::parse(site_url).ok();
    let resolve = |(kind, text): (&MailKind, &String)| {
        let url = match &site {
            Some(site) => site.join(text),
            None => Url::parse(text),
        };
        let url = url
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let wrong = || {
            let name = kind.name();
            MailError::Setting(format!("mail.template_urls.{name}: `{text}` is no address"))
        };
        Ok((*kind, url.ok_or_else(wrong)?))
    };
    let given = config.template_urls.iter();
    given
        .filter(|(_, text)| !text.is_empty())
        .map(resolve)
        .collect()
}

/// Keeps all of them current until told to end. One that cannot be had, or is not understood, leaves
/// what was there before.
pub(in crate::mail) async fn keep(
    library: &Library,
    addresses: &Addresses,
    egress: &Egress,
    end: CancellationToken,
) {
    if addresses.is_empty() {
        return;
    }
    let egress = egress.limited(PATIENCE, LONGEST);
    let keep = async {
        let mut pause = FIRST_PAUSE;
        loop {
            let mut all_are_there = true;
            for (kind, url) in addresses {
                if let Err(reason) = refresh(library, *kind, url, &egress).await {
                    all_are_there = false;
                    let kind = kind.name();
                    tracing::error!(kind, reason, "a mail template could not be fetched");
                }
            }
            pause = match all_are_there {
                true => MAX_AGE,
                false if pause == MAX_AGE => FIRST_PAUSE,
                false => (pause * 2).min(MAX_AGE),
            };
            tokio::time::sleep(pause).await;
        }
    };
    end.run_until_cancelled(keep).await;
}

async fn refresh(
    library: &Library,
    kind: MailKind,
    url: &Url,
    egress: &Egress,
) -> Result<(), String> {
    let answer = egress.get(url.as_str()).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if !answer.status.is_success() {
        return Err(format!("it was answered {}", answer.status.as_u16()));
    }
    let text = String::from_utf8(answer.body.to_vec()).map_err(|_| "it is no UTF-8".to_owned())?;
    library
        .set_remote(kind, text)
        .map_err(|error| error.to_string())
}
