//! HTTP as Proxmox VE's daemon speaks it: what it refuses before any method runs, and how it answers.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::ext::ReasonPhrase;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::auth::Credentials;
use super::endpoints::{self, Outcome};
use super::faults::Effect;
use super::handle::{FakeProxmox, When};
use super::reply::{ApiError, Reply};
use super::request::{self, RawParams, Recorded};
use super::tasks::TaskFault;
use super::world::World;

/// Bodies above this are refused.
const MAX_BODY: usize = 512 * 1024;

/// Uploads above this are: they are held in memory here.
const MAX_UPLOAD: usize = 64 * 1024 * 1024;

const PREFIX: &str = "/api2/json";

pub(super) async fn start(
    world: World,
    address: Option<SocketAddr>,
    auth_delay: Duration,
    token: String,
) -> FakeProxmox {
    let address = address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    let listener = TcpListener::bind(address).await.unwrap_or_else(|e| panic!("cannot listen at {address}: {e}"));
    let address = listener.local_addr().unwrap_or_else(|e| panic!("no address: {e}"));
    let (pve, stop) = FakeProxmox::from_parts(world, auth_delay, format!("http://{address}"), token);
    tokio::spawn(accept(listener, pve.unguarded(), stop));
    pve
}

async fn accept(listener: TcpListener, pve: FakeProxmox, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, pve.clone()));
            },
            Some(_) = connections.join_next() => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
    pve.mark_stopped();
}

async fn serve(stream: TcpStream, pve: FakeProxmox) {
    // Nagle's algorithm would delay the second segment of an answer by tens of milliseconds.
    let _ = stream.set_nodelay(true);
    let mut close = pve.shared.close.subscribe();
    let service = service_fn(move |request| {
        let pve = pve.clone();
        async move { respond(&pve, request.map(Body::new)).await.ok_or(Dropped) }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // An error here is a connection the client closed, or one that a fault dropped.
        _ = connection.as_mut() => return,
        _ = close.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Makes hyper close the connection without an answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// The answer to one request; `None` closes the connection.
pub(super) async fn respond(pve: &FakeProxmox, request: Request<Body>) -> Option<Response<Body>> {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let credentials = credentials(&parts.headers);

    let (reply, recorded) = match path.strip_prefix(PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        None => (outside(&path), None),
        Some(rest) => {
            let segments = request::segments(rest);
            let mut recorded = Recorded {
                method: method.clone(),
                path: format!("/{}", segments.join("/")),
                params: Default::default(),
                user: None,
                status: None,
                reason: String::new(),
                executed: false,
            };
            let read = read_params(&method, &segments, parts.uri.query(), &parts.headers, body).await;
            let reply = match read {
                Err(error) => Some(error.into()),
                Ok(params) => {
                    recorded.params = request::recorded_params(&params);
                    answer(pve, &segments, &credentials, &params, &mut recorded).await
                }
            };
            let Some(reply) = reply else {
                pve.record(recorded);
                return None;
            };
            if reply.status == 401 {
                tokio::time::sleep(pve.shared.auth_delay).await;
            }
            (reply, Some(recorded))
        }
    };
    if let Some(mut recorded) = recorded {
        recorded.status = Some(reply.status);
        recorded.reason.clone_from(&reply.reason);
        pve.record(recorded);
    }
    Some(http(reply))
}

/// Faults, hooks, authentication and the method itself.
async fn answer(
    pve: &FakeProxmox,
    segments: &[String],
    credentials: &Credentials,
    params: &RawParams,
    recorded: &mut Recorded,
) -> Option<Reply> {
    let mut task_fault: Option<TaskFault> = None;
    let mut instead: Option<Option<Reply>> = None;
    pve.run_hooks(When::Before, recorded);
    for effect in pve.strike(&recorded.method, &recorded.path) {
        match effect {
            Effect::Delay(time) => tokio::time::sleep(time).await,
            Effect::Answer(reply) => return Some(reply),
            Effect::DropBefore => return None,
            Effect::DropAfter => instead = Some(None),
            Effect::AnswerAfter(reply) => instead = Some(Some(reply)),
            Effect::Task(fault) => task_fault = Some(fault),
        }
    }
    let reply = loop {
        let outcome = {
            let mut world = pve.world();
            endpoints::dispatch(&mut world, segments, credentials, params, &task_fault, recorded)
        };
        match outcome {
            Outcome::Done(reply) => break reply,
            Outcome::WaitUntil(instant) => tokio::time::sleep_until(instant).await,
        }
    };
    recorded.status = Some(reply.status);
    recorded.reason.clone_from(&reply.reason);
    pve.run_hooks(When::After, recorded);
    recorded.status = None;
    recorded.reason.clear();
    match instead {
        None => Some(reply),
        Some(other) => other,
    }
}

fn credentials(headers: &HeaderMap) -> Credentials {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    Credentials { authorization: text("authorization"), cookie: text("cookie"), csrf: text("csrfpreventiontoken") }
}

/// Query and body together, or what the daemon says before it looks at the path.
async fn read_params(
    method: &str,
    path: &[String],
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<RawParams, ApiError> {
    if !matches!(method, "GET" | "POST" | "PUT" | "DELETE") {
        return Err(ApiError::Bare(501, format!("method '{method}' not available")));
    }
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(ApiError::Text(501, "chunked transfer encoding not supported".into()));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok())
        .unwrap_or_default();
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=");
    let boundary = boundary.filter(|_| method == "POST" && path.last().is_some_and(|last| last == "upload"));
    let most = if boundary.is_some() { MAX_UPLOAD } else { MAX_BODY };
    if length > most {
        return Err(ApiError::Text(501, "for data too large".into()));
    }
    if length > 0 && matches!(method, "GET" | "DELETE") {
        return Err(ApiError::Text(501, format!("Unexpected content for method '{method}'")));
    }
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = to_bytes(body, most).await.map_err(|_| ApiError::Text(501, "for data too large".into()))?;
    let mut params = RawParams::new();
    request::add_form(&mut params, query.unwrap_or_default());
    if let Some(boundary) = boundary {
        request::add_parts(&mut params, boundary, &body);
        return Ok(params);
    }
    match media.as_str() {
        "application/json" if matches!(method, "POST" | "PUT") => request::add_json(&mut params, &body)?,
        "" | "application/x-www-form-urlencoded" | "application/json" => {
            request::add_form(&mut params, &String::from_utf8_lossy(&body));
        }
        _ => {
            return Err(ApiError::Text(506, format!("upload 'Content-Type '{content_type}' not implemented")));
        }
    }
    Ok(params)
}

/// What paths outside of `/api2/json` answer.
fn outside(path: &str) -> Reply {
    let error = match path.strip_prefix("/api2/").and_then(|rest| rest.split_once('/')) {
        Some((format, rest)) => ApiError::Text(501, format!("no formatter for uri /{rest}, {format}")),
        None => ApiError::Text(500, format!("no such file '{path}'")),
    };
    error.into()
}

fn http(reply: Reply) -> Response<Body> {
    let mut response = Response::new(match &reply.body {
        Some((text, _)) => Body::from(text.clone()),
        None => Body::empty(),
    });
    // 595 and 596 are outside of what HTTP knows and inside of what the type allows.
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(reason) = ReasonPhrase::try_from(reply.reason.into_bytes()) {
        response.extensions_mut().insert(reason);
    }
    let headers = response.headers_mut();
    if let Some((_, content_type)) = reply.body {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    headers.insert(header::SERVER, HeaderValue::from_static("pve-api-daemon/3.0"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=0"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    if reply.status >= 400 {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
