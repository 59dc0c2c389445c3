//! A topology made of links and namespaces, and taken down again. Not safe inside tokio: each
//! connection to the kernel brings an event loop of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};

use super::{Container, Interface, Kind, Lab, Outside, Parent, port_name};
use crate::kernel::enter;
use crate::kernel::sandbox::{self, Links, SubInterface, named};
use crate::model::text::printable;
use crate::model::{Address, MacAddr, Problem};

/// The namespace in which this process has built, by inode number. It lives in it, so the number is
/// not used again.
static OURS: Mutex<Option<u64>> = Mutex::new(None);

/// Links that the kernel puts into every new namespace while their drivers are loaded, and that can't
/// be deleted (`fb_tunnels_only_for_init_net` of the kernel's sysctl/net.rst).
const FALLBACKS: [&[u8]; 9] = [
    b"tunl0",
    b"gre0",
    b"gretap0",
    b"erspan0",
    b"ip_vti0",
    b"ip6_vti0",
    b"sit0",
    b"ip6tnl0",
    b"ip6gre0",
];

/// Where ip-netns(8) keeps names.
const NAMES: &str = "/run/netns";

/// What is to be said of a topology that was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What had to be left out, and why.
    pub left_out: Vec<Problem>,
}

/// Why a topology could not be built or taken down.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something is here that may be a host's.
    #[error(
        "{found} is here already, and a lab is only built where nothing but lo is: start it with \
         macvlens lab"
    )]
    NotEmpty {
        /// What is here.
        found: String,
    },
    /// What is here was not built by this process.
    #[error(
        "this process has built no lab in this namespace, so nothing is cleared: start macvlens lab"
    )]
    NotOurs,
    /// A file could not be read.
    #[error("reading {what}: {error}")]
    Unread {
        /// Which.
        what: &'static str,
        /// Why.
        error: std::io::Error,
    },
    /// A file could not be written.
    #[error("writing {what}: {error}")]
    Unwritten {
        /// Which.
        what: &'static str,
        /// Why.
        error: std::io::Error,
    },
    /// The kernel said no.
    #[error("in {place}: {error}{next}")]
    Refused {
        /// The namespace.
        place: String,
        /// What was attempted, on what, and why it failed.
        error: sandbox::Error,
        /// What to do about it; may be empty.
        next: &'static str,
    },
}

const HOST: &str = "the lab's host";

/// Says where something failed, and what helps.
fn at(place: &str) -> impl Fn(sandbox::Error) -> Failure + '_ {
    move |error| {
        let next = if error.is_unsupported() {
            "; this kernel has no such driver: load it with modprobe macvlan macvtap veth bridge, or \
             install the package that holds the kernel's further modules"
        } else if error.is_at_limit() {
            "; the sysctl user.max_net_namespaces says how many there may be"
        } else {
            ""
        };
        Failure::Refused { place: printable(place.as_bytes()).into_owned(), error, next }
    }
}

impl Lab {
    /// Builds it in the calling thread's namespace, which must be empty, with the further namespaces
    /// below /run/netns. Takes `CAP_NET_ADMIN` and `CAP_SYS_ADMIN`, as in
    /// [`sandbox::spawn`]. What was begun stays where it fails; [`clear`] takes it away.
    pub fn build(&self) -> Result<Told, Failure> {
        if let Some(found) = found()?.into_iter().next() {
            return Err(Failure::NotEmpty { found });
        }
        *OURS.lock().unwrap_or_else(PoisonError::into_inner) = Some(own_inode()?);
        let mut builder = Builder {
            host: Links::here().map_err(at(HOST))?,
            switches: BTreeMap::new(),
            missing: BTreeSet::new(),
            told: Told::default(),
        };
        for switch in &self.switches {
            builder.switch(switch)?;
        }
        for parent in &self.parents {
            builder.parent(parent)?;
        }
        for outside in &self.outsides {
            builder.outside(outside)?;
        }
        for container in &self.containers {
            builder.container(container)?;
        }
        for interface in &self.interfaces {
            builder.interface(HOST, None, interface)?;
        }
        Ok(builder.told)
    }
}

