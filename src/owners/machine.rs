//! Containers that are whole systems, and virtual machines: LXC, Incus, systemd-nspawn, libvirt.

use super::claim::{Claim, strip};
use super::service::unescape;
use crate::model::OwnerKind;

/// `lxc.payload.NAME` of LXC and Incus (`lxc/NAME` before 4.0); below `machine.slice`
/// `machine-NAME.scope` of systemd-machined(8), in which libvirt calls its machines
/// `qemu-NUMBER-NAME`; `systemd-nspawn@NAME.service`. A monitor is outside of what it monitors.
pub(super) fn claim(parts: &[&[u8]], at: usize) -> Option<Claim> {
    let part = parts[at];
    let machine = |kind, name: &[u8]| (!name.is_empty()).then(|| Claim::new(kind, name));
    if let Some(name) = strip(part, "lxc.payload.", "") {
        return machine(OwnerKind::Lxc, name);
    }
    let above = at.checked_sub(1).map(|above| parts[above]);
    if above == Some(b"lxc") {
        return machine(OwnerKind::Lxc, part);
    }
    if let Some(instance) = strip(part, "systemd-nspawn@", ".service") {
        return machine(OwnerKind::Nspawn, &unescape(instance));
    }
    if let Some(name) = strip(part, "", ".libvirt-qemu") {
        return machine(OwnerKind::Libvirt, without_number(name));
    }
    let name = unescape(strip(part, "machine-", ".scope")?);
    for (driver, kind) in [("qemu-", OwnerKind::Libvirt), ("lxc-", OwnerKind::Libvirt)] {
        if let Some(rest) = strip(&name, driver, "").filter(|rest| without_number(rest) != *rest) {
            return machine(kind, without_number(rest));
        }
    }
    machine(OwnerKind::Nspawn, &name)
}

/// `vm` of `7-vm`, as libvirt numbers its machines anew at each start.
fn without_number(name: &[u8]) -> &[u8] {
    let name = strip(name, "qemu-", "").unwrap_or(name);
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match name.get(digits) {
        Some(b'-') if digits > 0 => &name[digits + 1..],
        _ => name,
    }
}
