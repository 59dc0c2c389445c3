//! A text for a program that is started in a sandbox, which need not have the rights to the file that
//! it came from: a descriptor leads in where a path does not.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc;
use rustix::fs::{MemfdFlags, memfd_create};

/// Puts a text where a process that is started can read it. The number of the descriptor is for
/// [`take_over`].
pub fn hand_over(text: &str) -> io::Result<OwnedFd> {
    // Not closed by execve(2).
    let mut file = File::from(memfd_create("handed-over", MemfdFlags::empty())?);
    file.write_all(text.as_bytes())?;
    Ok(file.into())
}

/// Reads what was handed over, and closes the descriptor. To be called once, at the program's start.
pub fn take_over(fd: RawFd) -> io::Result<String> {
    if fd <= libc::STDERR_FILENO {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: at the start nothing else has opened a descriptor that it could be; a number that is
    // none fails in the calls below.
    #[allow(unsafe_code)]
    let mut file = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}