/// Takes down what this process has built, and what was made beside it since: every link but `lo`, and
/// every name below /run/netns. A namespace that a process is in stays until that ends.
pub fn clear() -> Result<(), Failure> {
    let ours = *OURS.lock().unwrap_or_else(PoisonError::into_inner);
    if ours != Some(own_inode()?) {
        return Err(Failure::NotOurs);
    }
    let host = Links::here().map_err(at(HOST))?;
    // One by one: with a parent goes what is on it, with an end of a cable the other.
    while let Some((index, _)) = links()?.first() {
        host.delete(*index).map_err(at(HOST))?;
    }
    for name in names()? {
        named::delete(&name).map_err(at(HOST))?;
    }
    Ok(())
}

/// What is in the calling thread's namespace beside `lo`, and which names others have.
fn found() -> Result<Vec<String>, Failure> {
    let links = links()?;
    let links = links.iter().map(|(_, name)| format!("the interface {}", printable(name)));
    let names = names()?;
    let names = names.iter().map(|name| format!("the namespace {}", printable(name.as_bytes())));
    Ok(links.chain(names).collect())
}

/// Links that can be deleted: index and name.
fn links() -> Result<Vec<(u32, Vec<u8>)>, Failure> {
    let present = sandbox::present().map_err(at(HOST))?;
    let all = present.into_iter().map(|(index, name)| (index, name.as_bytes().to_vec()));
    Ok(all.filter(|(_, name)| name != b"lo" && !FALLBACKS.contains(&&**name)).collect())
}

fn names() -> Result<Vec<OsString>, Failure> {
    let unread = |error| Failure::Unread { what: NAMES, error };
    match fs::read_dir(NAMES) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            let names = entries.map_err(unread)?.map(|entry| Ok(entry?.file_name()));
            names.collect::<std::io::Result<_>>().map_err(unread)
        }
    }
}

fn own_inode() -> Result<u64, Failure> {
    let what = "/proc/thread-self/ns/net";
    fs::metadata(what).map(|own| own.ino()).map_err(|error| Failure::Unread { what, error })
}

struct Builder {
    /// The first namespace.
    host: Links,
    switches: BTreeMap<String, Switch>,
    /// VLANs that this kernel can't make.
    missing: BTreeSet<String>,
    told: Told,
}

struct Switch {
    netns: OwnedFd,
    links: Links,
}

impl Builder {
    fn switch(&mut self, name: &str) -> Result<(), Failure> {
        let netns = new_netns(name)?;
        silence(netns.as_fd())?;
        let links = Links::inside(netns.as_fd()).map_err(at(name))?;
        links.bridge(name).and_then(|()| links.up(name)).map_err(at(name))?;
        self.switches.insert(name.into(), Switch { netns, links });
        Ok(())
    }

    fn parent(&mut self, parent: &Parent) -> Result<(), Failure> {
        let Parent { name, switch, mac, addresses, up, hairpin, .. } = parent;
        self.cable(&self.host, HOST, name, name, switch)?;
        self.port(switch, name, *mac, *hairpin)?;
        set_up(&self.host, name, *mac, addresses, *up).map_err(at(HOST))?;
        for (vlan, id) in parent.vlans() {
            match self.host.vlan(&vlan, name, id) {
                Err(error) if error.is_unsupported() => {
                    self.leave_out(&vlan, "this kernel has no 802.1Q");
                    self.missing.insert(vlan);
                }
                // A VLAN can't be up on what is down.
                made => made
                    .and_then(|()| set_up(&self.host, &vlan, None, &[], *up))
                    .map_err(at(HOST))?,
            }
        }
        Ok(())
    }

    fn outside(&self, outside: &Outside) -> Result<(), Failure> {
        let Outside { name, switch, mac, addresses } = outside;
        let netns = new_netns(name)?;
        let links = Links::inside(netns.as_fd()).map_err(at(name))?;
        self.cable(&links, name, "eth0", name, switch)?;
        self.port(switch, name, *mac, false)?;
        set_up(&links, "eth0", *mac, addresses, true).map_err(at(name))?;
        links.up("lo").map_err(at(name))
    }

