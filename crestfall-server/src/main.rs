//! The `crestfall` binary: every Crestfall crate put together, and itself an example of it.

mod admin;
mod app;
mod cli;
mod cors;
mod dev;
mod edge;
mod http;
mod metrics;
mod pgrst;
mod ready;
mod settings;
mod setup;
mod signals;
mod telemetry;

fn main() -> std::process::ExitCode {
    cli::main()
}
