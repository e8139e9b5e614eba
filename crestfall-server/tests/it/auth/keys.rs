//! `crestfall keys`: keys that sign tokens come and go, and nobody has to sign in again.