    fn container(&mut self, container: &Container) -> Result<(), Failure> {
        let Container { name, interfaces } = container;
        let netns = new_netns(name)?;
        let links = Links::inside(netns.as_fd()).map_err(at(name))?;
        links.up("lo").map_err(at(name))?;
        interfaces
            .iter()
            .try_for_each(|new| self.interface(name, Some((netns.as_fd(), &links)), new))
    }

    /// A sub-interface, in another namespace or in the first one.
    fn interface(
        &mut self,
        place: &str,
        inside: Option<(BorrowedFd<'_>, &Links)>,
        new: &Interface,
    ) -> Result<(), Failure> {
        let Interface { name, parent, kind, mode, mac, addresses, flags, sources, up } = new;
        if self.missing.contains(parent) {
            let what = format!("{name} in {}", printable(place.as_bytes()));
            self.leave_out(&what, &format!("its parent {parent} is left out, too"));
            return Ok(());
        }
        let made = SubInterface {
            name,
            is_tap: *kind == Kind::Macvtap,
            mode: *mode,
            flags: *flags,
            mac: *mac,
            sources,
        };
        let (netns, links) = inside.unzip();
        self.host.sub_interface(&made, parent, netns).map_err(at(place))?;
        set_up(links.unwrap_or(&self.host), name, None, addresses, *up).map_err(at(place))
    }

    fn leave_out(&mut self, what: &str, why: &str) {
        let what = format!("{what} is left out of the lab");
        self.told.left_out.push(Problem { what, why: why.into(), incomplete: false });
    }

    /// A veth pair from a namespace to a switch, where its end is the port for `name`.
    fn cable(
        &self,
        from: &Links,
        place: &str,
        end: &str,
        name: &str,
        switch: &str,
    ) -> Result<(), Failure> {
        let netns = &self.switches[switch].netns;
        from.veth(end, &port_name(name), Some(netns.as_fd())).map_err(at(place))
    }

    /// Plugs that end in. Its MAC follows from the other end's, so that a lab looks the same each time, and
    /// is another one: what is for a port's own MAC, a bridge keeps.
    fn port(
        &self,
        switch: &str,
        name: &str,
        far: Option<MacAddr>,
        hairpin: bool,
    ) -> Result<(), Failure> {
        let links = &self.switches[switch].links;
        let port = &port_name(name);
        let own = far.and_then(|far| far.as_bytes().first_chunk::<6>().copied());
        let own = own.map(|[a, b, c, d, e, f]| MacAddr::from([a ^ 4, b, c, d, e, f]));
        own.map_or(Ok(()), |own| links.mac(port, own))
            .and_then(|()| links.port(port, switch))
            .and_then(|()| links.hairpin(port, hairpin))
            .and_then(|()| links.up(port))
            .map_err(at(switch))
    }
}

/// Lets no link made in the namespace have IPv6: a switch only passes on what others say.
fn silence(netns: BorrowedFd<'_>) -> Result<(), Failure> {
    const DEFAULT: &str = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
    let written = enter::inside(netns, || fs::write(DEFAULT, "1")).and_then(|written| written);
    match written {
        // A kernel without IPv6.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(|error| Failure::Unwritten { what: DEFAULT, error }),
    }
}

fn new_netns(name: &str) -> Result<OwnedFd, Failure> {
    named::create(name).and_then(|()| named::open(name)).map_err(at(HOST))
}

/// Gives a new link what is its own.
fn set_up(
    links: &Links,
    name: &str,
    mac: Option<MacAddr>,
    addresses: &[Address],
    up: bool,
) -> Result<(), sandbox::Error> {
    if let Some(mac) = mac {
        links.mac(name, mac)?;
    }
    for address in addresses {
        links.address(name, address.ip, address.prefix_len)?;
    }
    if up { links.up(name) } else { Ok(()) }
}
