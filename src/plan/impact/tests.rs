//! What plans bring along.
