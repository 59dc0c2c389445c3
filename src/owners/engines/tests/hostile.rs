//! Sockets behind which somebody wants the program to hang, to crash or to fill the memory.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::time::Instant;

use super::fake::{Fake, PATIENCE, answer, begin, chunk, request};
use super::*;

/// Why nothing is heard of an engine that deals with its first request in this way.
#[track_caller]
fn why_of(serve: impl Fn(&mut UnixStream) + Send + Sync + 'static) -> String {
    let (_root, path, sources) = host_with_named_engine();
    let _fake = Fake::new(&path, move |mut stream| {
        request(&mut stream);
        serve(&mut stream);
    });
    why(&sources, PATIENCE)
}

#[test]
fn one_that_never_answers_is_not_waited_for() {
    let (_root, path, sources) = host_with_named_engine();
    let (told, connections) = channel();
    let _fake = Fake::new(&path, move |mut stream| {
        told.send(()).expect("the test");
        while request(&mut stream).is_some() {}
    });
    let start = Instant::now();
    assert_eq!(why(&sources, Duration::from_millis(50)), "it gave no answer in time");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(why(&sources, PATIENCE), "it gave no answer within three seconds");
    assert_eq!(connections.try_iter().count(), 2);
}

/// How many bytes an engine got rid of before it was left.
fn written(stream: &mut UnixStream, head: &str, piece: &[u8]) -> usize {
    let _ = stream.write_all(head.as_bytes());
    let mut sum = 0;
    while sum < 1 << 30
        && let Ok(count) = stream.write(piece)
    {
        sum += count;
    }
    sum
}

#[test]
fn an_answer_of_a_gigabyte_is_not_kept() {
    for head in ["Content-Length: 1073741824", "Transfer-Encoding: identity", "Connection: close"] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        let (_root, path, sources) = host_with_named_engine();
        let (told, sums) = channel();
        let _fake = Fake::new(&path, move |mut stream| {
            request(&mut stream);
            told.send(written(&mut stream, &head, &[b' '; 1 << 12])).expect("the test");
        });
        assert_eq!(
            why(&sources, PATIENCE),
            "it answered more than 16384 KiB or 1000000 values of JSON"
        );
        let sum = sums.recv_timeout(PATIENCE).expect("a sum");
        // What is on its way in the socket's buffers comes on top.
        assert!((16 << 20..18 << 20).contains(&sum), "{sum} bytes");
    }
}

#[test]
fn a_short_text_that_makes_many_structures_is_not_kept() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n[";
    for (piece, most) in [("{},", 600 << 10), ("\"\",", 5 << 20)] {
        let (_root, path, sources) = host_with_named_engine();
        let (told, sums) = channel();
        let _fake = Fake::new(&path, move |mut stream| {
            request(&mut stream);
            let piece = piece.repeat(1000);
            told.send(written(&mut stream, head, piece.as_bytes())).expect("the test");
        });
        assert!(why(&sources, PATIENCE).ends_with("or 1000000 values of JSON"));
        let sum = sums.recv_timeout(PATIENCE).expect("a sum");
        assert!(sum < most, "{sum} bytes of {piece}");
    }
}

#[test]
fn what_is_no_http_and_no_json_is_said() {
    let garbage = why_of(|stream| stream.write_all(&[0xff; 512]).expect("garbage"));
    assert_eq!(garbage, "invalid HTTP version parsed");
    let head = why_of(|stream| {
        let _ = written(stream, "HTTP/1.1 200 OK\r\nX: ", &[b'x'; 4096]);
    });
    assert_eq!(head, "message head is too large");
    let json = why_of(|stream| answer(stream, "{\"Components\":\u{1}}").expect("an answer"));
    assert_eq!(json, "its answer can't be understood: expected value at line 1 column 15");
    let other =
        why_of(|stream| answer(stream, r#"{"Components":"\u001b[2J"}"#).expect("an answer"));
    assert!(other.contains("\\u{1b}[2J") && !other.contains('\u{1b}'), "{other}");
    let closed = why_of(|_| {});
    assert_eq!(closed, "connection closed before message completed");
    let midway = why_of(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{").expect("a part");
    });
    assert_eq!(midway, "end of file before message length reached");
    let refused = why_of(|stream| {
        let text = format!("{{\"message\":\"{}\"}}", "no ".repeat(1000));
        let head = "HTTP/1.1 500 Internal Server Error\r\n";
        write!(stream, "{head}Content-Length: {}\r\n\r\n{text}", text.len()).expect("an answer");
    });
    assert!(refused.starts_with("it refused with 500: no no") && refused.len() < 210, "{refused}");
}

#[test]
fn a_list_that_is_none_leaves_the_source_out_alone() {
    let (_root, path, sources) = host_with_named_engine();
    let _engine = start(&path, &[DOCKER[0], ("/networks", r#"{"a":1}"#), DOCKER[2]]);
    let why = why(&sources, PATIENCE);
    assert!(why.starts_with("its answer can't be understood: invalid type: map"), "{why}");
}

#[test]
fn an_event_without_an_end_is_read_in_parts_only() {
    let (_root, path, sources) = host_with_named_engine();
    let (told, sums) = channel();
    let _fake = Fake::new(&path, move |mut stream| {
        while let Some(path) = request(&mut stream) {
            if path == "/events" {
                let _ = begin(&mut stream);
                let piece = "x".repeat(1 << 12);
                let mut sum = 0;
                let _ = chunk(&mut stream, "{\"Action\":\"");
                while chunk(&mut stream, &piece).is_ok() {
                    sum += piece.len();
                }
                let _ = told.send(sum);
                return;
            }
            let document = DOCKER.iter().find(|(of, _)| *of == path).expect("a known path");
            let _ = answer(&mut stream, document.1);
        }
    });
    let (news, changes) = channel();
    let follower = follow(sources, move |changes| news.send(changes).is_ok()).expect("a thread");
    // The first stream is given up, and another one asked for.
    for _ in 0..2 {
        let sum = sums.recv_timeout(PATIENCE).expect("the end of a stream");
        assert!((256 << 10..2 << 20).contains(&sum), "{sum} bytes");
    }
    drop(follower);
    let changes: Vec<Change> = changes.try_iter().flatten().collect();
    assert_eq!((beliefs(&changes).len(), problems(&changes).len()), (1, 0), "{changes:?}");
}
