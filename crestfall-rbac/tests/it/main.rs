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
mod oblivious;
mod policies;
mod revocation;
mod service;
mod shared;
mod speed;
mod tenants;
mod tokens;
