//! Requests that were planned before: the same shape gets the same statements, with the request's
//! own values in their parameters. Parsing and planning then cost next to nothing.

use bytes::Bytes;
use crestfall_core::Catalog;
use crestfall_core::db::{Param, Statement};
use http::{HeaderMap, Method};
use quick_cache::sync::Cache;
use smallvec::SmallVec;

use crate::error::Error;
use crate::execute::Prepared;
use crate::plan::{Plan, StatementPlan};
use crate::request::ApiRequest;
use crate::request::shape::Shape;
use crate::settings::Settings;
use std::sync::Arc;

/// Shapes that are remembered.
const CAPACITY: usize = 1000;

/// A planned read, whatever its values.
pub(crate) struct Compiled {
    /// The request; its values mean nothing.
    pub(crate) request: ApiRequest,
    pub(crate) plan: StatementPlan,
    prepared: Prepared,
    /// Which parameter takes which value.
    slots: Vec<Slot>,
}

struct Slot {
    statement: usize,
    param: usize,
    value: usize,
}

impl Compiled {
    /// The statements with the values of one request.
    pub(crate) fn prepared(&self, shape: &Shape<'_>) -> Prepared {
        let values: SmallVec<[Bytes; 4]> = shape
            .values()
            .map(|value| Bytes::copy_from_slice(value.as_bytes()))
            .collect();
        let mut prepared = self.prepared.clone();
        for slot in &self.slots {
            let statement = prepared.statements.get_mut(slot.statement);
            let param = statement.and_then(|statement| statement.params.get_mut(slot.param));
            if let (Some(param), Some(value)) = (param, values.get(slot.value)) {
                *param = Param::Text(value.clone());
            }
        }
        prepared
    }
}

/// What was planned, by version of the catalogue and shape. It belongs to the settings of a moment.
#[derive(Debug)]
pub(crate) struct CompiledCache {
    cache: Cache<(u64, Vec<u8>), Arc<Compiled>>,
    /// Marks the place of a value, and cannot be guessed.
    mark: String,
}

impl Default for CompiledCache {
    fn default() -> Self {
        Self {
            cache: Cache::new(CAPACITY),
            mark: format!("{:032x}", rand::random::<u128>()),
        }
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").finish_non_exhaustive()
    }
}

impl CompiledCache {
    /// What was planned for a shape, planning it now when nobody has. None when it cannot be
    /// planned apart from its values; planning the request itself then says why.
    pub(crate) fn get(
        &self,
        shape: &mut Shape<'_>,
        path: &str,
        headers: &HeaderMap,
        catalog: &Catalog,
        settings: &Settings,
    ) -> Option<Arc<Compiled>> {
        let key = (catalog.version, std::mem::take(&mut shape.key));
        if let Some(found) = self.cache.get(&key) {
            return Some(found);
        }
        let compiled = self
            .compile(shape, path, headers, catalog, settings)
            .ok()
            .flatten()
            .map(Arc::new)?;
        self.cache.insert(key, compiled.clone());
        Some(compiled)
    }

    /// Plans the shape with a mark for each value, and looks where the marks end up.
    fn compile(
        &self,
        shape: &Shape<'_>,
        path: &str,
        headers: &HeaderMap,
        catalog: &Catalog,
        settings: &Settings,
    ) -> Result<Option<Compiled>, Error> {
        let mark = |value: usize| format!("{}{value}z", self.mark);
        let query = shape.with_values(mark);
        let request = ApiRequest::parse(
            &settings.config,
            Method::GET,
            path,
            &query,
            headers,
            Bytes::new(),
        )?;
        let plan = match Plan::new(&request, catalog, &settings.config)? {
            Plan::Statement(plan) => *plan,
            _ => return Ok(None),
        };
        let prepared = Prepared::new(&request, &plan, settings, catalog);
        let mut slots = Vec::new();
        let mut marked = 0;
        for (value, _) in shape.values().enumerate() {
            let slots_of_value = places(&prepared.statements, mark(value).as_bytes(), value);
            marked += usize::from(!slots_of_value.is_empty());
            slots.extend(slots_of_value);
        }
        // A value that is no parameter of its own would be lost.
        let is_whole = marked == shape.values().count() && !self.is_in_text(&prepared.statements);
        Ok(is_whole.then_some(Compiled {
            request,
            plan,
            prepared,
            slots,
        }))
    }

    fn is_in_text(&self, statements: &[Statement]) -> bool {
        statements
            .iter()
            .any(|statement| statement.sql.contains(&self.mark))
    }
}

fn places(statements: &[Statement], mark: &[u8], value: usize) -> Vec<Slot> {
    let mut slots = Vec::new();
    for (statement, each) in statements.iter().enumerate() {
        for (param, found) in each.params.iter().enumerate() {
            if matches!(found, Param::Text(text) if text.as_ref() == mark) {
                slots.push(Slot {
                    statement,
                    param,
                    value,
                });
            }
        }
    }
    slots
}
