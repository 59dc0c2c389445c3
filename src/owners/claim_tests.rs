//! `/proc/PID/cgroup` of every runtime, as it is on a real host; each headed by where it is from.

use proptest::prelude::*;

use super::super::kubernetes::pod_uid;
use super::*;

const ID: &str = "4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a";
const OTHER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const UID: &str = "3f6c1b0e-7a52-4a7e-9d21-0c5d9b6b7e11";

/// What a claim says: kind, id, pod, namespace of containerd, user.
fn told(cgroup: &str) -> String {
    let cgroup = cgroup.replace("OTHER", OTHER).replace("UNDERSCORED", &UID.replace('-', "_"));
    let cgroup = cgroup.replace("PODUID", UID).replace("ID", ID);
    let claim = Claim::read(cgroup.as_bytes());
    let mut words = vec![claim.kind.name().to_owned()];
    if !claim.id.is_empty() {
        words.push(claim.id.to_string().replace(ID, "ID").replace(OTHER, "OTHER"));
    }
    words.extend(claim.pod.map(|uid| format!("pod={}", uid.to_string().replace(UID, "PODUID"))));
    words.extend(claim.space.map(|space| format!("space={space}")));
    words.extend(claim.user.map(|uid| format!("user={uid}")));
    words.join(" ")
}

#[test]
fn docker() {
    // Docker 27, systemd driver, cgroup v2 (Debian 12, Fedora 40).
    assert_eq!(told("0::/system.slice/docker-ID.scope\n"), "docker ID");
    // The same with systemd inside the container.
    assert_eq!(told("0::/system.slice/docker-ID.scope/init.scope\n"), "docker ID");
    // Docker, cgroupfs driver, cgroup v2 (Alpine).
    assert_eq!(told("0::/docker/ID\n"), "docker ID");
    // Docker 19.03, cgroupfs driver, cgroup v1 (CentOS 7).
    let v1 = "11:pids:/docker/ID\n4:cpu,cpuacct:/docker/ID\n1:name=systemd:/docker/ID\n";
    assert_eq!(told(v1), "docker ID");
    // Docker 20.10, systemd driver, hybrid (Debian 10): version 2 has systemd's units only.
    let hybrid = "5:memory:/system.slice/docker-ID.scope\n1:name=systemd:/system.slice/docker-ID.scope\n\
                  0::/system.slice/containerd.service\n";
    assert_eq!(told(hybrid), "docker ID");
    // Docker without privileges, cgroup v2.
    let rootless = "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-ID.scope\n";
    assert_eq!(told(rootless), "docker ID user=1000");
    // --cgroup-parent=/batch, cgroupfs driver: containerd's rules would put it there, too.
    assert_eq!(told("0::/batch/ID\n"), "containerd ID space=batch");
    // Docker in Docker: who is inside can only add to the path.
    assert_eq!(told("0::/docker/ID/docker/OTHER\n"), "docker ID");
}

#[test]
fn podman() {
    // Podman 4.9 as root, systemd, cgroup v2 (Fedora 40).
    assert_eq!(told("0::/machine.slice/libpod-ID.scope/container\n"), "podman ID");
    // In a pod of Podman's.
    let pod = "0::/machine.slice/machine-libpod_pod_OTHER.slice/libpod-ID.scope\n";
    assert_eq!(told(pod), "podman ID");
    // Podman 3 as root, cgroupfs, v1.
    assert_eq!(
        told("9:memory:/libpod_parent/libpod-ID\n1:name=systemd:/libpod_parent/libpod-ID\n"),
        "podman ID"
    );
    // Of a user.
    let user =
        "0::/user.slice/user-1001.slice/user@1001.service/user.slice/libpod-ID.scope/container\n";
    assert_eq!(told(user), "podman ID user=1001");
    // Quadlet: a service with the container in a part of its own.
    assert_eq!(told("0::/system.slice/web.service/libpod-payload-ID\n"), "podman ID");
    // The container's monitor is none of it.
    assert_eq!(told("0::/machine.slice/libpod-conmon-ID.scope\n"), "process");
}

#[test]
fn containerd_and_nerdctl() {
    // `ctr run … web`, cgroupfs.
    assert_eq!(told("0::/default/web\n"), "containerd web space=default");
    // nerdctl 1.7, systemd driver, v2.
    assert_eq!(told("0::/system.slice/nerdctl-ID.scope\n"), "containerd ID space=default");
    // nerdctl, cgroupfs.
    assert_eq!(told("0::/default/ID\n"), "containerd ID space=default");
    for not in ["/system.slice/web", "/../web", "/default/.web", "/a/b/c", "/user.slice/x"] {
        assert_eq!(told(&format!("0::{not}\n")), "process", "{not}");
    }
}

