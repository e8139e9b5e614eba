//! What is counted: the metrics of this crate, by few and known labels.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// Handles, found once: looking one up by its name costs more than a decision.
pub(crate) struct Counts {
    allowed: Counter,
    refused: Counter,
    anonymous: Counter,
    hits: Counter,
    misses: Counter,
    unheard: Counter,
    one_subject: Counter,
    all_subjects: Counter,
    loads: Histogram,
    followed: Gauge,
}

/// What the cache said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Hit,
    Miss,
    /// Changes are not heard of: nothing remembered counts.
    Unheard,
}

impl Counts {
    /// Counts from now on, for whoever gathers metrics in this process at this moment.
    pub(crate) fn new() -> Self {
        let decisions = |outcome: &'static str| counter!("crestfall_rbac_decisions_total", "outcome" => outcome);
        let cache = |result: &'static str| counter!("crestfall_rbac_cache_lookups_total", "result" => result);
        let forgotten =
            |scope: &'static str| counter!("crestfall_rbac_invalidations_total", "scope" => scope);
        Self {
            allowed: decisions("allowed"),
            refused: decisions("refused"),
            anonymous: decisions("anonymous"),
            hits: cache("hit"),
            misses: cache("miss"),
            unheard: cache("unheard"),
            one_subject: forgotten("subject"),
            all_subjects: forgotten("all"),
            loads: histogram!("crestfall_rbac_load_duration_seconds"),
            followed: gauge!("crestfall_rbac_changes_heard"),
        }
    }

    pub(crate) fn decided(&self, allowed: bool) {
        match allowed {
            true => self.allowed.increment(1),
            false => self.refused.increment(1),
        }
    }

    /// Refused without a decision: nobody is signed in.
    pub(crate) fn anonymous(&self) {
        self.anonymous.increment(1);
    }

    pub(crate) fn looked_up(&self, lookup: Lookup) {
        match lookup {
            Lookup::Hit => self.hits.increment(1),
            Lookup::Miss => self.misses.increment(1),
            Lookup::Unheard => self.unheard.increment(1),
        }
    }

    /// What one subject may do has changed.
    pub(crate) fn forgot_one(&self) {
        self.one_subject.increment(1);
    }

    /// What anybody may do may have changed.
    pub(crate) fn forgot_all(&self) {
        self.all_subjects.increment(1);
    }

    /// The database was asked what somebody may do.
    pub(crate) fn loaded(&self, took: Duration) {
        self.loads.record(took);
    }

    /// Whether changes are heard of.
    pub(crate) fn followed(&self, is_followed: bool) {
        self.followed.set(f64::from(u8::from(is_followed)));
    }
}

impl std::fmt::Debug for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counts")
    }
}
