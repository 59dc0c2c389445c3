//! An engine's API over one bounded connection.
//!
//! bollard makes the requests and knows the answers; what it lacks, which is Podman's own API, is
//! asked for over the same connection. One request is under way at a time, and none waits for ever.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptionsBuilder, ListContainersOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use futures_util::Stream;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Request, Response};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::connection::{Fault, Limit, Peer, connect};
use super::lenient::{self, List};
use super::place::{Address, Place};
use crate::model::text::{printable, shorten};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest reason that is passed on, in columns.
const LONGEST_REASON: usize = 200;

/// Why an engine could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The reason, in printable characters.
    pub(super) why: String,
    /// Whether nobody listens there.
    pub(super) absent: bool,
}

impl Failure {
    /// A failure of an engine that is there.
    pub(super) fn new(why: &str) -> Self {
        Self {
            why: shorten(&printable(why.as_bytes()), LONGEST_REASON, "…").into(), absent: false
        }
    }

    fn of_connecting(error: &io::Error) -> Self {
        use io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied, WouldBlock};

        let absent = matches!(error.kind(), ConnectionRefused | NotFound);
        let failure = match error.kind() {
            NotFound => Self::new("there is no such socket (is the engine running?)"),
            ConnectionRefused => Self::new("nobody listens there (is the engine running?)"),
            PermissionDenied => Self::new(
                "permission denied; be root (without --read-only where the socket is a user's), or \
                 in the socket's group",
            ),
            WouldBlock => Self::new("too many others wait for it already"),
            _ => Self::new(&error.to_string()),
        };
        Self { absent, ..failure }
    }
}

/// A connection to an engine.
pub(super) struct Api {
    docker: Docker,
    line: Arc<Line>,
    fault: Fault,
    connection: AbortHandle,
    /// Who listens, where the socket tells.
    pub(super) peer: Option<Peer>,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// What sends requests, one after the other.
struct Line {
    sender: Mutex<SendRequest<String>>,
    host: String,
}

impl Line {
    /// Sends a request without a body; that is all that looking takes.
    async fn send(&self, path: &str) -> Result<Response<Incoming>, Error> {
        let request = Request::get(path).header(HOST, &self.host).body(String::new())?;
        let mut sender = self.sender.lock().await;
        sender.ready().await?;
        let response = sender.send_request(request);
        drop(sender);
        Ok(response.await?)
    }
}

impl Api {
    /// Connects to an engine.
    pub(super) async fn connect(place: &Place, limit: Limit) -> Result<Self, Failure> {
        let connected = timeout(PATIENCE, connect(place, limit)).await;
        let (stream, peer, fault) = connected
            .map_err(|_| Failure::new("it can't be reached within three seconds"))?
            .map_err(|error| Failure::of_connecting(&error))?;
        let (sender, connection) =
            handshake(stream).await.map_err(|error| Failure::new(&error.to_string()))?;
        let connection = tokio::spawn(async {
            // Its end is seen by whoever waits for an answer.
            let _ = connection.await;
        });
        let host = match &place.address {
            Address::Tcp(host) => host.clone(),
            Address::Unix(_) | Address::Below(_) => "localhost".into(),
        };
        let line = Arc::new(Line { sender: Mutex::new(sender), host });
        let transport = Arc::clone(&line);
        let docker = Docker::connect_with_custom_transport(
            move |request: BollardRequest| {
                let line = Arc::clone(&transport);
                // bollard asks without a version of the API in the path, which is then the engine's.
                let path = request.uri().path_and_query().map(ToString::to_string);
                async move { line.send(path.as_deref().unwrap_or("/")).await }
            },
            Some("http://localhost"),
            PATIENCE.as_secs(),
            API_DEFAULT_VERSION,
        );
        let connection = connection.abort_handle();
        let docker = docker.map_err(|error| Failure::new(&error.to_string()))?;
        Ok(Self { docker, line, fault, connection, peer })
    }

