//! Authorization against a real PostgreSQL.

mod administrators;
mod api;
mod decisions;
mod definition;
mod escalation;
mod guards;
mod invitations;
mod management;
mod matrix;
mod policies;
mod revocation;
mod service;
mod speed;
mod tenants;
mod tokens;
