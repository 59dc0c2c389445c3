//! What the details say of a namespace: what it is called and what keeps it alive.

use chrono::DateTime;

use super::details::list;
use super::{LISTED, more, network};
use crate::app::glyphs::Glyphs;
use crate::app::sheet::{Sheet, Tone};
use crate::model::{Holder, Netns, NetnsId, Owner, OwnerKind, Topology};

/// Everything known of a namespace and, in a line each, its first links.
pub fn sheet(topology: &Topology, id: NetnsId, glyphs: &Glyphs) -> Sheet {
    let mut sheet = Sheet::new(format!("namespace {}", topology.label(id)));
    let Some(namespace) = topology.namespace(id) else {
        sheet.toned("", "It is gone.", Tone::Dim);
        return sheet;
    };
    identity(&mut sheet, &namespace.netns, glyphs);
    if let Some(of) = &namespace.netns.owner {
        owner(&mut sheet, topology, of, glyphs);
    }
    sheet.heading(format!("Links ({})", namespace.links().len()));
    for link in namespace.links().take(LISTED) {
        let mut words = vec![link.kind.name().into_owned()];
        words.extend(link.macvlan().map(|macvlan| macvlan.mode.to_string()));
        words.push(link.oper_state.to_string());
        words.extend(topology.parent_of(link).map(|p| format!("on {}", topology.describe(p.key))));
        sheet.add(link.name.to_string(), words.join(" "));
    }
    if let Some(more) = more(namespace.links().len().saturating_sub(LISTED), glyphs) {
        sheet.add("", more);
    }
    sheet
}

/// Role, numbers and holders; that it can't be looked into is a finding.
pub fn identity(sheet: &mut Sheet, netns: &Netns, glyphs: &Glyphs) {
    let mut roles = Vec::new();
    if netns.root {
        roles.push("the host's first namespace");
    }
    if netns.current {
        roles.push("this program runs in it");
    }
    if !roles.is_empty() {
        sheet.add("role", roles.join(", "));
    }
    sheet.add(
        "inode",
        match netns.inode {
            Some(inode) => format!("net:[{inode}]"),
            None => "unknown, it is out of sight".into(),
        },
    );
    if let Some(cookie) = netns.cookie {
        sheet.add("cookie", cookie.to_string());
    }
    let mut label = "held by";
    for holder in netns.holders.iter().take(LISTED) {
        sheet.add(label, holding(holder));
        label = "";
    }
    if let Some(more) = more(netns.holders.len().saturating_sub(LISTED), glyphs) {
        sheet.add(label, more);
    }
    if netns.holders.is_empty() {
        sheet.toned(label, "nothing that can be seen", Tone::Dim);
    }
}

/// Who lives in a namespace and what its engine says of it or, where nobody does, since when it has
/// been left over.
pub fn owner(sheet: &mut Sheet, topology: &Topology, owner: &Owner, glyphs: &Glyphs) {
    sheet.heading("Owner");
    if owner.kind == OwnerKind::Leftover {
        sheet.toned("kind", "leftover: no process and no socket is in it", Tone::Note);
        sheet.add("left", owner.name.to_string());
    } else {
        sheet.add("kind", owner.kind.name());
        sheet.add("name", owner.name.to_string());
    }
    let since = owner.since.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    if let Some(since) = since {
        sheet.add("since", since.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    }
    let texts = [("id", &owner.id), ("image", &owner.image), ("user", &owner.user)];
    if let Some(pod) = &owner.pod {
        sheet.add("pod", pod.to_string());
    }
    for (label, text) in texts {
        if let Some(text) = text {
            sheet.add(label, text.to_string());
        }
    }
    if let Some(container) = topology.container(owner) {
        network::container(sheet, container, glyphs);
    }
    if !owner.pids.is_empty() {
        sheet.add("pids", list(owner.pids.iter(), ToString::to_string, glyphs));
    }
    if let Some(unread) = &owner.unread {
        sheet.toned("unread", unread, Tone::Warning);
    }
    let mut label = "members";
    for member in owner.members.iter().take(LISTED) {
        let image = member.image.as_ref().map(|image| format!(", image {image}"));
        let (kind, name) = (member.kind.name(), &member.name);
        sheet.add(label, format!("{kind} {name}{}", image.unwrap_or_default()));
        label = "";
    }
    if let Some(more) = more(owner.members.len().saturating_sub(LISTED), glyphs) {
        sheet.add("", more);
    }
}

/// How a holder keeps its namespace alive.
pub fn holding(holder: &Holder) -> String {
    match holder {
        Holder::Process { pid, command } => format!("process {pid} {command}"),
        Holder::Thread { pid, tid, command } => {
            format!("thread {tid} of process {pid} {command}")
        }
        Holder::Mount { path, pid: None } => format!("mount {path}"),
        Holder::Mount { path, pid: Some(pid) } => {
            format!("mount {path} in the mount namespace of process {pid}")
        }
        Holder::Fd { pid, fd, command } => format!("descriptor {fd} of process {pid} {command}"),
        Holder::Socket { pid, fd, command } => {
            format!("socket, descriptor {fd} of process {pid} {command}")
        }
        Holder::Nsid { nsid } => format!("links elsewhere name it as nsid {nsid}"),
    }
}
