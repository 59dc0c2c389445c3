//! Where engines are looked for, and what is refused there.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use nix::sys::stat::Mode;

use super::*;
use crate::owners::podman::rootless_netns;

/// A runtime directory that claims to be of that user; it belongs to whoever runs the test.
fn runtime_of(root: &Path, uid: u32) -> PathBuf {
    let directory = root.join(format!("run/user/{uid}"));
    fs::create_dir_all(directory.join("podman")).expect("directories");
    directory
}

fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Origins of what is asked, and origins with reasons of what is not.
fn found(sources: &Sources) -> (Vec<String>, Vec<(String, String)>) {
    let (places, refused) = place::find(sources);
    let refused = refused.into_iter();
    (
        places.iter().map(|place| place.origin.to_string()).collect(),
        refused.map(|r| (r.place.origin.to_string(), r.failure.why)).collect(),
    )
}

#[test]
fn a_host_without_engines_has_nothing_to_ask() {
    let (root, sources) = host();
    fs::create_dir_all(root.path().join("run/user/1000")).expect("directories");
    assert_eq!(ask(&sources, fake::PATIENCE), []);
}

#[test]
fn sockets_at_the_usual_places_are_asked_each_once() {
    let (root, sources) = host();
    let listen = |path: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        UnixListener::bind(path).expect("a socket")
    };
    let _podman = listen("run/podman/podman.sock");
    symlink("podman/podman.sock", root.path().join("run/docker.sock")).expect("a link");
    let user = format!("run/user/{}", own());
    let _rootless = listen(&format!("{user}/podman/podman.sock"));
    let runtime_dir = Some(root.path().join(&user));
    let (places, refused) = found(&Sources { runtime_dir, ..sources });
    let expected =
        ["unix:///run/podman/podman.sock", &format!("unix:///{user}/podman/podman.sock")];
    assert_eq!((&places[..], refused.len()), (&expected.map(str::to_owned)[..], 0));
}

#[test]
fn a_named_engine_is_the_only_one() {
    let (root, sources) = host();
    fs::create_dir_all(root.path().join("run")).expect("a directory");
    let _docker = UnixListener::bind(root.path().join("run/docker.sock")).expect("a socket");
    let named = |host: &str| found(&Sources { docker_host: Some(host.into()), ..sources.clone() });
    assert_eq!(named("unix:///x/y.sock").0, ["unix:///x/y.sock"]);
    assert_eq!(named("/x/y.sock").0, ["unix:///x/y.sock"]);
    assert_eq!(named("tcp://10.0.0.1:2375").0, ["tcp://10.0.0.1:2375"]);
    assert_eq!(named("").0, ["unix:///run/docker.sock"], "as if it were not set");
    for other in ["ssh://root@host", "fd://", "unix://relative", "tcp://", "relative"] {
        let (places, refused) = named(other);
        let [(origin, why)] = &refused[..] else { panic!("{other}: {refused:?}") };
        assert_eq!((places.len(), &**origin), (0, other));
        assert!(why.contains("unix:///PATH") && why.ends_with("ssh -L"), "{why}");
    }
}

#[test]
fn an_absent_engine_is_news_only_if_it_was_named() {
    let (root, sources) = host();
    let path = root.path().join("run/docker.sock");
    fs::create_dir_all(root.path().join("run")).expect("a directory");
    // A socket that nobody listens on any more.
    drop(UnixListener::bind(&path).expect("a socket"));
    assert_eq!(ask(&sources, fake::PATIENCE), []);
    let named =
        |path: &Path| Sources { docker_host: Some(path.display().to_string()), ..sources.clone() };
    let nobody = "nobody listens there (is the engine running?)";
    assert_eq!(why(&named(&path), fake::PATIENCE), nobody);
    let none = root.path().join("none");
    let missing = "there is no such socket (is the engine running?)";
    assert_eq!(why(&named(&none), fake::PATIENCE), missing);
    fs::write(&none, "").expect("a file");
    assert_eq!(why(&named(&none), fake::PATIENCE), nobody);
}

