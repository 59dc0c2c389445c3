//! The only room that makes networking system calls.
//!
//! What it reads becomes [`model`](crate::model) data; what it could not read becomes a
//! [`Problem`](crate::model::Problem). It never keeps a namespace of the host alive: a descriptor
//! into one is closed by the function that opened it. Nothing here draws or decides.

pub mod capture;
pub mod decode;
pub mod discover;
mod encode;
pub mod enter;
pub mod error;
pub mod execute;
mod named;
pub mod netlink;
pub mod observer;
pub mod packet;
pub mod privileges;
pub mod sandbox;
pub mod session;
pub mod shell;
pub mod stack;
mod support;
mod sysfs;
pub mod table;
pub mod watcher;

pub use error::KernelError;
