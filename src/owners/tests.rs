//! Whole answers, from a /proc and a root directory made for each test, with files as engines write them.

#[path = "hostile_tests.rs"]
mod hostile;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::json;

use super::*;

const ID: &str = "4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a";
const OTHER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const UID: &str = "3f6c1b0e-7a52-4a7e-9d21-0c5d9b6b7e11";

/// A host of files.
struct Fake(tempfile::TempDir);

impl Fake {
    fn new() -> Self {
        let fake = Self(tempfile::tempdir().expect("a directory"));
        fs::create_dir(fake.path("proc")).expect("a directory");
        fake
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
        self
    }

    fn json(&self, path: &str, value: &serde_json::Value) -> &Self {
        self.write(path, value.to_string())
    }

    fn process(&self, pid: i32, parent: i32, command: &str, cgroup: &str) -> &Self {
        self.write(&format!("proc/{pid}/cgroup"), format!("0::{cgroup}\n"))
            .write(&format!("proc/{pid}/comm"), format!("{command}\n"))
            .write(&format!("proc/{pid}/stat"), format!("{pid} (a ) b) S {parent} 1 1"))
    }

    fn owners(&self) -> Owners {
        Owners::at(&self.path("proc"), self.0.path()).expect("a fake host")
    }

    /// The owner of a namespace with these processes.
    fn owner(&self, pids: &[i32]) -> Owner {
        self.owners().of(7, &processes(pids)).expect("an owner")
    }

    /// A rootless engine is only believed in the home of its user, who is whoever runs the test.
    fn alice(&self) -> u32 {
        let uid = self.0.path().metadata().expect("the host").uid();
        fs::create_dir_all(self.path("home/alice")).expect("a home");
        self.write("etc/passwd", format!("bad line\nalice:x:{uid}:1:A:/home/alice:/bin/sh\n"));
        uid
    }
}

fn processes(pids: &[i32]) -> Vec<Holder> {
    pids.iter().map(|&pid| Holder::Process { pid, command: "sh".into() }).collect()
}

fn docker_config(name: &str, image: &str) -> serde_json::Value {
    json!({ "State": { "Pid": 5 }, "ID": ID, "Name": format!("/{name}"),
            "Config": { "Image": image, "Labels": { "com.docker.compose.project": "shop" } } })
}

/// `/var/lib/docker/containers/ID/config.v2.json` of Docker 27.
#[test]
fn docker_tells_name_and_image() {
    let fake = Fake::new();
    let file = format!("var/lib/docker/containers/{ID}/config.v2.json");
    fake.json(&file, &docker_config("centos1-2", "centos:7"));
    fake.process(10, 1, "sh", &format!("/system.slice/docker-{ID}.scope"));
    let owner = fake.owner(&[10]);
    assert_eq!(owner.label().as_deref(), Some("docker centos1-2"));
    assert_eq!((owner.id, owner.image), (Some(ID.into()), Some("centos:7".into())));
    assert_eq!((owner.pids, owner.unread, owner.user), (vec![10], None, None));
}

/// `dockerd --data-root /srv/docker`: the bundle is found by the shim, the root by the bundle.
#[test]
fn docker_is_found_at_another_root() {
    let fake = Fake::new();
    let bundle = format!("run/x/io.containerd.runtime.v2.task/moby/{ID}");
    let hosts = format!("/srv/docker/containers/{ID}/hosts");
    fake.json(&format!("{bundle}/config.json"), &json!({ "mounts": [{ "source": hosts }] }));
    fake.json(&format!("srv/docker/containers/{ID}/config.v2.json"), &docker_config("web", "w"));
    fake.process(10, 9, "sh", &format!("/docker/{ID}"));
    fake.process(9, 1, "containerd-shim", "/system.slice/docker.service");
    symlink(fake.path(&bundle), fake.path("proc/9/cwd")).expect("a link");
    symlink(fake.0.path(), fake.path("proc/9/root")).expect("a link");
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("docker web"));
    // It shares the network of another, whose files it has.
    let hosts = format!("/srv/docker/containers/{OTHER}/hosts");
    fake.json(&format!("{bundle}/config.json"), &json!({ "mounts": [{ "source": hosts }] }));
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("docker web"));
    // A process of the container that only calls itself a shim is not believed.
    fake.process(9, 1, "containerd-shim", &format!("/docker/{ID}"));
    let owner = fake.owner(&[10]);
    assert_eq!(owner.label().as_deref(), Some("docker 4f2a9d0c7b1e"));
    assert!(owner.unread.is_some());
}

