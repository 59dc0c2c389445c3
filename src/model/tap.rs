//! Character devices of macvtaps, and who has them open: mostly a hypervisor.

use std::fmt;
use std::str::FromStr;

use super::{Owner, Text};

/// Which device a node stands for, whatever the node is called and wherever it is (makedev(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceNumber {
    /// Number of the driver.
    pub major: u32,
    /// Number of the device among those of its driver.
    pub minor: u32,
}

impl FromStr for DeviceNumber {
    type Err = String;

    /// Reads `246:1`, as sysfs writes it.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once(':');
        let numbers = numbers.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let (major, minor) =
            numbers.ok_or_else(|| format!("'{text}' is not a device number like 246:1"))?;
        Ok(Self { major, minor })
    }
}

impl fmt::Display for DeviceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.major, self.minor)
    }
}

/// The character device of a macvtap, as sysfs tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapDevice {
    /// What its node is called by: N of `/dev/tapN`. It is the ifindex that the macvtap was made with,
    /// and all namespaces share one /dev, so several devices may have the same.
    pub name: u32,
    /// Which device it is.
    pub number: DeviceNumber,
}

impl fmt::Display for TapDevice {
    /// `/dev/tap7 (246:1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/dev/tap{} ({})", self.name, self.number)
    }
}

/// Who has the device of a macvtap open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapHolder {
    /// Whose process it is.
    pub owner: Owner,
    /// Command of the owner's first process.
    pub command: Text,
}

impl fmt::Display for TapHolder {
    /// `libvirt vm-build (qemu-system-x86 4199)`; of a process that is nobody's
    /// `qemu-system-x86 4199 (alice)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.owner.pids.first().copied().unwrap_or_default();
        match (self.owner.label(), &self.owner.user) {
            (Some(label), _) => write!(f, "{label} ({} {pid})", self.command),
            (None, Some(user)) => write!(f, "{} {pid} ({user})", self.command),
            (None, None) => write!(f, "{} {pid}", self.command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{VM, host, key};
    use super::super::{Change, OwnerKind, What};
    use super::*;

    const DEVICE: TapDevice = TapDevice { name: 2, number: DeviceNumber { major: 246, minor: 1 } };

    fn holder(kind: OwnerKind, name: &str) -> TapHolder {
        let owner = Owner { pids: vec![4199], ..Owner::new(kind, name.into()) };
        TapHolder { owner, command: "qemu-system-x86".into() }
    }

    #[test]
    fn a_device_is_known_by_its_number() {
        assert_eq!("246:1".parse(), Ok(DEVICE.number));
        assert_eq!(DEVICE.to_string(), "/dev/tap2 (246:1)");
        for wrong in ["246", "246:", ":1", "a:1", "1:2:3", ""] {
            assert!(wrong.parse::<DeviceNumber>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_holder_is_named_with_its_process() {
        let machine = holder(OwnerKind::Libvirt, "vm-build");
        assert_eq!(machine.to_string(), "libvirt vm-build (qemu-system-x86 4199)");
        let mut process = holder(OwnerKind::Process, "qemu-system-x86");
        assert_eq!(process.to_string(), "qemu-system-x86 4199");
        process.owner.user = Some("alice".into());
        assert_eq!(process.to_string(), "qemu-system-x86 4199 (alice)");
    }

    #[test]
    fn the_holder_of_a_link_is_that_of_its_device() {
        let mut topology = host();
        let tap = key(VM, 2);
        let mut link = topology.link(tap).expect("a macvtap").clone();
        link.tap_device = Some(DEVICE);
        topology.apply(Change::Link(Box::new(link)));
        let machine = || holder(OwnerKind::Libvirt, "vm-build");
        // Another device of the same name, in another namespace.
        let other = DeviceNumber { minor: 2, ..DEVICE.number };
        assert_eq!(topology.apply(Change::TapHolders([(other, machine())].into())), []);
        assert_eq!(topology.tap_holder(topology.link(tap).expect("a macvtap")), None);

        let happenings = topology.apply(Change::TapHolders([(DEVICE.number, machine())].into()));
        let link = topology.link(tap).expect("a macvtap");
        assert_eq!(topology.tap_holder(link), Some(&machine()));
        let [happening] = &happenings[..] else { panic!("{happenings:?}") };
        assert_eq!(happening.link.as_ref().map(|link| link.key), Some(tap));
        let What::Changed(list) = &happening.what else { panic!("{happening:?}") };
        assert_eq!((list[0].field, &*list[0].from), ("tap_holder", ""));
        assert_eq!(list[0].to, "libvirt vm-build (qemu-system-x86 4199)");
    }
}
