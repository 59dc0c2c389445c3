//! macvlens: every macvlan of a host, in every network namespace.
//!
//! Dependencies between the rooms point one way (A ← B: B uses A):
//! `model ← lint, plan ← app ← view`, `model ← owners`, `model, plan, owners ← kernel`,
//! `model, lint, plan ← output ← cli`; `runtime` and the binary see all. `model`, `lint`, `plan`, `app`
//! and `view` never name `kernel`, tokio or rtnetlink; the test `tests/rooms.rs` reads every `use` and
//! names a broken rule.

pub mod app;
pub mod cli;
pub mod kernel;
pub mod lint;
pub mod model;
pub mod output;
pub mod owners;
pub mod plan;
pub mod runtime;
pub mod view;