/// Under a cgroup parent of its own, without anything that says Docker but its files.
#[test]
fn docker_is_known_by_its_files_alone() {
    let fake = Fake::new();
    fake.process(10, 1, "sh", &format!("/batch/{ID}"));
    assert_eq!(fake.owner(&[10]).kind, OwnerKind::Process, "any 64 digits are no container");
    let file = format!("var/lib/docker/containers/{ID}/config.v2.json");
    fake.json(&file, &docker_config("job", "j"));
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("docker job"));
}

/// `overlay-containers/containers.json` of Podman 4.9, rootful and of a user.
#[test]
fn podman_tells_name_and_image() {
    let list = json!([
        { "id": OTHER, "names": ["db"], "metadata": "{}" },
        { "id": ID, "names": ["web"], "image": "sha", "metadata":
          "{\"image-name\":\"docker.io/library/nginx:1\",\"name\":\"web\"}" },
    ]);
    let fake = Fake::new();
    let storage = "containers/storage/overlay-containers/containers.json";
    fake.json(&format!("var/lib/{storage}"), &list);
    fake.process(10, 1, "sh", &format!("/machine.slice/libpod-{ID}.scope/container"));
    let owner = fake.owner(&[10]);
    assert_eq!(owner.label().as_deref(), Some("podman web"));
    assert_eq!(owner.image, Some("docker.io/library/nginx:1".into()));

    let uid = fake.alice();
    let slice = format!("/user.slice/user-{uid}.slice/user@{uid}.service/user.slice");
    fake.process(11, 1, "sh", &format!("{slice}/libpod-{OTHER}.scope"));
    fake.json(&format!("home/alice/.local/share/{storage}"), &list);
    assert_eq!(fake.owner(&[11]).label().as_deref(), Some("podman db (alice)"));
}

/// With another graph root the monitor's command line has the name: `conmon -c ID -n NAME`.
#[test]
fn podman_is_found_at_another_root() {
    let fake = Fake::new();
    fake.process(10, 9, "sh", &format!("/machine.slice/libpod-{ID}.scope"));
    fake.process(9, 1, "conmon", &format!("/machine.slice/libpod-conmon-{ID}.scope"));
    let words = format!("conmon\0--api-version\01\0-c\0{ID}\0-n\0far\0");
    fake.write("proc/9/cmdline", words);
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("podman far"));
    fake.write("proc/9/cmdline", format!("conmon\0-c\0{OTHER}\0-n\0liar\0"));
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("podman 4f2a9d0c7b1e"));
}

/// `config.json` in the bundle, with the labels of nerdctl 1.7 as annotations; and of `ctr run`.
#[test]
fn containerd_tells_what_nerdctl_wrote() {
    let fake = Fake::new();
    let task = "run/containerd/io.containerd.runtime.v2.task/default";
    let annotations =
        json!({ "annotations": { "nerdctl/name": "web", "nerdctl/namespace": "default" } });
    fake.json(&format!("{task}/{ID}/config.json"), &annotations);
    fake.json(&format!("{task}/plain/config.json"), &json!({ "ociVersion": "1.1.0" }));
    fake.process(10, 1, "sh", &format!("/system.slice/nerdctl-{ID}.scope"));
    fake.process(11, 1, "sh", "/default/plain");
    fake.process(12, 1, "sh", "/default/none");
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("containerd web"));
    assert_eq!(fake.owner(&[11]).label().as_deref(), Some("containerd plain"));
    assert_eq!(fake.owner(&[12]).kind, OwnerKind::Process);
}

