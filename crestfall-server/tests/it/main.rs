//! The binary as operators run it.

mod audit;
mod auth;
mod client;
mod command_line;
mod connections;
mod dev;
mod faults;
mod killed;
mod process;
mod reloading;
