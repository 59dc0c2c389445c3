//! What an operator would type. Pure: this version only looks, so there is nothing here that would
//! change a system.

pub mod ip_command;

pub use ip_command::{shell_quote, show};
