//! Files as an attacker would write them: they cost a name and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use serde_json::json;

use super::{Fake, ID, docker_config};
use crate::owners::{docker, oci, podman};

#[test]
fn hostile_files_cost_a_name_and_nothing_else() {
    let fake = Fake::new();
    let file = format!("var/lib/docker/containers/{ID}/config.v2.json");
    fake.process(10, 1, "sh", &format!("/docker/{ID}"));
    let expect = |why: &str| {
        let owner = fake.owner(&[10]);
        assert_eq!(owner.label().as_deref(), Some("docker 4f2a9d0c7b1e"), "{why}");
        let unread = owner.unread.expect(why);
        assert!(unread.contains(why), "{unread}");
    };
    expect("none found");
    for (content, why) in [
        (&b"{"[..], "EOF"),
        (b"[[[[", "invalid type"),
        (b"{\"Name\":\"\xff\xfe\"}", "unicode"),
        (b"{\"Name\":7}", "invalid type"),
        (b"\0\0\0", "expected value"),
    ] {
        fake.write(&file, content);
        expect(why);
    }
    fake.write(&file, format!("{{\"x\":{}", "[".repeat(100_000)));
    expect("EOF");
    fs::File::create(fake.path(&file)).expect("a file").set_len(1 << 40).expect("a size");
    expect("more than 4096 KiB");
    fs::remove_file(fake.path(&file)).expect("removed");
    symlink("/etc/passwd", fake.path(&file)).expect("a link");
    expect("symbolic link");
    fs::remove_file(fake.path(&file)).expect("removed");
    nix::unistd::mkfifo(&fake.path(&file), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    expect("not a regular file");
}

#[test]
fn a_home_is_believed_only_if_it_is_its_users() {
    let fake = Fake::new();
    let uid = fake.alice();
    let stranger = uid + 1;
    fake.write("etc/passwd", format!("bob:x:{stranger}:1::/home/alice:/bin/sh\n"));
    let file = format!("home/alice/.local/share/docker/containers/{ID}/config.v2.json");
    fake.json(&file, &docker_config("stolen", "i"));
    let path =
        format!("/user.slice/user-{stranger}.slice/user@{stranger}.service/docker-{ID}.scope");
    fake.process(10, 1, "sh", &path);
    assert_eq!(fake.owner(&[10]).label().as_deref(), Some("docker 4f2a9d0c7b1e (bob)"));
}

proptest! {
    #[test]
    fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = docker::config(&bytes);
        let _ = podman::listed(&bytes, b"x");
        let _ = oci::Bundle::read(&bytes).map(|bundle| (bundle.facts(), bundle.docker_root()));
    }

    #[test]
    fn no_annotation_panics(key in "(nerdctl/name|io\\.kubernetes\\.pod\\.name|io\\.kubernetes\\.cri\\.sandbox-name)",
                            value in any::<String>(), source in any::<String>()) {
        let json = json!({ "annotations": { key: value }, "mounts": [{ "source": source }] });
        let bundle = oci::Bundle::read(json.to_string().as_bytes()).expect("a bundle");
        let facts = bundle.facts();
        prop_assert_eq!(facts.name.is_some() || facts.pod.is_some(), !value.is_empty());
        bundle.docker_root();
        let config = json!({ "Name": value, "Config": { "Image": source, "Labels": null } });
        prop_assert!(docker::config(config.to_string().as_bytes()).is_ok());
    }
}
