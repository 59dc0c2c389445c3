//! The world that is measured: one parent, and a macvlan on it in each of many named namespaces.
//!
//! It only grows. Taking thousands of namespaces down keeps the kernel busy for seconds, which
//! would be part of the next measurement.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use macvlens::kernel::enter;
use macvlens::kernel::sandbox::{Links, named};
use macvlens::model::Mode;

/// The macvlan in every namespace, named as engines name it.
pub(crate) const CHILD: &str = "eth0";
const PARENT: &str = "trunk";
/// Passthru tolerates no sibling, so it is not among them.
const MODES: [Mode; 4] = [Mode::Bridge, Mode::Vepa, Mode::Private, Mode::Source];
/// Memory that a namespace with its macvlan takes, rounded up.
const NETNS_BYTES: u64 = 400 * 1024;

/// The parent's namespace, which is the one that the benchmark runs in.
pub(crate) struct World {
    links: Links,
    size: usize,
}

impl World {
    /// A world with the parent only.
    pub(crate) fn new() -> Result<Self> {
        quieten()?;
        let links = Links::here()?;
        links.veth(PARENT, "far", None)?;
        links.up("far")?;
        links.up(PARENT)?;
        Ok(Self { links, size: 0 })
    }

    /// Adds namespaces until there are so many, and waits until the kernel has settled.
    pub(crate) fn grow(&mut self, size: usize) -> Result<()> {
        eprintln!("growing to {size} namespaces");
        for index in self.size..size {
            self.add(index).with_context(|| format!("adding {}", name(index)))?;
        }
        self.size = size;
        sleep(Duration::from_secs(2));
        Ok(())
    }

    /// Adds macvlans beside the parent, and waits until the kernel has settled.
    #[allow(dead_code, reason = "only one of the benchmarks needs them")]
    pub(crate) fn crowd(&self, count: usize) -> Result<()> {
        eprintln!("adding {count} macvlans");
        for index in 0..count {
            let name = format!("mv{index:05}");
            self.links.macvlan(&name, PARENT, MODES[index % MODES.len()], None)?;
        }
        sleep(Duration::from_secs(2));
        Ok(())
    }

    fn add(&self, index: usize) -> Result<()> {
        let name = name(index);
        named::create(&name)?;
        let netns = named::open(&name)?;
        enter::inside(netns.as_fd(), quieten)??;
        let mode = MODES[index % MODES.len()];
        self.links.macvlan(CHILD, PARENT, mode, Some(netns.as_fd()))?;
        let inside = Links::inside(netns.as_fd())?;
        let [.., high, low] = (index + 1).to_be_bytes();
        inside.address(CHILD, [10, 0, high, low].into(), 16)?;
        inside.up(CHILD)?;
        Ok(())
    }
}

/// Name of one of the namespaces.
pub(crate) fn name(index: usize) -> String {
    format!("ns{index:04}")
}

/// Whether there is memory for a world of this size.
pub(crate) fn fits(size: usize) -> Result<bool> {
    use procfs::Current;
    let memory = procfs::Meminfo::current().context("reading /proc/meminfo")?;
    let wanted = NETNS_BYTES * u64::try_from(size)?;
    Ok(memory.mem_available.is_none_or(|available| available > wanted))
}

/// Keeps the links of the calling thread's namespace from talking: router solicitations would be
/// traffic, which the UI shows.
fn quieten() -> Result<()> {
    let file = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
    match fs::write(file, "1") {
        // A kernel without IPv6.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.with_context(|| format!("writing {file}")),
    }
}

/// Idle processes, one in each namespace, as containers would have them. They end with this.
pub(crate) struct Processes(Vec<Child>);

impl Processes {
    /// Starts one in each of the first so many namespaces.
    pub(crate) fn start(count: usize) -> Result<Self> {
        eprintln!("starting {count} processes");
        let mut processes = Self(Vec::with_capacity(count));
        for index in 0..count {
            let netns: OwnedFd = named::open(name(index))?;
            let child = enter::inside(netns.as_fd(), || {
                Command::new("sleep").arg("infinity").stdin(Stdio::null()).spawn()
            })?;
            processes.0.push(child.context("starting an idle process")?);
        }
        // The last of them may still be on its way to being `sleep`.
        sleep(Duration::from_millis(500));
        for child in &mut processes.0 {
            if let Some(status) = child.try_wait()? {
                bail!("an idle process ended: {status}");
            }
        }
        Ok(processes)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Already gone is as good.
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}
