//! Facts about the host itself: name, kernel, and where its macvlan driver is.
//!
//! Only files are read. Asking the kernel to make a macvlan would tell more surely, but it would
//! also load the module, and looking must not change the host.

use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::sys::utsname::uname;

use crate::model::text::printable;
use crate::model::{Host, MacvlanSupport};

/// Oldest kernel whose target namespaces (`IFLA_TARGET_NETNSID`, strict checking) are complete.
pub(super) const OLDEST: (u32, u32) = (4, 20);

/// Reads the host's facts. `in_use` tells that there is a macvlan somewhere on the host.
pub(super) fn host(in_use: bool) -> Host {
    let hostname = uname().map(|names| printable(names.nodename().as_bytes()).into_owned());
    let kernel = release();
    let support = support(&kernel, Path::new("/"), in_use);
    Host { hostname: hostname.unwrap_or_default(), kernel, support }
}

/// The kernel's release, as `uname -r` prints it; empty if it doesn't say.
pub(super) fn release() -> String {
    let release = uname().map(|names| printable(names.release().as_bytes()).into_owned());
    release.unwrap_or_default()
}

/// Major and minor number of a kernel release such as `6.18.1-generic`.
pub(super) fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Looks for the driver from the surest sign to the weakest, below a root directory.
fn support(release: &str, root: &Path, in_use: bool) -> MacvlanSupport {
    let modules = root.join("lib/modules").join(release);
    let module = root.join("sys/module/macvlan");
    if module.join("initstate").exists() {
        return MacvlanSupport::Loaded;
    }
    if module.exists() || lists(&modules.join("modules.builtin"), "/macvlan.ko") {
        return MacvlanSupport::BuiltIn;
    }
    if lists(&modules.join("modules.dep"), "/macvlan.ko") {
        return MacvlanSupport::Loadable;
    }
    if modules.join("modules.dep").exists() {
        return MacvlanSupport::Missing;
    }
    // No modules here, as in a container or with a monolithic kernel. What is at work and not in
    // sysfs's list of modules is built in.
    if in_use && root.join("sys/module").exists() {
        return MacvlanSupport::BuiltIn;
    }
    // Last, because the kernel takes tens of milliseconds to print its symbols.
    match symbol(&root.join("proc/kallsyms"), "macvlan_common_newlink") {
        Some(line) if line.contains("[macvlan]") => MacvlanSupport::Loaded,
        Some(_) => MacvlanSupport::BuiltIn,
        None => MacvlanSupport::Unknown,
    }
}

fn lists(file: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| {
        text.lines().filter_map(|line| line.split([':', ' ']).next()).any(|path| {
            // Modules may be compressed.
            let plain = [".xz", ".zst", ".gz"].iter().find_map(|suffix| path.strip_suffix(suffix));
            plain.unwrap_or(path).ends_with(wanted)
        })
    })
}

fn symbol(file: &Path, name: &str) -> Option<String> {
    let lines = BufReader::new(std::fs::File::open(file).ok()?).lines();
    lines.map_while(Result::ok).find(|line| line.split_whitespace().nth(2) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> MacvlanSupport {
        signs(files, false)
    }

    fn signs(files: &[(&str, &str)], in_use: bool) -> MacvlanSupport {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        support("6.1.0", root.path(), in_use)
    }

    #[test]
    fn each_sign_is_read() {
        let builtin = ("lib/modules/6.1.0/modules.builtin", "kernel/drivers/net/macvlan.ko\n");
        let dep = ("lib/modules/6.1.0/modules.dep", "kernel/drivers/net/macvlan.ko.xz: a.ko\n");
        let other =
            ("lib/modules/6.1.0/modules.dep", "kernel/drivers/net/macvtap.ko: macvlan.ko\n");
        let loaded = ("sys/module/macvlan/initstate", "live\n");
        let symbol = ("proc/kallsyms", "0 t a\n0 T macvlan_common_newlink\n");
        let module_symbol = ("proc/kallsyms", "0 T macvlan_common_newlink\t[macvlan]\n");
        assert_eq!(with(&[builtin, dep]), MacvlanSupport::BuiltIn);
        assert_eq!(with(&[dep]), MacvlanSupport::Loadable);
        assert_eq!(with(&[dep, loaded]), MacvlanSupport::Loaded);
        assert_eq!(with(&[other, symbol]), MacvlanSupport::Missing);
        assert_eq!(with(&[symbol]), MacvlanSupport::BuiltIn);
        assert_eq!(with(&[module_symbol]), MacvlanSupport::Loaded);
        assert_eq!(with(&[]), MacvlanSupport::Unknown);
        let sysfs = ("sys/module/other/initstate", "live\n");
        assert_eq!(signs(&[sysfs], true), MacvlanSupport::BuiltIn);
        assert_eq!(signs(&[sysfs], false), MacvlanSupport::Unknown);
        assert_eq!(signs(&[sysfs, loaded], true), MacvlanSupport::Loaded);
        assert_eq!(signs(&[module_symbol], true), MacvlanSupport::Loaded);
    }

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(version("6.18.44-fc"), Some((6, 18)));
        assert_eq!(version("4.9"), Some((4, 9)));
        assert_eq!(version("strange"), None);
    }
}
