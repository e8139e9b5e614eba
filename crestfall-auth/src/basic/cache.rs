//! Passwords that were found right a moment ago: Argon2 is paid once, not with each request.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use quick_cache::sync::Cache;
use tokio::time::Instant;
use uuid::Uuid;

use super::Basic;

/// The HMAC of user and password under a key of this process: memory holds no password, and no
/// digest that could be tried out elsewhere.
type Digest = [u8; 32];

/// A password that was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Whose it is.
    pub user_id: Uuid,
    /// The user's password version or the like, which the caller compares with what it knows now.
    pub version: i64,
}

/// A bounded cache of right passwords; wrong ones are never kept. It forgets after a time, and a
/// user's at once when told to.
///
/// Between look-up and [`remember`](Self::remember) a password may be changed: take
/// [`generation`](Self::generation) before the check and give it to `remember`, which then keeps
/// nothing that a [`forget`](Self::forget) in between was about.
pub struct BasicCache {
    key: hmac::Key,
    lifetime: Duration,
    checked: Cache<Digest, (Checked, Instant)>,
    /// Users forgotten, by count: which user does not matter for safety, only that it happened.
    generation: parking_lot::Mutex<u64>,
}

impl BasicCache {
    /// A cache of so many passwords, each for so long.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn new(capacity: usize, lifetime: Duration) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut key = zeroize::Zeroizing::new([0_u8; 32]);
        rand::fill(key.as_mut())?;
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
            lifetime,
            checked: Cache::new(capacity),
            generation: parking_lot::Mutex::new(0),
        })
    }

    /// 10 000 passwords, 60 seconds each.
    ///
    /// # Errors
    /// The system gave no randomness.
    pub fn with_defaults() -> Result<Self, aws_lc_rs::error::Unspecified> {
        Self::new(10_000, Duration::from_secs(60))
    }

    /// Whose password this is, if it was found right within the time.
    pub fn get(&self, basic: &Basic) -> Option<Checked> {
        let digest = self.digest(basic);
        let (checked, until) = self.checked.get(&digest)?;
        if until <= Instant::now() {
            self.checked.remove(&digest);
            return None;
        }
        Some(checked)
    }

    /// To be taken before a password is checked.
    pub fn generation(&self) -> u64 {
        *self.generation.lock()
    }

    /// Keeps a password that was found right, unless someone was forgotten since `generation`.
    pub fn remember(&self, basic: &Basic, checked: Checked, generation: u64) {
        let now = self.generation.lock();
        if *now == generation {
            let until = Instant::now() + self.lifetime;
            self.checked.insert(self.digest(basic), (checked, until));
        }
    }

    /// Forgets a user's passwords: to be called when the password changes, or the user is banned or
    /// deleted, on every node.
    pub fn forget(&self, user_id: Uuid) {
        let mut generation = self.generation.lock();
        *generation += 1;
        self.checked
            .retain(|_, (checked, _)| checked.user_id != user_id);
    }

    fn digest(&self, basic: &Basic) -> Digest {
        let mut context = hmac::Context::with_key(&self.key);
        // A user has no colon: no two pairs are written the same.
        context.update(basic.user().as_bytes());
        context.update(b":");
        context.update(basic.password().as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }
}

impl fmt::Debug for BasicCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicCache")
            .field("len", &self.checked.len())
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn basic(text: &str) -> Basic {
        let header = format!("Basic {}", BASE64_STANDARD.encode(text));
        Basic::parse(&header).expect("well-formed").expect("Basic")
    }

    fn user(number: u128) -> Checked {
        let user_id = Uuid::from_u128(number);
        Checked {
            user_id,
            version: 1,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_right_password_is_known_for_a_minute() {
        let cache = BasicCache::with_defaults().expect("a cache");
        assert_eq!(cache.get(&basic("ada:right")), None);
        cache.remember(&basic("ada:right"), user(1), cache.generation());
        assert_eq!(cache.get(&basic("ada:right")), Some(user(1)));
        for other in ["ada:wrong", "ada:", "bob:right", "Ada:right", "ada:right "] {
            assert_eq!(cache.get(&basic(other)), None, "{other}");
        }
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(cache.get(&basic("ada:right")).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(cache.get(&basic("ada:right")), None);
    }

    #[tokio::test]
    async fn a_user_is_forgotten_at_once() {
        let cache = BasicCache::with_defaults().expect("a cache");
        for (text, number) in [("ada:1", 1), ("+4670:1", 1), ("bob:1", 2)] {
            cache.remember(&basic(text), user(number), cache.generation());
        }
        let before = cache.generation();
        cache.forget(Uuid::from_u128(1));
        assert_eq!(cache.get(&basic("ada:1")), None);
        assert_eq!(cache.get(&basic("+4670:1")), None);
        assert!(cache.get(&basic("bob:1")).is_some());
        // The check of the old password was still running.
        cache.remember(&basic("ada:1"), user(1), before);
        assert_eq!(cache.get(&basic("ada:1")), None);
    }

    #[test]
    fn it_is_bounded() {
        let cache = BasicCache::new(100, Duration::from_secs(60)).expect("a cache");
        for number in 0..10_000 {
            cache.remember(&basic(&format!("{number}:x")), user(number), 0);
        }
        assert!(cache.checked.len() <= 110, "{}", cache.checked.len());
    }
}
