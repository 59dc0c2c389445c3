//! An engine's socket with somebody else behind it.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long anything may take on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A socket on which every connection is dealt with by the same function, on a thread of its own.
/// When it is dropped, the socket and all connections are gone.
pub(super) struct Fake {
    pub(super) path: PathBuf,
    open: Arc<Mutex<Option<Vec<UnixStream>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    pub(super) fn new(path: &Path, serve: impl Fn(UnixStream) + Send + Sync + 'static) -> Self {
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        let listener = UnixListener::bind(path).expect("a socket");
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let (connections, serve) = (Arc::clone(&open), Arc::new(serve));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut connections = connections.lock().expect("the connections");
                let Some(all) = connections.as_mut() else { return };
                all.push(stream.try_clone().expect("a second descriptor"));
                let serve = Arc::clone(&serve);
                let end = stream.try_clone().expect("a third descriptor");
                thread::spawn(move || {
                    serve(stream);
                    let _ = end.shutdown(Shutdown::Both);
                });
            }
        });
        Self { path: path.to_owned(), open, thread: Some(thread) }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let all = self.open.lock().expect("the connections").take();
        // Whoever waits for a connection has to be woken to see that it is over.
        let _ = UnixStream::connect(&self.path);
        let _ = fs::remove_file(&self.path);
        for stream in all.into_iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The path of the next request on a connection.
pub(super) fn request(stream: &mut UnixStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head of ASCII");
    assert!(head.starts_with("GET ") && head.to_ascii_lowercase().contains("\r\nhost: "), "{head}");
    let target = head.split(' ').nth(1).expect("a target");
    Some(target.split('?').next().expect("a path").to_owned())
}

/// Answers a request with a document.
pub(super) fn answer(stream: &mut UnixStream, json: &str) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n{json}", json.len())
}

/// Answers a request with a body that has no end yet.
pub(super) fn begin(stream: &mut UnixStream) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
}

/// Adds to such a body.
pub(super) fn chunk(stream: &mut UnixStream, text: &str) -> io::Result<()> {
    write!(stream, "{:x}\r\n{text}\r\n", text.len())
}

/// An engine that behaves.
pub(super) struct Engine {
    _fake: Fake,
    state: Arc<Mutex<State>>,
    requests: Receiver<String>,
}

#[derive(Default)]
struct State {
    documents: HashMap<String, String>,
    listeners: Vec<UnixStream>,
}

impl Engine {
    /// Answers with these documents, and tells no events by itself.
    pub(super) fn start(path: &Path, documents: &[(&str, &str)]) -> Self {
        let documents =
            documents.iter().map(|(path, json)| ((*path).to_owned(), (*json).to_owned())).collect();
        let state = Arc::new(Mutex::new(State { documents, listeners: Vec::new() }));
        let (told, requests): (Sender<String>, _) = channel();
        let told = Mutex::new(told);
        let shared = Arc::clone(&state);
        let fake = Fake::new(path, move |mut stream| {
            while let Some(path) = request(&mut stream) {
                let mut state = shared.lock().expect("the state");
                if path == "/events" {
                    // Whoever asked may have left already.
                    let _ = begin(&mut stream);
                    state.listeners.push(stream.try_clone().expect("a second descriptor"));
                }
                // Who has the answer may look at once for what was asked.
                let _ = told.lock().expect("the channel").send(path.clone());
                if path == "/events" {
                    continue;
                }
                if let Some(json) = state.documents.get(&path) {
                    let _ = answer(&mut stream, json);
                } else {
                    let text = r#"{"message":"page not found"}"#;
                    let head = "HTTP/1.1 404 Not Found\r\n";
                    let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{text}", text.len());
                }
            }
        });
        Self { _fake: fake, state, requests }
    }

    /// Answers differently from now on.
    pub(super) fn set(&self, path: &str, json: &str) {
        self.state.lock().expect("the state").documents.insert(path.into(), json.into());
    }

    /// Tells everybody who listens.
    pub(super) fn event(&self, action: &str) {
        let event = format!("{{\"Type\":\"container\",\"Action\":\"{action}\"}}\n");
        for stream in &mut self.state.lock().expect("the state").listeners {
            let _ = chunk(stream, &event);
        }
    }

    /// Waits until so many requests for a path have come since this was called last.
    #[track_caller]
    pub(super) fn asked(&self, path: &str, times: usize) {
        for _ in 0..times {
            while self.requests.recv_timeout(PATIENCE).expect("a request") != path {}
        }
    }

    /// What has been asked for since.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}
