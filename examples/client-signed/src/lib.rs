//! What a nightly worker does: it writes what it measured. It proves who it is by signing each request
//! (RFC 9421, HMAC-SHA-256): the secret never leaves the machine, and nothing that is overheard can
//! be changed or sent again.

use crestfall_client::rest::col;
use crestfall_client::serde_json::{Value, json};
use crestfall_client::signing::Signer;
use crestfall_client::{Client, Error};

/// A client that signs. An administrator makes the key: `POST /auth/v1/admin/api-keys` with
/// `{"name": "worker", "kind": "hmac", "role": "worker"}`.
///
/// # Errors
/// The URL is none, or the secret no Base64.
pub fn client(url: &str, key_id: &str, secret: &str) -> Result<Client, Error> {
    let signer = Signer::hmac_sha256_base64(key_id, secret)?;
    Client::builder(url).signer(signer).build()
}

/// Writes a measurement and gives the last ones.
///
/// # Errors
/// The server refuses, or does not answer.
pub async fn measure(client: &Client, celsius: f64) -> Result<Vec<Value>, Error> {
    let row = json!({ "celsius": celsius });
    client.from("measurements").insert(row).send().await?;
    client
        .from("measurements")
        .select("celsius,written_by")
        .order(col("id").desc())
        .limit(3)
        .send()
        .await
}
