//! Which key signs now, and which still verify (GT-074).

use crestfall_core::jwt::{ConfigError, KeySet};
use serde_json::{Map, Value, json};

use super::jwk::{public_part, text};
use super::{KeyError, SigningKey};

/// Where a key is in its life. A revoked key is in no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that others know it before its first token.
    Standby,
    /// Signs.
    Current,
    /// Signed before; its tokens are still good.
    Previous,
}

impl KeyState {
    /// As a store keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }

    /// What [`name`](Self::name) gave.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Standby, Self::Current, Self::Previous];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// A key of a set: a whole one, or one of which only the public part is known.
#[derive(Debug)]
pub enum VerifyingKey {
    /// Could sign, if it is its turn.
    Private(SigningKey),
    /// A public JWK, which only verifies.
    Public(Value),
}

impl VerifyingKey {
    /// The `kid`.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Private(key) => key.id(),
            Self::Public(jwk) => jwk.get("kid").and_then(Value::as_str),
        }
    }

    fn public_jwk(&self) -> Option<Value> {
        match self {
            Self::Private(key) => key.public_jwk(),
            Self::Public(jwk) => Some(jwk.clone()),
        }
    }

    fn verifying_jwk(&self) -> Option<Value> {
        match self {
            Self::Private(key) => key.verifying_jwk(),
            Self::Public(jwk) => Some(jwk.clone()),
        }
    }
}

impl From<SigningKey> for VerifyingKey {
    fn from(key: SigningKey) -> Self {
        Self::Private(key)
    }
}

/// One key that signs and any number that verify. The order is kept.
#[derive(Debug)]
pub struct SigningKeys {
    current: SigningKey,
    others: Vec<(KeyState, VerifyingKey)>,
}

impl SigningKeys {
    /// A set of one key.
    pub fn new(current: SigningKey) -> Self {
        Self {
            current,
            others: Vec::new(),
        }
    }

    /// A set from a store's rows.
    ///
    /// # Errors
    /// Not exactly one current key with its private part; a `kid` twice.
    pub fn from_keys(
        keys: impl IntoIterator<Item = (KeyState, VerifyingKey)>,
    ) -> Result<Self, KeyError> {
        let mut current = Vec::new();
        let mut others: Vec<(KeyState, VerifyingKey)> = Vec::new();
        for (state, key) in keys {
            match (state, key) {
                (KeyState::Current, VerifyingKey::Private(key)) => current.push(key),
                (KeyState::Current, VerifyingKey::Public(_)) => {
                    return Err(KeyError::Jwk("a key that signs needs its private part"));
                }
                (state, key) => others.push((state, key)),
            }
        }
        let count = current.len();
        let mut set = match current.pop() {
            Some(current) if count == 1 => Self::new(current),
            _ => return Err(KeyError::Current(count)),
        };
        for (state, key) in others {
            set.push(state, key)?;
        }
        Ok(set)
    }

    /// GoTrue's `JWT_KEYS`: a JSON array of JWKs, of which the one with the operation `sign` in
    /// `key_ops` signs and the others verify.
    ///
    /// # Errors
    /// No such array, a key we cannot use, not exactly one that signs.
    pub fn from_gotrue(text: &str) -> Result<Self, KeyError> {
        let keys: Vec<Map<String, Value>> =
            serde_json::from_str(text).map_err(|_| KeyError::NotKeys)?;
        let keys = keys.iter().map(from_gotrue_key);
        Self::from_keys(keys.collect::<Result<Vec<_>, _>>()?)
    }

    fn push(&mut self, state: KeyState, key: VerifyingKey) -> Result<(), KeyError> {
        let taken = |id: &str| self.all_ids().any(|other| other == id);
        if let Some(id) = key.id().filter(|id| taken(id)) {
            return Err(KeyError::Duplicate(id.to_owned()));
        }
        self.others.push((state, key));
        Ok(())
    }

    fn all_ids(&self) -> impl Iterator<Item = &str> {
        let others = self.others.iter().filter_map(|(_, key)| key.id());
        self.current.id().into_iter().chain(others)
    }

