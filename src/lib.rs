//! macvlens: every macvlan of a host, in every network namespace.
//!
//! Dependencies between the rooms point one way (A ← B: B uses A):
//! `model ← lint, plan, reach ← teach ← app ← view`, `model ← owners`,
//! `model, plan, owners ← kernel ← probe, lab`,
//! `model, lint, plan, reach ← output ← cli`; `runtime` and the binary see all. `model`, `lint`, `plan`,
//! `reach`, `teach`, `app` and `view` never name `kernel`, tokio or rtnetlink; the test `tests/rooms.rs` reads
//! every `use` and names a broken rule.

pub mod app;
pub mod cli;
pub mod kernel;
pub mod lab;
pub mod lint;
pub mod model;
pub mod output;
pub mod owners;
pub mod plan;
pub mod probe;
pub mod reach;
pub mod runtime;
pub mod teach;
pub mod view;
