//! Engines that are followed while they come, change and go.

use std::sync::mpsc::{Receiver, channel};

use super::fake::PATIENCE;
use super::*;
use crate::model::belief::{Engine as Kind, Home};
use crate::owners::networks;

/// The changes that a follower tells.
struct News(Receiver<Vec<Change>>);

impl News {
    fn of(sources: Sources) -> (Follower, Self) {
        let (told, news) = channel();
        let follower = follow(sources, move |changes| told.send(changes).is_ok());
        (follower.expect("a thread"), Self(news))
    }

    #[track_caller]
    fn next(&self) -> Vec<Change> {
        self.0.recv_timeout(PATIENCE).expect("news")
    }
}

const NONE: (&str, &str) = ("/containers/json", "[]");

#[test]
fn an_event_leads_to_another_belief() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &[DOCKER[0], DOCKER[1], NONE]);
    let (_follower, news) = News::of(sources);
    assert_eq!(beliefs(&news.next())[0].containers.len(), 0);
    // By now nothing is read any more unless there is a reason.
    engine.asked("/containers/json", 2);
    engine.set(DOCKER[2].0, DOCKER[2].1);
    engine.event("health_status: healthy");
    engine.event("start");
    engine.event("start");
    assert_eq!(beliefs(&news.next())[0].containers.len(), 6);
    // One reading for all events, and no news where nothing differs.
    engine.asked("/containers/json", 1);
    engine.event("start");
    engine.asked("/containers/json", 1);
    assert_eq!(engine.requests(), Vec::<String>::new());
    assert_eq!(news.0.try_iter().count(), 0);
}

#[test]
fn an_engine_that_restarts_is_read_anew_and_what_it_said_is_kept() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &[DOCKER[0], DOCKER[1], NONE]);
    let (_follower, news) = News::of(sources);
    assert_eq!(beliefs(&news.next()).len(), 1);
    engine.asked("/events", 1);
    drop(engine);
    let lost = news.next();
    assert_eq!(beliefs(&lost).len(), 0);
    let [Change::Problems { list, .. }] = &lost[..] else { panic!("{lost:?}") };
    let why = "does not answer: it ended the stream of events; trying again";
    assert_eq!((&*list[0].why, list[0].incomplete), (why, false));
    assert_eq!(list[0].what, format!("docker at unix://{}", path.display()));

    let engine = start(&path, &DOCKER);
    let mut back = news.next();
    while beliefs(&back).is_empty() {
        // In between it may have been found missing.
        assert_eq!(problems(&back).len(), 1, "{back:?}");
        back = news.next();
    }
    assert_eq!(beliefs(&back)[0].containers.len(), 6);
    assert!(
        back.iter()
            .any(|change| matches!(change, Change::Problems { list, .. } if list.is_empty()))
    );
    drop(engine);
}

#[test]
fn a_socket_that_appears_is_found_at_once_when_asked_to_look_again() {
    let (root, sources) = host();
    let (follower, news) = News::of(sources);
    let _engine = start(&root.path().join("run/podman/podman.sock"), &PODMAN);
    follower.rescan();
    let changes = news.next();
    let belief = beliefs(&changes)[0];
    assert_eq!(
        (&belief.origin, belief.networks.len()),
        (&"unix:///run/podman/podman.sock".into(), 1)
    );
}

#[test]
fn a_look_reads_all_again() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &[DOCKER[0], DOCKER[1], NONE]);
    let (follower, news) = News::of(sources);
    news.next();
    engine.asked("/containers/json", 2);
    engine.set(DOCKER[2].0, DOCKER[2].1);
    follower.rescan();
    assert_eq!(beliefs(&news.next())[0].containers.len(), 6);
}

#[test]
fn it_ends_when_nobody_listens_and_when_it_is_dropped() {
    let (_root, path, sources) = host_with_named_engine();
    let _engine = start(&path, &DOCKER);
    let (ended, end) = channel::<()>();
    let follower = follow(sources.clone(), move |_| {
        let _ = &ended;
        false
    });
    // The function is dropped with the thread.
    assert!(
        end.recv_timeout(PATIENCE)
            .is_err_and(|error| error != std::sync::mpsc::RecvTimeoutError::Timeout)
    );
    drop(follower);

    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    tokio.block_on(async {
        let (follower, news) = News::of(sources);
        assert_eq!(beliefs(&news.next()).len(), 1);
        drop(follower);
        assert!(news.0.recv().is_err());
    });
}

#[test]
fn a_place_keeps_its_number() {
    let (_root, path, sources) = host_with_named_engine();
    let _engine = start(&path, &DOCKER);
    let source = |changes: &[Change]| match changes {
        [Change::Belief { source, .. }] => *source,
        other => panic!("{other:?}"),
    };
    let asked = source(&ask(&sources, PATIENCE));
    let (_follower, news) = News::of(sources);
    assert_eq!(source(&news.next()), asked);
}

#[test]
fn a_place_with_files_that_is_gone_is_forgotten() {
    let file = |why: &str| networks::Told {
        place: "/etc/cni/net.d".into(),
        belief: Belief {
            engine: Kind::Cni,
            origin: "/etc/cni/net.d".into(),
            user: None,
            home: Home::Host,
            networks: Vec::new(),
            containers: Vec::new(),
        },
        problems: vec![Problem { what: "a file".into(), why: why.into(), incomplete: false }],
    };
    let mut told = Told::default();
    assert!(matches!(
        &told.files(vec![file("a")])[..],
        [Change::Belief { belief: Some(_), .. }, Change::Problems { .. }]
    ));
    assert_eq!(told.files(vec![file("a")]), []);
    assert_eq!(problems(&told.files(vec![file("b")])).len(), 1);
    let gone = told.files(Vec::new());
    let [Change::Problems { list, .. }, Change::Belief { belief: None, .. }] = &gone[..] else {
        panic!("{gone:?}")
    };
    assert_eq!(list, &[]);
    assert_eq!(told.files(Vec::new()), []);
}