#[test]
fn kubernetes() {
    // kubelet with systemd driver and containerd 1.7, v2.
    let burstable =
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDERSCORED.slice";
    let containerd = format!("{burstable}/cri-containerd-ID.scope\n");
    assert_eq!(told(&containerd), "containerd ID pod=PODUID space=k8s.io");
    // The same with CRI-O 1.29, guaranteed.
    let crio = "0::/kubepods.slice/kubepods-podUNDERSCORED.slice/crio-ID.scope/container\n";
    assert_eq!(told(crio), "cri-o ID pod=PODUID");
    // cri-dockerd.
    assert_eq!(told(&format!("{burstable}/docker-ID.scope\n")), "docker ID pod=PODUID");
    // kubelet with cgroupfs, v1 (k3s, EKS with Amazon Linux 2).
    assert_eq!(
        told("3:cpuset:/kubepods/besteffort/podPODUID/ID\n"),
        "containerd ID pod=PODUID space=k8s.io"
    );
    // containerd with the cgroupfs driver under a kubelet with that of systemd.
    let mixed = "0::/system.slice/containerd.service/kubepods-burstable-podUNDERSCORED.slice:cri-containerd:ID\n";
    assert_eq!(told(mixed), "containerd ID pod=PODUID space=k8s.io");
    assert_eq!(pod_uid(&[b"pods", b"podx"]), None, "only below kubepods");
    // kind: a node that is a container of Docker's.
    let node = "0::/system.slice/docker-ID.scope/kubelet.slice/kubelet-kubepods.slice/cri-containerd-OTHER.scope\n";
    assert_eq!(told(node), "docker ID");
    // A container that was given its part of the tree can't make itself a pod's.
    assert_eq!(told("0::/system.slice/docker-ID.scope/kubepods/podx/OTHER\n"), "docker ID");
}

#[test]
fn machines() {
    // LXC 5 and Incus 6, v2.
    assert_eq!(told("0::/lxc.payload.mvl\n"), "lxc mvl");
    assert_eq!(
        told("0::/lxc.payload.project_web.1/system.slice/ssh.service\n"),
        "lxc project_web.1"
    );
    assert_eq!(told("0::/lxc.monitor.mvl\n"), "process");
    // LXC 3, v1.
    assert_eq!(told("12:memory:/lxc/mvl\n1:name=systemd:/lxc/mvl/init.scope\n"), "lxc mvl");
    // systemd-nspawn 252 from a shell, and as a service.
    assert_eq!(
        told("0::/machine.slice/machine-debian\\x2dtest.scope/payload\n"),
        "nspawn debian-test"
    );
    assert_eq!(
        told("0::/machine.slice/systemd-nspawn@mvl.service/payload/init.scope\n"),
        "nspawn mvl"
    );
    // libvirt 9 with QEMU; the machine is called win-11.
    let libvirt = "0::/machine.slice/machine-qemu\\x2d7\\x2dwin\\x2d11.scope/libvirt/emulator\n";
    assert_eq!(told(libvirt), "libvirt win-11");
    // libvirt 1.2 without systemd, v1.
    assert_eq!(told("3:cpu:/machine/qemu-3-vm.libvirt-qemu/emulator\n"), "libvirt vm");
    // A machine of nspawn's that is called like one of libvirt's, but for the number.
    assert_eq!(told("0::/machine.slice/machine-qemu\\x2dx.scope\n"), "nspawn qemu-x");
}

#[test]
fn services_and_applications() {
    // PrivateNetwork=yes.
    assert_eq!(told("0::/system.slice/nginx.service\n"), "systemd nginx.service");
    let instance = "0::/system.slice/system-getty.slice/getty@tty1.service\n";
    assert_eq!(told(instance), "systemd getty@tty1.service");
    // A service of a user.
    let user = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service\n";
    assert_eq!(told(user), "systemd sync.service user=1000");
    // Flatpak 1.14 on GNOME.
    let flatpak = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.mozilla.firefox-2871.scope\n";
    assert_eq!(told(flatpak), "flatpak org.mozilla.firefox user=1000");
    // A login, a terminal, `bwrap` or `unshare -n` in it.
    for shell in [
        "0::/user.slice/user-0.slice/session-3.scope\n",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope\n",
        "0::/init.scope\n",
        "0::/\n",
        "1:name=systemd:/\n0::/\n",
        "",
    ] {
        assert_eq!(told(shell), "process", "{shell}");
    }
}

#[test]
fn what_only_looks_like_an_id_is_none() {
    for path in [
        "docker-12.scope",
        "docker-IDID.scope",
        "app-flatpak-.scope",
        "libpod-x.scope",
        "crio-conmon-ID.scope",
        "docker/12/34",
    ] {
        assert_eq!(told(&format!("0::/x.slice/{path}\n")), "process", "{path}");
    }
}

proptest! {
    #[test]
    fn no_cgroup_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        Claim::read(&bytes);
    }

    #[test]
    fn no_path_panics(path in "(0::|1:name=systemd:|/|docker|-|\\.scope|\\.service|\\.slice|machine-|qemu|lxc|app-flatpak-|kubepods|pod|libpod-|:|\\\\x2d|\\\\x|7|user@|[a-f0-9]{64}){0,12}") {
        let claim = Claim::read(path.as_bytes());
        prop_assert_eq!(claim.kind == OwnerKind::Process, claim.id.is_empty());
    }
}
