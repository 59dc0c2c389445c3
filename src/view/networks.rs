//! What the columns say of networks and of what hangs below them without an interface.
//!
//! ```text
//!  ▸ vepamv        docker    vepa     1/2 run → ens8 192.168.128.0/24 via .1
//!  ▾ bridmv        docker    bridge   → ens9 192.168.129.0/24 via .1
//!  ├── eth0        docker c… vepa     UP      02:42:c0:a8:80:de  192.168.128.222/24
//!  └── centos1-4             stopped                             192.168.128.224/24
//! ```

use std::net::IpAddr;

use ratatui::style::Style;

use super::Canvas;
use super::rows::{Cells, Columns, Spread};
use crate::app::screens::network::{self, believed, engine, mode, name_of};
use crate::app::sheet::Tone;
use crate::app::tree::Row;
use crate::model::belief::{ContainerState, Driver, Subnet};
use crate::model::{LinkKey, MemberKey, NetworkKey, NetworkView};

pub(super) fn of_network(
    canvas: &Canvas<'_>,
    key: NetworkKey,
    row: &Row,
    columns: &Columns,
) -> Cells {
    let (topology, theme) = (canvas.app.topology(), canvas.theme);
    let Some(view) = topology.network(key) else { return Cells::default() };
    let told = view.network;
    let mode_style = match told.driver {
        Driver::Macvlan => {
            told.mode.printable().parse().map_or(theme.dim(), |mode| theme.mode(mode))
        }
        Driver::Ipvlan => theme.dim(),
    };
    let mut tail = Vec::new();
    if let Some(name) = &told.parent {
        let is_up = view.parent.and_then(|key| topology.link(key)).map(|link| link.flags.is_up());
        let style = if is_up == Some(true) { theme.dim() } else { theme.tone(Tone::Warning) };
        tail.push((format!("{} {name}", canvas.glyphs.arrow), style));
    }
    tail.extend(told.subnets.iter().map(|subnet| (with_gateway(subnet), Style::new())));
    // Where there is less room, members that the rows below show are not counted.
    let wide = columns.traffic > 0;
    let count = (members(&view, wide), theme.dim());
    if !row.open && row.children > 0 {
        tail.insert(0, count);
    } else if wide || row.children == 0 {
        tail.push(count);
    }
    Cells {
        name: told.name.to_string(),
        name_style: theme.tone(Tone::Heading),
        place: engine(view.belief),
        place_style: theme.dim(),
        mode: mode(told),
        mode_style,
        spread: Spread::BehindMode,
        tail,
        ..Cells::default()
    }
}

/// Whose parent a link is: the first network, and how many more there are.
pub(super) fn on(canvas: &Canvas<'_>, parent: LinkKey) -> Option<(String, Style)> {
    let mut networks = canvas.app.topology().networks_on(parent);
    let first = networks.next()?.network.name.to_string();
    let told = match networks.len() {
        0 => first,
        more => format!("{first} +{more}"),
    };
    Some((told, canvas.theme.tone(Tone::Note)))
}

/// `192.168.128.0/24 via .1`: of the gateway what the prefix does not tell.
fn with_gateway(subnet: &Subnet) -> String {
    let Some(gateway) = subnet.gateway else { return subnet.to_string() };
    let told = match (gateway, subnet.net) {
        (IpAddr::V4(gateway), (IpAddr::V4(_), prefix_len @ 8..))
            if subnet.contains(gateway.into()) =>
        {
            let octets = gateway.octets();
            let rest = &octets[usize::from(prefix_len / 8).min(octets.len() - 1)..];
            let rest: Vec<_> = rest.iter().map(u8::to_string).collect();
            format!(".{}", rest.join("."))
        }
        _ => gateway.to_string(),
    };
    format!("{subnet} via {told}")
}

/// `2 members, 1 stopped`; where there is less room `1/2 run`.
fn members(view: &NetworkView<'_>, wide: bool) -> String {
    let members = view.members();
    let count = members.len();
    let stopped = members.filter(|member| {
        let container = member.container.filter(|_| member.link.is_none());
        container.is_some_and(|container| {
            matches!(container.state, ContainerState::Created | ContainerState::Exited)
        })
    });
    match (count, stopped.count()) {
        (0, _) if wide => "no members".into(),
        (0, _) => "empty".into(),
        (1, 0) => "1 member".into(),
        (1, _) if wide => "1 member, stopped".into(),
        (_, 0) => format!("{count} members"),
        (_, stopped) if wide => format!("{count} members, {stopped} stopped"),
        (_, stopped) => format!("{}/{count} run", count - stopped),
    }
}

/// A member without an interface: what its engine says of it.
pub(super) fn of_member(canvas: &Canvas<'_>, key: MemberKey) -> Cells {
    let (topology, theme) = (canvas.app.topology(), canvas.theme);
    let Some((_, member)) = topology.member(key) else { return Cells::default() };
    let must_have = member.container.is_some_and(|container| container.state.has_interfaces());
    let mac = member.attachment.and_then(|attachment| attachment.mac);
    let mode_style = if must_have { theme.tone(Tone::Warning) } else { theme.dim() };
    Cells {
        name: name_of(&member).into_owned(),
        name_style: theme.dim(),
        place: member.netns.map(|id| topology.label(id).into_owned()).unwrap_or_default(),
        place_style: theme.dim(),
        mode: network::state(&member).into(),
        mode_style,
        mac: mac.map(|mac| mac.to_string()).unwrap_or_default(),
        mac_style: theme.dim(),
        tail: believed(&member).into_iter().map(|address| (address, theme.dim())).collect(),
        ..Cells::default()
    }
}

pub(super) fn of_unattached(canvas: &Canvas<'_>) -> Cells {
    let mut tail = Vec::new();
    if canvas.app.topology().networks().len() == 0 {
        tail.push(("(no engine tells of a network)".to_owned(), canvas.theme.dim()));
    }
    Cells {
        name: "in no network".into(),
        name_style: canvas.theme.tone(Tone::Heading),
        spread: Spread::WholeLine,
        tail,
        ..Cells::default()
    }
}
