//! What an attacker may try through the API alone (demands SEC-29, 30, 31, 34, 43, 44).

mod corpus;
mod escape;
mod hidden;
mod huge;
mod injection;
