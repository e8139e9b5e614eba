//! The audit log in a real PostgreSQL.

mod chain;
mod completeness;
mod ddl;
mod entries;
mod events;
mod fixture;
mod pgaudit;
mod positions;
mod reading;
mod rest;
mod upkeep;
