//! Labels, what comes first among several owners, and what a label can't pass for.

use super::*;
use crate::model::fixture::{HOST, host, mount, netns, process};
use crate::model::{Change, NetnsId, Topology};

fn owner(kind: OwnerKind, name: &str, pids: &[i32]) -> Owner {
    Owner { pids: pids.to_vec(), ..Owner::new(kind, name.into()) }
}

fn pod(name: &str) -> Pod {
    Pod { namespace: Some("default".into()), name: name.into(), sandbox: Some("5a".into()) }
}

fn label(path: &str, owner: Option<Owner>) -> String {
    let mut netns = netns(NetnsId::Cookie(90), vec![process(812, "sshd"), mount(path)]);
    netns.owner = owner.map(Box::new);
    netns.label()
}

#[test]
fn the_names_of_all_kinds_are_distinct_words() {
    let names: std::collections::BTreeSet<_> = OwnerKind::ALL.map(OwnerKind::name).into();
    assert_eq!(names.len(), OwnerKind::ALL.len());
    assert!(OwnerKind::ALL.is_sorted(), "the order of the table is that of precedence");
}

#[test]
fn a_namespace_is_called_by_its_owner() {
    let docker = owner(OwnerKind::Docker, "centos1-2", &[812]);
    assert_eq!(label("/run/docker/netns/1f", Some(docker.clone())), "docker centos1-2");
    let rootless = Owner { user: Some("alice".into()), ..owner(OwnerKind::Podman, "web", &[812]) };
    assert_eq!(label("/run/docker/netns/1f", Some(rootless)), "podman web (alice)");
    let web = Owner { pod: Some(pod("web-0")), ..owner(OwnerKind::Kubernetes, "nginx", &[812]) };
    assert_eq!(
        label("/run/netns/cni-5aa1e2a3-0001-4b02-8c00-0123456789ab", Some(web)),
        "pod default/web-0"
    );
    assert_eq!(label("/run/netns/test1", Some(docker)), "test1", "a name that a person gave stays");
    let process = owner(OwnerKind::Process, "sshd", &[812]);
    assert_eq!(label("/run/netns/test1", Some(process.clone())), "test1");
    let mut alone = netns(NetnsId::Cookie(91), vec![super::super::fixture::process(812, "sshd")]);
    alone.owner = Some(Box::new(process));
    assert_eq!(alone.label(), "sshd (812)");
}

#[test]
fn generated_names_stay_where_nobody_is_known() {
    let name = "cni-5aa1e2a3-0001-4b02-8c00-0123456789ab";
    assert_eq!(label(&format!("/run/netns/{name}"), None), name);
    let docker = || Some(owner(OwnerKind::Docker, "a", &[812]));
    for own in ["cni-5aa1e2a3", "netns-5aa1e2a3-0001-4b02-8c00-0123456789ax", "cni-"] {
        assert_eq!(label(&format!("/run/netns/{own}"), docker()), own, "not an engine's name");
    }
}

#[test]
fn no_name_passes_for_another_namespace() {
    let mut topology = host();
    for (cookie, name) in [(92, "host"), (93, "test1"), (94, "a\x1b[31m")] {
        let mut netns = netns(NetnsId::Cookie(cookie), vec![process(900, "sh")]);
        netns.owner = Some(Box::new(owner(OwnerKind::Docker, name, &[900])));
        topology.apply(Change::Netns(netns));
    }
    let label = |topology: &Topology, cookie| topology.label(NetnsId::Cookie(cookie)).into_owned();
    assert_eq!(topology.label(HOST), "host");
    assert_eq!(label(&topology, 92), "docker host");
    assert_eq!(label(&topology, 93), "docker test1");
    assert_eq!(label(&topology, 94), "docker a\\u{1b}[31m");
    // Not even by its kind: the host's own namespace is known by other means.
    let mut root = topology.namespace(HOST).expect("the host").netns.clone();
    root.owner = Some(Box::new(owner(OwnerKind::Docker, "x", &[1])));
    assert_eq!(root.label(), "host");
}

#[test]
fn a_pod_is_one_owner_with_its_containers_as_members() {
    let part = |id: &str, name: &str, pid| Owner {
        id: Some(id.into()),
        pod: Some(pod("web-0")),
        image: Some(format!("{name}:1").as_str().into()),
        ..owner(OwnerKind::Kubernetes, name, &[pid])
    };
    let shell = owner(OwnerKind::Process, "tcpdump", &[3]);
    let parts =
        vec![shell, part("7c", "sidecar", 30), part("6b", "nginx", 20), part("5a", "pause", 10)];
    let joined = Owner::join(parts).expect("an owner");
    assert_eq!(joined.label().as_deref(), Some("pod default/web-0"));
    assert_eq!((&joined.id, &joined.image), (&Some("5a".into()), &None));
    assert_eq!(joined.pids, [10, 20, 30]);
    let members: Vec<_> = joined.members.iter().map(|member| member.name.to_string()).collect();
    assert_eq!(members, ["nginx", "sidecar"]);
}

#[test]
fn of_several_the_container_comes_first_and_names_the_others() {
    let joined = Owner::join(vec![
        owner(OwnerKind::Process, "bash", &[2]),
        owner(OwnerKind::Docker, "second", &[40, 41]),
        owner(OwnerKind::Docker, "first", &[30]),
        owner(OwnerKind::Systemd, "x.service", &[4]),
    ])
    .expect("an owner");
    assert_eq!(joined.label().as_deref(), Some("docker first"));
    assert_eq!(joined.members.len(), 2);
    assert_eq!(Owner::join(Vec::new()), None);
    let alone = Owner::join(vec![owner(OwnerKind::Docker, "one", &[30])]).expect("an owner");
    assert_eq!(alone.members, []);
}
