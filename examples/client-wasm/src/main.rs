//! A to-do list in a page, over the tables and the generated types of `client-todo`. See README.md.

#[cfg(target_arch = "wasm32")]
#[path = "../../client-todo/src/db.rs"]
mod db;
#[cfg(target_arch = "wasm32")]
mod page;

#[cfg(target_arch = "wasm32")]
fn main() {
    page::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this is a page: build it for wasm32-unknown-unknown");
}
