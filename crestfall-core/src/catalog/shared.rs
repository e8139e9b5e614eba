//! The catalogue that is in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;

use super::Catalog;

/// Holds the catalogue in force, which many requests read while a reload replaces it.
#[derive(Debug, Default)]
pub struct SharedCatalog {
    current: ArcSwapOption<Catalog>,
    versions: AtomicU64,
}

impl SharedCatalog {
    /// Holds nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The catalogue in force; `None` until the first is loaded. A request asks once and keeps what
    /// it got to its end.
    pub fn load(&self) -> Option<Arc<Catalog>> {
        self.current.load_full()
    }

    /// Puts a catalogue into force, under a version above all before.
    pub fn replace(&self, mut catalog: Catalog) -> Arc<Catalog> {
        catalog.version = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        let catalog = Arc::new(catalog);
        self.current.store(Some(catalog.clone()));
        catalog
    }

    /// The version of the catalogue in force; 0 until the first is loaded.
    pub fn version(&self) -> u64 {
        let current = self.current.load();
        current.as_ref().map_or(0, |catalog| catalog.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_catalogue_has_a_version_of_its_own() {
        let shared = SharedCatalog::new();
        assert!(shared.load().is_none());
        assert_eq!(shared.version(), 0);
        let first = shared.replace(Catalog::default());
        let second = shared.replace(Catalog::default());
        assert_eq!((first.version, second.version), (1, 2));
        assert!(Arc::ptr_eq(&second, &shared.load().unwrap()));
    }
}
