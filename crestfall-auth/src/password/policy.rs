//! Which passwords are accepted (GT-081, GT-082).

use super::breach::BreachCheck;

/// What a password must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Fewest characters (`PASSWORD_MIN_LENGTH`). GoTrue counts bytes, and so lets two Chinese characters pass for six. 6.
    pub min_length: usize,
    /// Most bytes. GoTrue's 72 are bcrypt's limit, Argon2 has none; this one bounds a request's work. 1024.
    pub max_bytes: usize,
    /// Sets of characters, of each of which one is needed (`PASSWORD_REQUIRED_CHARACTERS`); see [`required_characters`].
    pub required_characters: Vec<String>,
    /// Refuse passwords when the breach check does not answer (`PASSWORD_HIBP_FAIL_CLOSED`). No: accept them.
    pub breach_fail_closed: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_length: 6,
            max_bytes: 1024,
            required_characters: Vec::new(),
            breach_fail_closed: false,
        }
    }
}

/// Why a password is weak, as GoTrue's `weak_password.reasons` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reason {
    /// Too short.
    Length,
    /// A set of required characters is not represented.
    Characters,
    /// Known from a breach.
    Pwned,
}

/// A password that is too weak: `422 weak_password`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct WeakPassword {
    /// All that is wrong with it, for the user.
    pub message: String,
    /// The same for programs.
    pub reasons: Vec<Reason>,
}

/// Why a password is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    /// `400 validation_failed`.
    #[error("Password cannot be longer than {0} characters")]
    TooLong(usize),
    /// `422 weak_password`.
    #[error(transparent)]
    Weak(WeakPassword),
    /// `500 unexpected_failure`: whether it is known from a breach could not be found out, and has to be.
    #[error("Unable to perform password strength check with HaveIBeenPwned.org.")]
    BreachCheck,
}

impl Policy {
    /// Checks a new password.
    ///
    /// # Errors
    /// Every reason for which it is not accepted.
    pub(crate) async fn check(
        &self,
        password: &str,
        breaches: Option<&dyn BreachCheck>,
    ) -> Result<(), Rejection> {
        if password.len() > self.max_bytes {
            return Err(Rejection::TooLong(self.max_bytes));
        }
        let mut found = Vec::new();
        if password.chars().count() < self.min_length {
            found.push((
                Reason::Length,
                format!(
                    "Password should be at least {} characters.",
                    self.min_length
                ),
            ));
        }
        if !self.has_required_characters(password) {
            let sets = self.required_characters.join(", ");
            let message =
                format!("Password should contain at least one character of each: {sets}.");
            found.push((Reason::Characters, message));
        }
        if self.is_breached(password, breaches).await? {
            let message =
                "Password is known to be weak and easy to guess, please choose a different one.";
            found.push((Reason::Pwned, message.into()));
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(Rejection::Weak(WeakPassword::new(found)))
        }
    }

    fn has_required_characters(&self, password: &str) -> bool {
        self.required_characters
            .iter()
            .all(|set| set.is_empty() || password.contains(|c| set.contains(c)))
    }

    async fn is_breached(
        &self,
        password: &str,
        breaches: Option<&dyn BreachCheck>,
    ) -> Result<bool, Rejection> {
        let Some(breaches) = breaches else {
            return Ok(false);
        };
        match breaches.is_breached(password).await {
            Ok(breached) => Ok(breached),
            Err(error) => {
                let accepted = !self.breach_fail_closed;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    accepted,
                    "the breach check gave no answer"
                );
                if accepted {
                    Ok(false)
                } else {
                    Err(Rejection::BreachCheck)
                }
            }
        }
    }
}

impl WeakPassword {
    fn new(found: Vec<(Reason, String)>) -> Self {
        let (reasons, messages): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        Self {
            message: messages.join(" "),
            reasons,
        }
    }
}

/// Reads GoTrue's notation of required characters: sets separated by colons, `\:` is a colon in a set.
pub(crate) fn required_characters(notation: &str) -> Vec<String> {
    let mut sets = vec![String::new()];
    let mut characters = notation.chars().peekable();
    while let Some(c) = characters.next() {
        let last = sets.len() - 1;
        match c {
            '\\' if characters.next_if_eq(&':').is_some() => sets[last].push(':'),
            ':' => sets.push(String::new()),
            c => sets[last].push(c),
        }
    }
    sets.retain(|set| !set.is_empty());
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::breach::BreachError;

    struct Answers(Result<bool, ()>);

    #[async_trait::async_trait]
    impl BreachCheck for Answers {
        async fn is_breached(&self, _: &str) -> Result<bool, BreachError> {
            self.0.map_err(|()| BreachError::Status(503))
        }
    }

    async fn weakness(policy: &Policy, password: &str) -> (String, Vec<Reason>) {
        match policy.check(password, None).await {
            Err(Rejection::Weak(weak)) => (weak.message, weak.reasons),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn gt_081_a_weak_password_is_told_every_reason_in_gotrues_words() {
        let policy = Policy {
            required_characters: required_characters("abc:123"),
            ..Policy::default()
        };
        let (message, reasons) = weakness(&policy, "zzzab").await;
        assert_eq!(
            message,
            "Password should be at least 6 characters. Password should contain at least one character of each: abc, 123."
        );
        assert_eq!(
            serde_json::to_value(reasons).unwrap(),
            serde_json::json!(["length", "characters"])
        );
        assert_eq!(policy.check("zzzab1", None).await, Ok(()));
    }

    #[tokio::test]
    async fn length_counts_characters_and_its_bound_counts_bytes() {
        let policy = Policy {
            max_bytes: 12,
            ..Policy::default()
        };
        assert_eq!(weakness(&policy, "密码密码").await.1, [Reason::Length]);
        assert_eq!(policy.check("pässwö", None).await, Ok(()));
        assert_eq!(
            policy.check("thirteen long", None).await,
            Err(Rejection::TooLong(12))
        );
    }

    #[tokio::test]
    async fn gt_082_a_silent_breach_check_accepts_unless_it_is_told_to_refuse() {
        let mut policy = Policy::default();
        assert_eq!(
            policy.check("password", Some(&Answers(Ok(false)))).await,
            Ok(())
        );
        assert!(matches!(
            policy.check("password", Some(&Answers(Ok(true)))).await,
            Err(Rejection::Weak(WeakPassword { reasons, .. })) if reasons == [Reason::Pwned]
        ));
        assert_eq!(
            policy.check("password", Some(&Answers(Err(())))).await,
            Ok(())
        );
        policy.breach_fail_closed = true;
        assert_eq!(
            policy.check("password", Some(&Answers(Err(())))).await,
            Err(Rejection::BreachCheck)
        );
    }

    #[test]
    fn gt_081_sets_of_characters_are_separated_by_colons() {
        assert_eq!(required_characters("abc:ABC:012"), ["abc", "ABC", "012"]);
        assert_eq!(required_characters(r"!\:?:ab"), ["!:?", "ab"]);
        assert_eq!(required_characters(r"a\b::"), [r"a\b"]);
        assert!(required_characters("").is_empty());
    }
}
