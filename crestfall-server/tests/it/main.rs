//! The binary as operators run it.

mod command_line;
mod connections;
mod process;
mod reloading;
