//! Which link is whose: what engines believe of their interfaces against the links that there are.
//!
//! All interfaces that are looked for in one namespace are looked for together, the most alike
//! first, so that a container in two networks is not mixed up and no link is given twice.

use std::collections::{HashMap, HashSet};

use super::super::belief::{Attachment, Belief, ContainerState, Driver, Engine, Network};
use super::super::{Link, LinkKey, Namespace, NetnsId, Owner, OwnerKind, Text, Topology, View};
use super::{Joined, Member, Told, told::Place};

/// An interface that an engine believes to have made.
struct Wanted<'a> {
    /// Place in the list of networks.
    joined: usize,
    place: Place,
    netns: Option<NetnsId>,
    network: &'a Network,
    attachment: &'a Attachment,
    carrier: Carrier,
    state: ContainerState,
    /// Another container of the namespace has it.
    shared: bool,
    link: Option<LinkKey>,
}

/// What the kernel has to show as parent.
#[derive(Clone, Copy)]
enum Carrier {
    /// Nobody says, or its namespace is out of sight.
    Unsaid,
    /// This one; `None` where there is no link of that name.
    Is(Option<LinkKey>),
}

/// How alike belief and link are, the weightiest first: MAC, address, name, parent, mode.
type Likeness = [bool; 5];

/// Gives networks the members that their sources tell of, with their links.
pub(super) fn find_members(topology: &Topology, told: &Told, joined: &mut [Joined]) {
    let mut wanted = all_wanted(topology, told, joined);
    let mut by_netns: Vec<&mut Wanted<'_>> =
        wanted.iter_mut().filter(|wanted| wanted.netns.is_some()).collect();
    by_netns.sort_by_key(|wanted| wanted.netns);
    for here in by_netns.chunk_by_mut(|a, b| a.netns == b.netns) {
        find_links(topology, here);
    }
    find_by_address(topology, &mut wanted);
    for Wanted { joined: at, place, netns, link, .. } in
        wanted.into_iter().filter(|wanted| !wanted.shared)
    {
        let told = Some((place.container, place.attachment));
        joined[at].members.push(Member { key: Some(place.key), told, netns, link });
    }
}

fn all_wanted<'a>(topology: &Topology, told: &'a Told, joined: &[Joined]) -> Vec<Wanted<'a>> {
    let places = places(topology);
    let at: HashMap<_, _> = joined
        .iter()
        .enumerate()
        .map(|(at, joined)| {
            ((joined.source, joined.network), (at, carrier(topology, told, joined)))
        })
        .collect();
    let mut all = Vec::new();
    for (source, belief, numbers) in told.sources() {
        // Places of one container follow each other.
        let mut last = None;
        for place in &numbers.places {
            let container = &belief.containers[place.container];
            let netns = match last {
                Some((known, netns)) if known == place.container => netns,
                _ => places
                    .get(&container.id)
                    .filter(|(_, owner)| belief.is_about(owner))
                    .map(|at| at.0),
            };
            last = Some((place.container, netns));
            let Some(&(joined, carrier)) = at.get(&(source, place.network)) else { continue };
            all.push(Wanted {
                joined,
                place: *place,
                netns,
                network: &belief.networks[place.network],
                attachment: &container.attachments[place.attachment],
                carrier,
                state: container.state,
                shared: false,
                link: None,
            });
        }
    }
    all
}

/// The namespaces of all containers and who they are there, by id; of a pod by that of the container
/// that holds it, too.
fn places(topology: &Topology) -> HashMap<&Text, (NetnsId, &Owner)> {
    let mut places = HashMap::new();
    let mut sandboxes = Vec::new();
    for namespace in topology.namespaces() {
        let id = namespace.netns.id;
        for owner in namespace.netns.owner.as_deref().into_iter().flat_map(Owner::all) {
            if let Some(container) = &owner.id {
                places.entry(container).or_insert((id, owner));
            }
            let pods = owner.pod.iter();
            sandboxes.extend(pods.filter_map(|pod| Some((pod.sandbox.as_ref()?, (id, owner)))));
        }
    }
    for (sandbox, place) in sandboxes {
        places.entry(sandbox).or_insert(place);
    }
    places
}

fn carrier(topology: &Topology, told: &Told, joined: &Joined) -> Carrier {
    let view = joined.view(told);
    let open = |id| topology.namespace(id).is_some_and(|home| home.netns.view == View::Open);
    if view.network.parent.is_none() || !view.home.is_some_and(open) {
        return Carrier::Unsaid;
    }
    Carrier::Is(view.carrier(topology))
}