#[test]
fn an_engine_is_reached_over_tcp() {
    let (_root, path, sources) = host_with_named_engine();
    let _engine = start(&path, &DOCKER);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().expect("a connection");
        let mut unix = std::os::unix::net::UnixStream::connect(path).expect("the engine");
        let (mut back, mut from) = (tcp.try_clone().expect("tcp"), unix.try_clone().expect("unix"));
        std::thread::spawn(move || std::io::copy(&mut from, &mut back));
        std::io::copy(&mut tcp, &mut unix)
    });
    let told = belief(&Sources { docker_host: Some(format!("tcp://{address}")), ..sources });
    assert_eq!((told.networks.len(), told.home), (2, crate::model::belief::Home::Host));
}

#[test]
fn in_a_users_directory_only_that_users_own_socket_is_asked() {
    let (root, sources) = host();
    let directory = runtime_of(root.path(), own());
    let secret = root.path().join("secret.sock");
    let _secret = UnixListener::bind(&secret).expect("a socket");
    let socket = directory.join("docker.sock");
    let refused = || {
        let (places, refused) = found(&sources);
        assert_eq!(places, Vec::<String>::new());
        assert_eq!(refused.len(), 1, "{refused:?}");
        refused[0].1.clone()
    };
    symlink(&secret, &socket).expect("a link");
    assert_eq!(refused(), "it is not asked: a symbolic link is in the way");
    fs::remove_file(&socket).expect("removed");
    nix::unistd::mkfifo(&socket, Mode::S_IRWXU).expect("a FIFO");
    assert_eq!(refused(), "it is not asked: it is not a socket");
    fs::remove_file(&socket).expect("removed");
    fs::write(&socket, "").expect("a file");
    assert_eq!(refused(), "it is not asked: it is not a socket");
    fs::remove_file(&socket).expect("removed");
    fs::remove_dir(directory.join("podman")).expect("removed");
    symlink(root.path(), directory.join("podman")).expect("a link");
    fs::rename(&secret, root.path().join("podman.sock")).expect("renamed");
    assert_eq!(refused(), "it is not asked: a symbolic link is in the way");
}

/// Takes root, as nobody else looks into the directories of others.
#[test]
fn a_socket_of_somebody_else_in_a_users_directory_is_not_asked() {
    let (root, sources) = host();
    let stranger = own() + 1;
    let directory = runtime_of(root.path(), stranger);
    let _socket = UnixListener::bind(directory.join("docker.sock")).expect("a socket");
    let (places, refused) = found(&sources);
    assert_eq!(places, Vec::<String>::new());
    if own() == 0 {
        assert_eq!(refused[0].1, format!("it is not asked: it does not belong to user {stranger}"));
        // What is in the way stays told until it is gone, as a problem of that place.
        let changes = ask(&sources, fake::PATIENCE);
        assert_eq!(problems(&changes)[0].what, format!("docker at {}", refused[0].0));
    } else {
        assert_eq!(refused, []);
    }
}

#[test]
fn the_namespace_of_a_users_podman_is_found_by_its_file() {
    let (root, _) = host();
    let directory = runtime_of(root.path(), 1000);
    let netns = || rootless_netns(root.path(), 1000);
    let newer = "containers/networks/rootless-netns/rootless-netns";
    assert_eq!(netns(), (&*format!("/run/user/1000/{newer}")).into());
    fs::create_dir(directory.join("netns")).expect("a directory");
    fs::write(directory.join("netns/netns-1"), "").expect("a file");
    fs::write(directory.join("netns/rootless-netns-b1946ac92492d2347c6235b4d261118"), "")
        .expect("a file");
    let older = "/run/user/1000/netns/rootless-netns-b1946ac92492d2347c6235b4d261118";
    assert_eq!(netns(), older.into());
    let newer = directory.join(newer);
    fs::create_dir_all(newer.parent().expect("a parent")).expect("directories");
    fs::write(&newer, "").expect("a file");
    assert!(older.as_bytes() != netns().as_bytes());
}
