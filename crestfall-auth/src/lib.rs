//! Users, sessions and every way to prove who you are.
#![allow(dead_code, unused_imports)] // while the parts are being put together

pub mod api_key;
pub mod basic;
pub mod cookie;
mod factor;
mod mail;
mod password;
pub mod redirect;
pub mod sealed;
pub mod signature;
pub mod signing_key;
