//! Users, sessions and every way to prove who you are.
#![allow(dead_code, unused_imports)] // while the parts are being put together

mod api_key;
mod factor;
mod mail;
mod password;
pub mod signature;
pub mod signing_key;
