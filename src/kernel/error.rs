//! What went wrong in a system call, with what was attempted and on what.

use nix::errno::Errno;

/// A failed operation on the kernel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The kernel refused.
    #[error("{attempt}: {}", .errno.desc())]
    Refused {
        /// What was attempted, on what, in which namespace.
        attempt: String,
        /// The kernel's answer.
        errno: Errno,
    },
    /// A message does not hold together.
    #[error("{attempt}: the kernel's answer is malformed: {detail}")]
    Malformed {
        /// What was attempted.
        attempt: String,
        /// What is wrong with the answer.
        detail: String,
    },
}

impl KernelError {
    /// Wraps an errno with what was attempted.
    pub fn refused(attempt: impl Into<String>, errno: Errno) -> Self {
        Self::Refused { attempt: attempt.into(), errno }
    }

    /// What went wrong, without what was attempted.
    pub fn cause(&self) -> &str {
        match self {
            Self::Refused { errno, .. } => errno.desc(),
            Self::Malformed { detail, .. } => detail,
        }
    }

    /// The kernel's answer, if it gave one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused { errno, .. } => Some(*errno),
            Self::Malformed { .. } => None,
        }
    }
}

/// The errno inside an I/O error; EIO where there is none.
pub(crate) fn errno_of(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
