//! Hooks: functions of the database, addresses over HTTP, Rust (GT-092 to GT-097).
