//! Errnos, provoked.