    /// The key that signs.
    pub fn current(&self) -> &SigningKey {
        &self.current
    }

    /// The `kid` (none for a nameless secret) and state of each key, the current one first.
    pub fn states(&self) -> impl Iterator<Item = (Option<&str>, KeyState)> {
        let others = self.others.iter().map(|(state, key)| (key.id(), *state));
        std::iter::once((self.current.id(), KeyState::Current)).chain(others)
    }

    /// Publishes a key that will sign after the next [`rotate`](Self::rotate).
    ///
    /// # Errors
    /// A `kid` that is there already.
    pub fn add_standby(&mut self, key: SigningKey) -> Result<(), KeyError> {
        self.push(KeyState::Standby, key.into())
    }

    /// Keeps a key for the tokens it signed.
    ///
    /// # Errors
    /// A `kid` that is there already.
    pub fn add_previous(&mut self, key: impl Into<VerifyingKey>) -> Result<(), KeyError> {
        self.push(KeyState::Previous, key.into())
    }

    /// The oldest standby key signs from now on; the current one becomes a previous one.
    ///
    /// # Errors
    /// No standby key with a private part.
    pub fn rotate(&mut self) -> Result<(), KeyError> {
        let ready = |(state, key): &(KeyState, VerifyingKey)| {
            *state == KeyState::Standby && matches!(key, VerifyingKey::Private(_))
        };
        let next = self.others.iter().position(ready);
        let (_, key) = self.others.remove(next.ok_or(KeyError::NoStandby)?);
        let VerifyingKey::Private(key) = key else {
            return Err(KeyError::NoStandby);
        };
        let last = std::mem::replace(&mut self.current, key);
        self.others.push((KeyState::Previous, last.into()));
        Ok(())
    }

    /// Forgets a key: its tokens are refused from now on.
    ///
    /// # Errors
    /// The current key, and one that is not there.
    pub fn revoke(&mut self, id: &str) -> Result<(), KeyError> {
        if self.current.id() == Some(id) {
            return Err(KeyError::InUse(id.to_owned()));
        }
        let found = self.others.iter().position(|(_, key)| key.id() == Some(id));
        self.others
            .remove(found.ok_or_else(|| KeyError::Unknown(id.to_owned()))?);
        Ok(())
    }

    /// The JWK set to publish (`/.well-known/jwks.json`): public parts only, the current key first.
    pub fn jwks(&self) -> Value {
        let others = self.others.iter().map(|(_, key)| key.public_jwk());
        let all = std::iter::once(self.current.public_jwk()).chain(others);
        json!({ "keys": all.flatten().collect::<Vec<_>>() })
    }

    /// The keys that core's verifier checks our tokens with, shared secrets among them.
    ///
    /// # Errors
    /// A public key of the settings whose numbers are no key.
    pub fn verifying_keys(&self) -> Result<KeySet, ConfigError> {
        let others = self.others.iter().map(|(_, key)| key.verifying_jwk());
        let all = std::iter::once(self.current.verifying_jwk()).chain(others);
        let jwks = json!({ "keys": all.flatten().collect::<Vec<_>>() });
        KeySet::from_secret(jwks.to_string().as_bytes())
    }
}

fn from_gotrue_key(jwk: &Map<String, Value>) -> Result<(KeyState, VerifyingKey), KeyError> {
    let operations = jwk.get("key_ops").and_then(Value::as_array);
    let signs = operations.is_some_and(|all| all.iter().any(|operation| operation == "sign"));
    let state = if signs {
        KeyState::Current
    } else {
        KeyState::Previous
    };
    let is_private = jwk.contains_key("d") || text(jwk, "kty")? == Some("oct");
    let key = if is_private {
        SigningKey::from_jwk_object(jwk)?.into()
    } else {
        VerifyingKey::Public(public_part(jwk)?)
    };
    Ok((state, key))
}

#[cfg(test)]
mod tests;
