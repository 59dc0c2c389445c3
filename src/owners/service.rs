//! Units of systemd: services with a namespace of their own, applications of Flatpak, and whose
//! slice a path is in.

use super::claim::{Claim, strip};
use crate::model::OwnerKind;

/// The innermost service of a path, but for the one that is a user's whole session.
pub(super) fn claim(parts: &[&[u8]]) -> Option<Claim> {
    let mut services = parts.iter().rev().filter(|part| part.ends_with(b".service"));
    let service = services.find(|part| !part.starts_with(b"user@"))?;
    Some(Claim::new(OwnerKind::Systemd, &unescape(service)))
}

/// `app-flatpak-APPLICATION-NUMBER.scope`, in which Flatpak puts what it starts with bwrap(1).
pub(super) fn flatpak(parts: &[&[u8]], at: usize) -> Option<Claim> {
    let name = unescape(strip(parts[at], "app-flatpak-", ".scope").filter(|n| !n.is_empty())?);
    let end = name.iter().rposition(|&b| b == b'-').filter(|end| *end > 0);
    Some(Claim::new(OwnerKind::Flatpak, &name[..end.unwrap_or(name.len())]))
}

/// The uid of `user-1000.slice` and `user@1000.service`.
pub(super) fn user(part: &[u8]) -> Option<u32> {
    let uid = strip(part, "user-", ".slice").or_else(|| strip(part, "user@", ".service"))?;
    std::str::from_utf8(uid).ok().filter(|_| uid.iter().all(u8::is_ascii_digit))?.parse().ok()
}

/// Undoes systemd's escaping of names of units, `\x2d` for a hyphen (systemd.unit(5)). What is not
/// well escaped stays as it is.
pub(super) fn unescape(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = strip(rest, "\\x", "").and_then(|digits| digits.get(..2));
        let escaped = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let escaped = escaped
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        plain.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &rest[4..] } else { after };
    }
    plain
}
