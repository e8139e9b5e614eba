//! Nonces in Redis: a replay is refused on every node.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, RedisError, Script};
use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{Nonce, NonceError, NonceStore, Use};

/// How long Redis may take to answer; then the request is refused.
const TIMEOUT: Duration = Duration::from_millis(500);

/// KEYS: the nonce; since when this Redis remembers. ARGV: milliseconds to remember; `created`.
/// Answers 0 for a first use, 1 for another, 2 if the signature is older than the memory.
const REMEMBER: &str = r"
local since = redis.call('GET', KEYS[2])
if not since then
  since = redis.call('TIME')[1]
  redis.call('SET', KEYS[2], since)
end
if tonumber(ARGV[2]) < tonumber(since) then return 2 end
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 0 end
return 1
";

/// Remembers nonces by `SET key 1 NX PX …`. Redis must not evict them: run it with
/// `maxmemory-policy noeviction` (or `volatile-ttl` with room to spare). If it loses them in a
/// restart, signatures made before are refused.
#[derive(Clone)]
pub struct RedisNonces {
    connection: ConnectionManager,
    prefix: String,
    script: Script,
}

impl RedisNonces {
    /// A store behind a connection that others may use too. Keys are `<prefix>{nonce}:…`.
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Self {
        Self {
            connection,
            prefix: prefix.into(),
            script: Script::new(REMEMBER),
        }
    }

    /// A store with a connection of its own, made at the first use and again after each failure.
    ///
    /// # Errors
    /// No Redis URL.
    pub fn connect(url: &str, prefix: impl Into<String>) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(TIMEOUT);
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        Ok(Self::new(connection, prefix))
    }

    /// Lets an empty Redis begin to remember now and not at the first signed request, which would
    /// otherwise be refused once. To be called when the server starts.
    ///
    /// # Errors
    /// Redis did not answer.
    pub async fn prepare(&self) -> Result<(), NonceError> {
        self.run("prepared", i64::MIN, Duration::from_millis(1))
            .await
            .map(drop)
    }

    async fn run(
        &self,
        name: &str,
        created: i64,
        for_how_long: Duration,
    ) -> Result<u8, NonceError> {
        let milliseconds = for_how_long.as_millis().clamp(1, 86_400_000) as u64; // fits: a day
        let mut call = self.script.key(format!("{}{{nonce}}:{name}", self.prefix));
        call.key(format!("{}{{nonce}}:since", self.prefix));
        call.arg(milliseconds).arg(created);
        let mut connection = self.connection.clone();
        // The connection waits longer while it connects; a request does not.
        let asked = call.invoke_async::<u8>(&mut connection);
        let answer = tokio::time::timeout(TIMEOUT * 2, asked).await;
        let answer = answer.map_err(|late| NonceError::Away(late.into()))?;
        answer.map_err(|error| NonceError::Away(error.into()))
    }
}

#[async_trait]
impl NonceStore for RedisNonces {
    async fn remember(
        &self,
        nonce: Nonce,
        created: i64,
        for_how_long: Duration,
    ) -> Result<Use, NonceError> {
        let name = BASE64_URL_SAFE_NO_PAD.encode(nonce.0);
        match self.run(&name, created, for_how_long).await? {
            0 => Ok(Use::First),
            1 => Ok(Use::Again),
            _ => Err(NonceError::BeforeMemory),
        }
    }
}

impl fmt::Debug for RedisNonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisNonces")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