/// The annotations of containerd 1.7's CRI plugin.
#[test]
fn a_pod_of_containerd_is_one_sandbox_with_its_members() {
    let fake = Fake::new();
    let pod = |kind: &str, name: &str| {
        json!({ "annotations": {
            "io.kubernetes.cri.container-type": kind,
            "io.kubernetes.cri.container-name": name,
            "io.kubernetes.cri.image-name": "nginx:1",
            "io.kubernetes.cri.sandbox-id": OTHER,
            "io.kubernetes.cri.sandbox-name": "web-0",
            "io.kubernetes.cri.sandbox-namespace": "default",
        } })
    };
    let task = "run/containerd/io.containerd.runtime.v2.task/k8s.io";
    fake.json(&format!("{task}/{OTHER}/config.json"), &pod("sandbox", ""));
    fake.json(&format!("{task}/{ID}/config.json"), &pod("container", "nginx"));
    let slice = format!("/kubepods.slice/kubepods-pod{}.slice", UID.replace('-', "_"));
    fake.process(10, 1, "pause", &format!("{slice}/cri-containerd-{OTHER}.scope"));
    fake.process(20, 1, "nginx", &format!("{slice}/cri-containerd-{ID}.scope"));
    fake.process(21, 1, "nginx", &format!("{slice}/cri-containerd-{ID}.scope"));
    let owner = fake.owner(&[10, 20, 21]);
    assert_eq!(owner.label().as_deref(), Some("pod default/web-0"));
    assert_eq!((owner.id, owner.pids), (Some(OTHER.into()), vec![10, 20, 21]));
    let [member] = &owner.members[..] else { panic!("{:?}", owner.members) };
    assert_eq!((&member.name, &member.image), (&"nginx".into(), &Some("nginx:1".into())));
    assert_eq!(member.pids, [20, 21]);
}

/// The annotations of CRI-O 1.29, in both places; and a pod of which nothing can be read.
#[test]
fn a_pod_of_crio_is_named() {
    let fake = Fake::new();
    let annotations = json!({ "annotations": {
        "io.kubernetes.container.name": "POD",
        "io.kubernetes.cri-o.ContainerType": "sandbox",
        "io.kubernetes.cri-o.SandboxID": ID,
        "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "default",
    } });
    let slice = format!("/kubepods.slice/kubepods-pod{}.slice", UID.replace('-', "_"));
    fake.process(10, 1, "pause", &format!("{slice}/crio-{ID}.scope"));
    assert_eq!(fake.owner(&[10]).label(), Some(format!("pod {UID}")));
    fake.json(
        &format!("var/lib/containers/storage/overlay-containers/{ID}/userdata/config.json"),
        &annotations,
    );
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("pod default/web-0"));
}

/// cri-dockerd writes what a pod is into Docker's labels.
#[test]
fn a_pod_of_docker_is_named() {
    let fake = Fake::new();
    let config = json!({ "Name": "/k8s_POD_web-0_default", "Config": { "Labels": {
        "io.kubernetes.docker.type": "podsandbox",
        "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "default",
    } } });
    fake.json(&format!("var/lib/docker/containers/{ID}/config.v2.json"), &config);
    fake.process(10, 1, "pause", &format!("/kubepods/besteffort/pod{UID}/{ID}"));
    let owner = fake.owner(&[10]);
    assert_eq!(owner.label().as_deref(), Some("pod default/web-0"));
    assert_eq!((owner.id, owner.members), (Some(ID.into()), vec![]));
}

#[test]
fn machines_services_and_processes_need_no_files() {
    let fake = Fake::new();
    fake.alice();
    fake.process(10, 1, "init", "/lxc.payload.mvl");
    fake.process(11, 1, "nginx", "/system.slice/nginx.service");
    fake.process(12, 1, "sh", "/user.slice/user-0.slice/session-3.scope");
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("lxc mvl"));
    assert_eq!(fake.owner(&[11]).label().as_deref(), Some("systemd nginx.service"));
    let process = fake.owner(&[12]);
    assert_eq!((process.kind, process.label()), (OwnerKind::Process, None));
    assert_eq!((process.name, process.user), ("sh".into(), Some("alice".into())));
    assert_eq!(fake.owner(&[10, 12]).label().as_deref(), Some("lxc mvl"));
    assert_eq!(fake.owners().of(7, &processes(&[99])), None, "it has ended meanwhile");
}

#[test]
fn without_a_process_what_holds_it_is_named() {
    let fake = Fake::new();
    let path = fake.path("mounted");
    fs::write(&path, "").expect("a file");
    let stat = path.metadata().expect("the file");
    let mount = Holder::Mount { path: path.as_os_str().as_bytes().into(), pid: None };
    let fd = Holder::Fd { pid: 5, fd: 3, command: "x".into() };
    let socket = Holder::Socket { pid: 5, fd: 4, command: "qemu".into() };
    let mut owners = fake.owners();
    let mut owner = |inode, holders: &[Holder]| owners.of(inode, holders);
    let left = owner(stat.ino(), &[mount.clone(), fd.clone()]).expect("a leftover");
    assert_eq!((left.kind, left.since), (OwnerKind::Leftover, Some(stat.ctime())));
    let other = owner(stat.ino() + 1, &[mount]).expect("a leftover");
    assert_eq!(other.since, None, "another file is mounted there by now");
    assert_eq!(
        owner(7, std::slice::from_ref(&fd)).expect("a leftover").name,
        "descriptor 3 of pid 5 x".into()
    );
    let held = owner(7, &[fd, socket]).expect("an owner");
    assert_eq!((held.kind, held.pids), (OwnerKind::Process, vec![5]));
    assert_eq!(owner(7, &[Holder::Nsid { nsid: 4 }]), None);
    assert_eq!(owner(7, &[]), None);
}