/// Finds links for what is looked for in one namespace.
fn find_links(topology: &Topology, wanted: &mut [&mut Wanted<'_>]) {
    let namespace = wanted.first().and_then(|wanted| topology.namespace(wanted.netns?));
    mark_shared(wanted);
    let links: Vec<(&Link, Driver)> = namespace
        .into_iter()
        .flat_map(Namespace::links)
        .filter_map(|link| Some((link, Driver::named(&link.kind.name())?)))
        .collect();
    let mut pairs: Vec<(Likeness, usize, usize)> = Vec::new();
    for (number, wanted) in wanted.iter().enumerate().filter(|(_, wanted)| !wanted.shared) {
        for (place, (link, driver)) in links.iter().enumerate() {
            if *driver == wanted.network.driver
                && let Some(likeness) = likeness(wanted, link)
            {
                pairs.push((likeness, number, place));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let mut taken = HashSet::new();
    for (_, number, place) in pairs {
        if wanted[number].link.is_none() && taken.insert(place) {
            wanted[number].link = Some(links[place].0.key);
        }
    }
}

/// Files know neither whether a container runs nor what lives in a namespace; the link on the
/// network's parent that has the address which they say was given is the one that they speak of.
fn find_by_address(topology: &Topology, all: &mut [Wanted<'_>]) {
    let mut taken: HashSet<LinkKey> = all.iter().filter_map(|wanted| wanted.link).collect();
    for wanted in all {
        let Carrier::Is(Some(carrier)) = wanted.carrier else { continue };
        if wanted.netns.is_some() || wanted.state != ContainerState::Unknown {
            continue;
        }
        let mut fitting = topology.children_of(carrier).filter(|link| {
            Driver::named(&link.kind.name()) == Some(wanted.network.driver)
                && !taken.contains(&link.key)
                && likeness(wanted, link).is_some_and(|[_, address, ..]| address)
        });
        if let (Some(link), None) = (fitting.next(), fitting.next()) {
            taken.insert(link.key);
            (wanted.netns, wanted.link) = (Some(link.key.netns), Some(link.key));
        }
    }
}

/// Containers that share a namespace may each be said to be in its networks, and two sources may
/// speak of one interface; the first stands for all.
fn mark_shared(wanted: &mut [&mut Wanted<'_>]) {
    for at in 1..wanted.len() {
        let (before, rest) = wanted.split_at_mut(at);
        let this = &mut *rest[0];
        let Attachment { mac, addresses, .. } = this.attachment;
        this.shared = (mac.is_some() || !addresses.is_empty())
            && before.iter().any(|other| {
                (&other.attachment.mac, &other.attachment.addresses) == (mac, addresses)
                    && other.network.name == this.network.name
                    && other.network.driver == this.network.driver
                    && (other.joined, other.place.container) != (this.joined, this.place.container)
            });
    }
}

/// How much of what is believed a link has; `None` where it can't be meant.
fn likeness(wanted: &Wanted<'_>, link: &Link) -> Option<Likeness> {
    let Attachment { interface, mac, addresses, .. } = wanted.attachment;
    let mac = mac.is_some() && *mac == link.mac;
    let address = addresses.iter().any(|(ip, _)| link.addresses.iter().any(|a| a.ip == *ip));
    let name = interface.as_ref() == Some(&link.name);
    let below = link.parent.as_ref().and_then(super::super::Parent::key);
    let parent = match wanted.carrier {
        Carrier::Is(carrier) => below.map(|below| Some(below) == carrier),
        Carrier::Unsaid => None,
    };
    let meant = mac || address || parent.unwrap_or(name);
    meant.then(|| [mac, address, name, parent == Some(true), has_mode(wanted.network, link)])
}

/// Whether a macvlan's mode is the one that the network gives. Of ipvlan the mode is not known.
fn has_mode(network: &Network, link: &Link) -> bool {
    link.macvlan().is_none_or(|macvlan| macvlan.mode.name().as_bytes() == network.mode.as_bytes())
}

/// Gives networks whose sources tell of no members the links that only they can have made.
pub(super) fn infer_members(topology: &Topology, told: &Told, joined: &mut [Joined]) {
    let silent: Vec<(usize, Carrier)> = joined
        .iter()
        .enumerate()
        .filter(|(_, joined)| is_silent(told.belief(joined.source)))
        .map(|(at, joined)| (at, carrier(topology, told, joined)))
        .collect();
    if silent.is_empty() {
        return;
    }
    let members = joined.iter().flat_map(|joined| &joined.members);
    let taken: HashSet<LinkKey> = members.filter_map(|member| member.link).collect();
    for namespace in topology.in_display_order() {
        let Some(owner) = namespace.netns.owner.as_deref() else { continue };
        for link in namespace.links().filter(|link| !taken.contains(&link.key)) {
            let Some(driver) = Driver::named(&link.kind.name()) else { continue };
            let mut fitting = silent.iter().filter(|(at, carrier)| {
                let belief = told.belief(joined[*at].source);
                let network = &belief.networks[joined[*at].network];
                network.driver == driver
                    && may_own(belief, owner)
                    && can_have_made(network, *carrier, link)
            });
            if let (Some(&(at, _)), None) = (fitting.next(), fitting.next()) {
                let (netns, link) = (Some(namespace.netns.id), Some(link.key));
                joined[at].members.push(Member { key: None, told: None, netns, link });
            }
        }
    }
}

/// Whether a source tells of networks only: files, unless a cache beside them has their results.
fn is_silent(belief: &Belief) -> bool {
    belief.containers.is_empty() && belief.engine != Engine::Docker
}

/// Whether a namespace is of somebody who uses such networks.
fn may_own(belief: &Belief, owner: &Owner) -> bool {
    owner.all().filter(|owner| belief.is_about(owner)).any(|owner| match belief.engine {
        Engine::Docker => false,
        Engine::Podman => owner.kind == OwnerKind::Podman,
        Engine::Cni => {
            matches!(owner.kind, OwnerKind::Kubernetes | OwnerKind::CriO | OwnerKind::Containerd)
        }
    })
}

/// Whether nothing of a link speaks against a network, and enough for it.
fn can_have_made(network: &Network, carrier: Carrier, link: &Link) -> bool {
    let below = link.parent.as_ref().and_then(super::super::Parent::key);
    let parent = match carrier {
        Carrier::Is(carrier) => carrier.is_some() && carrier == below,
        Carrier::Unsaid => network.parent.is_none() && !network.subnets.is_empty(),
    };
    let inside = |subnet: &super::super::belief::Subnet| {
        link.addresses.iter().any(|address| subnet.contains(address.ip))
    };
    parent
        && has_mode(network, link)
        && (network.subnets.is_empty() || network.subnets.iter().any(inside))
}
