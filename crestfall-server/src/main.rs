//! The `crestfall` binary: every Crestfall crate put together, and itself an example of it.

mod admin;
mod api_key;
mod app;
mod audit;
mod auth;
mod cli;
mod cors;
mod data;
mod describe;
mod dev;
mod doctor;
mod edge;
mod gen_types;
mod hosts;
mod http;
mod metrics;
mod migrations;
mod pgrst;
mod policy_test;
mod rbac;
mod ready;
mod reload;
mod routes;
mod settings;
mod setup;
mod signals;
mod store;
mod telemetry;

/// Small allocations are what a request is made of, and this one is quick at them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