#[test]
fn who_has_a_device_open_is_told_with_the_command() {
    let fake = Fake::new();
    let scope = r"/machine.slice/machine-qemu\x2d7\x2dvm\x2dbuild.scope/libvirt/emulator";
    fake.process(20, 1, "qemu-system-x86", scope);
    fake.process(19, 1, "libvirtd", "/user.slice/user-0.slice/session-3.scope");
    let holder = |pids: &[(i32, &str)]| {
        let pids: Vec<_> = pids.iter().map(|(pid, name)| (*pid, Text::from(*name))).collect();
        fake.owners().of_processes(&pids).map(|holder| holder.to_string())
    };
    let both = holder(&[(19, "libvirtd"), (20, "qemu-system-x86")]);
    assert_eq!(both.as_deref(), Some("libvirt vm-build (qemu-system-x86 20)"));
    let uid = fake.alice();
    let user = if uid == 0 { "root" } else { "alice" };
    fake.write("etc/passwd", format!("{user}:x:{uid}:1::/:/bin/sh\n"));
    assert_eq!(holder(&[(19, "libvirtd")]), Some(format!("libvirtd 19 ({user})")));
    assert_eq!(holder(&[(99, "gone")]), None);
}

#[test]
fn what_is_known_is_not_asked_again() {
    let fake = Fake::new();
    let file = format!("var/lib/docker/containers/{ID}/config.v2.json");
    fake.json(&file, &docker_config("old", "i"));
    fake.process(10, 1, "sh", &format!("/docker/{ID}"));
    fake.process(11, 1, "sh", &format!("/docker/{ID}"));
    let mut owners = fake.owners();
    let label = |owners: &mut Owners, pids: &[i32]| owners.of(7, &processes(pids))?.label();
    assert_eq!(label(&mut owners, &[10]).as_deref(), Some("docker old"));
    fake.json(&file, &docker_config("new", "i"));
    assert_eq!(label(&mut owners, &[10, 11]).as_deref(), Some("docker old"));
    owners.forget(7);
    assert_eq!(label(&mut owners, &[10]).as_deref(), Some("docker new"));
    // The process runs another program, and is somewhere else.
    fake.process(10, 1, "bash", "/lxc.payload.mvl");
    let bash = [Holder::Process { pid: 10, command: "bash".into() }];
    assert_eq!(owners.of(7, &bash).and_then(|owner| owner.label()).as_deref(), Some("lxc mvl"));
}

#[test]
fn an_engine_that_comes_is_found_by_the_next_look() {
    let fake = Fake::new();
    fake.process(10, 1, "sh", &format!("/docker/{ID}"));
    let mut owners = fake.owners();
    let mut unread =
        |inode| owners.of(inode, &processes(&[10])).is_some_and(|owner| owner.unread.is_some());
    assert!(unread(7));
    let file = format!("var/lib/docker/containers/{ID}/config.v2.json");
    fake.json(&file, &docker_config("web", "i"));
    assert!(unread(8), "its directory was missing when the look began");
    owners.begin();
    let owner = owners.of(9, &processes(&[10]));
    assert_eq!(owner.and_then(|owner| owner.label()).as_deref(), Some("docker web"));
    // Whoever asks anew asks for everything.
    owners.forget(7);
    let owner = owners.of(7, &processes(&[10]));
    assert_eq!(owner.and_then(|owner| owner.label()).as_deref(), Some("docker web"));
}

#[test]
fn a_cgroup_is_read_to_its_end() {
    let fake = Fake::new();
    for length in [4095, 4096, 4097, 9000] {
        let deep = "/a".repeat(length / 2 - 20);
        fake.process(10, 1, "sh", &format!("{deep}/lxc.payload.{length}-mvl"));
        assert_eq!(fake.owner(&[10]).label(), Some(format!("lxc {length}-mvl")));
    }
}
