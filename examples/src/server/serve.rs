//! The connections that deliveries come over: so many, each with a time limit for what its sender has to send.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::ServerState;
use super::connections::{Connections, Place};

/// How long the head of a request may take, from the connection or from the request before.
const HEAD: Duration = Duration::from_secs(10);

/// How much of what came and was not taken yet is kept for a connection, in bytes.
const BUFFER: usize = 64 << 10;

/// How long it is waited after a connection could not be accepted, as there are too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves the routes of a server until told to stop; then accepts no more connections, and answers what has come on those
/// there are.
pub async fn serve(listener: TcpListener, state: Arc<ServerState>, stop: impl Future<Output = ()>) {
    let (router, connections, graceful) = (super::router(state), Connections::default(), GracefulShutdown::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_peer(&error) {
                    tracing::error!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
                continue;
            }
        };
        let Some(place) = connections.admit(peer.ip().to_canonical()) else {
            tracing::warn!(%peer, "a connection is refused: there are too many");
            continue;
        };
        let connection = graceful.watch(connection(stream, router.clone(), place.clone()));
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "a connection ended");
                },
                () = place.lost() => tracing::debug!(%peer, "a connection was closed for another one"),
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// What answers the requests of one connection.
trait Answering: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send {}
impl<S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Send> Answering for S {}

fn connection(
    stream: TcpStream,
    router: Router,
    place: Place,
) -> http1::Connection<TokioIo<TcpStream>, impl Answering> {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        // What has no body came whole.
        place.works(request.body().is_end_stream());
        request.extensions_mut().insert(place.clone());
        let (answer, place) = (router.call(request), place.clone());
        async move {
            let answer = answer.await;
            place.works(false);
            answer
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    http.serve_connection(TokioIo::new(stream), service)
}

/// Whether an error is that of one connection, which went before it was accepted.
fn is_of_peer(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
