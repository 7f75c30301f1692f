//! The two things that run: the HTTP server, and the worker that sends deliveries one at a time.
//!
//! Both live on a thread of their own, so that a test may be synchronous, or stop its runtime's clock.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use super::FakeNetBox;
use super::answer::Answer;
use super::delivery::Attempt;
use super::faults::{Effect, strike};
use super::request::{Identity, Received, Request, Way};
use super::send::send;
use super::state::{Job, State};

/// What the handle, the server and the worker share.
pub(super) struct Shared {
    state: Mutex<State>,
    wake: Notify,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self { state: Mutex::new(state), wake: Notify::new() }
    }

    /// A test that panicked elsewhere does not make this NetBox unusable.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Executes a request; its deliveries leave after the answer.
    pub(super) fn execute(&self, request: &Request) -> Answer {
        let answer = self.lock().answer(request);
        self.wake();
        answer
    }

    /// Tells the worker that something may be in the queue.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Stops the thread when the last handle is gone.
#[derive(Debug)]
pub(super) struct Guard {
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// Starts the thread.
pub(super) fn start(shared: Arc<Shared>, listener: TcpListener) -> std::io::Result<Guard> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = oneshot::channel();
    std::thread::Builder::new().name("netbox".to_owned()).spawn(move || {
        runtime.block_on(async move {
            tokio::spawn(work(Arc::clone(&shared)));
            tokio::select! {
                () = serve(shared, listener) => {}
                _ = stopped => {}
            }
        });
    })?;
    Ok(Guard { stop: Some(stop) })
}

async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service =
                service_fn(move |request: HttpRequest<Incoming>| handle(Arc::clone(&shared), request.map(Body::new)));
            // An error is a client that went away, or a connection we were told to drop.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The connection is to be dropped.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("dropped")
    }
}

impl std::error::Error for Dropped {}

pub(super) async fn handle(shared: Arc<Shared>, http: HttpRequest<Body>) -> Result<Response<Body>, Dropped> {
    let (parts, incoming) = http.into_parts();
    let body = to_bytes(incoming, usize::MAX).await.map_err(|_| Dropped)?.to_vec();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect::<Vec<_>>();
    let received = Received {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.clone(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        status: None,
        request_id: String::new(),
    };
    let request = Request {
        method: received.method.clone(),
        path: received.path.clone(),
        query: url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect(),
        headers,
        body,
        identity: Identity::Header,
        way: Way::Plain,
    };
    let (index, effect, hook) = {
        let mut state = shared.lock();
        state.received.push(received.clone());
        (state.received.len() - 1, strike(&mut state.faults, &request.method, &request.path), state.hook.clone())
    };
    if let Some(hook) = hook {
        hook(&FakeNetBox::without_guard(Arc::clone(&shared)), &received);
    }
    let answer = match effect {
        Some(Effect::DropBefore) => return Err(Dropped),
        Some(Effect::Answer(answer)) => answer,
        Some(Effect::Delay(time)) => {
            tokio::time::sleep(time).await;
            shared.execute(&request)
        }
        Some(Effect::DropAfter) => {
            let answer = shared.execute(&request);
            note(&shared, index, None, &answer);
            return Err(Dropped);
        }
        Some(Effect::AnswerAfter(instead)) => {
            let answer = shared.execute(&request);
            note(&shared, index, Some(instead.status), &answer);
            return Ok(respond(&request.method, &instead));
        }
        None => shared.execute(&request),
    };
    note(&shared, index, Some(answer.status), &answer);
    Ok(respond(&request.method, &answer))
}

fn note(shared: &Shared, index: usize, status: Option<u16>, executed: &Answer) {
    if let Some(received) = shared.lock().received.get_mut(index) {
        received.status = status;
        received.request_id = executed.header("X-Request-ID").unwrap_or_default().to_owned();
    }
}

fn respond(method: &str, answer: &Answer) -> Response<Body> {
    let body = answer.bytes();
    let mut response = Response::builder().status(answer.status);
    if !body.is_empty() {
        response = response.header("Content-Type", answer.content_type());
    }
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let body = if method == "HEAD" { Body::empty() } else { Body::from(body) };
    response.body(body).unwrap_or_else(|_: axum::http::Error| Response::new(Body::empty()))
}

/// Sends what is queued, one at a time: the next waits until the receiver has answered, as with one worker of NetBox's.
async fn work(shared: Arc<Shared>) {
    loop {
        let next = {
            let mut state = shared.lock();
            let pause = state.settings.latency + state.mode.delay;
            state.queue.pop_front().map(|job| (job, pause))
        };
        match next {
            None => shared.wake.notified().await,
            Some((job, pause)) => {
                carry_out(&shared, job, pause).await;
                shared.lock().pending.send_modify(|pending| *pending = pending.saturating_sub(1));
            }
        }
    }
}

async fn carry_out(shared: &Shared, job: Job, pause: Duration) {
    let Some(delivery) = shared.lock().deliveries.get(job.number).cloned() else { return };
    tokio::time::sleep(pause).await;
    let attempt = send(&delivery).await;
    let status = match &attempt {
        Attempt::Answered(status) => Some(*status),
        Attempt::Failed(_) => None,
    };
    if let Some(delivery) = shared.lock().deliveries.get_mut(job.number) {
        delivery.attempts.push(attempt);
    }
    if let Some(done) = job.done {
        let _ = done.send(status);
    }
}