    /// Whether the connection was given up because it brought more than it may.
    pub(super) fn is_full(&self) -> bool {
        self.fault.get().is_some()
    }

    /// What is at the other end (`GET /version`): the names of its parts.
    pub(super) async fn components(&self) -> Result<Vec<String>, Failure> {
        let version = self.answer(self.docker.version()).await?;
        Ok(version.components.into_iter().flatten().map(|component| component.name).collect())
    }

    /// All networks (`GET /networks`).
    pub(super) async fn networks(&self) -> Result<List<bollard::models::Network>, Failure> {
        self.list(self.docker.list_networks(None)).await
    }

    /// All containers, running or not (`GET /containers/json?all=true`).
    pub(super) async fn containers(
        &self,
    ) -> Result<List<bollard::models::ContainerSummary>, Failure> {
        let options = ListContainersOptionsBuilder::default().all(true).build();
        self.list(self.docker.list_containers(Some(options))).await
    }

    /// The networks as Podman itself describes them.
    pub(super) async fn libpod_networks(&self) -> Result<List<super::libpod::Network>, Failure> {
        let json = self.answer(self.get("/v4.0.0/libpod/networks/json")).await?;
        lenient::list(&json).map_err(|error| Failure::new(&misunderstood(&error.to_string())))
    }

    /// What happens to networks and containers from now on.
    pub(super) fn events(&self) -> impl Stream<Item = Result<EventMessage, Error>> + use<> {
        let filters = [("type", vec!["container", "network"])].into();
        self.docker.events(Some(EventsOptionsBuilder::default().filters(&filters).build()))
    }

    /// What an error of the stream of events means.
    pub(super) fn failure(&self, error: &Error) -> Failure {
        self.fault.get().map_or_else(|| Failure::new(&reason(error)), |why| Failure::new(why))
    }

    async fn list<T: serde::de::DeserializeOwned>(
        &self,
        list: impl Future<Output = Result<Vec<T>, Error>>,
    ) -> Result<List<T>, Failure> {
        // An error of bollard's is about the whole list, with what was answered in it.
        let list = self.answer(async {
            match list.await {
                Ok(items) => Ok(List { items, left_out: 0 }),
                Err(error) => match &error {
                    Error::JsonDataError { contents, .. } => {
                        lenient::list(contents.as_bytes()).map_err(|_| error)
                    }
                    _ => Err(error),
                },
            }
        });
        list.await
    }

    async fn answer<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        let answer = timeout(PATIENCE, answer).await.unwrap_or(Err(Error::RequestTimeoutError));
        answer.map_err(|error| self.failure(&error))
    }

    /// The body of an answer; its size is bounded by that of the connection.
    async fn get(&self, path: &str) -> Result<Vec<u8>, Error> {
        let response = self.line.send(path).await?;
        let status_code = response.status().as_u16();
        let mut body = pin!(response.into_body());
        let mut content = Vec::new();
        while let Some(frame) = poll_fn(|cx| Pin::as_mut(&mut body).poll_frame(cx)).await {
            content.extend(frame?.into_data().unwrap_or_default());
        }
        if status_code != 200 {
            let message = String::from_utf8_lossy(&content).into_owned();
            return Err(Error::DockerResponseServerError { status_code, message });
        }
        Ok(content)
    }
}

fn misunderstood(why: &str) -> String {
    format!("its answer can't be understood: {why}")
}

/// What went wrong, in words that say more than the outermost of a chain of errors.
fn reason(error: &Error) -> String {
    match error {
        Error::RequestTimeoutError => "it gave no answer within three seconds".into(),
        Error::DockerResponseServerError { status_code, message } => {
            format!("it refused with {status_code}: {}", message.trim())
        }
        Error::JsonDataError { message, .. } => misunderstood(message),
        Error::JsonSerdeError { err } => misunderstood(&err.to_string()),
        error => {
            let mut why = error.to_string();
            let mut source = error.source();
            while let Some(error) = source {
                why = error.to_string();
                source = error.source();
            }
            why
        }
    }
}
