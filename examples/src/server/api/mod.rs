//! `POST /api/…`: what the command line does, for a button in NetBox or another program. Without `NETBOX_PROXMOX_API_SECRET` there
//! are no such paths. `docs/api.md` describes what is asked and answered.

mod answers;
pub(super) mod signed;

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use netbox_proxmox_core::live::bridge::now;
use serde::Deserialize;
use serde_json::{Value, json};

use self::answers::answer;
use self::signed::Signed;
use super::ServerState;
use super::connections::Place;
use crate::exit::{Exit, Problem};

/// How many requests are answered at once.
pub(super) const AT_ONCE: usize = 4;

/// How long a body is at most, in bytes, and how long it may take.
const LONGEST: usize = 16 << 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an answer may take. What was begun goes on.
const DEADLINE: Duration = Duration::from_secs(120);

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Plan,
    Apply,
    Adopt,
    Release,
    Compare,
}

impl Ask {
    const ALL: [Self; 5] = [Self::Plan, Self::Apply, Self::Adopt, Self::Release, Self::Compare];

    const fn path(self) -> &'static str {
        match self {
            Self::Plan => "/api/plan",
            Self::Apply => "/api/apply",
            Self::Adopt => "/api/adopt",
            Self::Release => "/api/release",
            Self::Compare => "/api/compare",
        }
    }
}

/// The body of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// NetBox's user, for the log.
    user: String,
    /// A virtual machine in NetBox.
    #[serde(default)]
    vm: Option<Vm>,
    /// To adopt: also a guest of another name.
    #[serde(default)]
    any_name: bool,
}

/// A virtual machine, by its id or its name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Vm {
    Id(u64),
    Name(String),
}

impl Asked {
    /// The virtual machine, as the command line takes it.
    fn vm(&self) -> Result<String, Problem> {
        match &self.vm {
            Some(Vm::Id(id)) => Ok(id.to_string()),
            Some(Vm::Name(name)) if !name.trim().is_empty() => Ok(name.clone()),
            _ => {
                Err(Problem::new(Exit::Usage, "vm is missing: give the id or the name of a virtual machine in NetBox"))
            }
        }
    }
}

/// Adds the paths.
pub(super) fn with_routes(router: Router<Arc<ServerState>>) -> Router<Arc<ServerState>> {
    Ask::ALL.into_iter().fold(router, |router, ask| {
        let answered = move |State(state): State<Arc<ServerState>>, request: Request| answered(state, ask, request);
        router.route(ask.path(), post(answered))
    })
}

async fn answered(state: Arc<ServerState>, ask: Ask, request: Request) -> Response {
    match asked(state, ask, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err((status, error)) => (status, Json(json!({"error": error}))).into_response(),
    }
}

/// A status that is no success, and what went wrong.
type Refusal = (StatusCode, String);

async fn asked(state: Arc<ServerState>, ask: Ask, request: Request) -> Result<Value, Refusal> {
    let (head, body) = request.into_parts();
    let refused = |why: signed::Unsigned| {
        tracing::warn!(path = ask.path(), %why, "a request is refused");
        (StatusCode::UNAUTHORIZED, why.to_string())
    };
    // Nobody who cannot sign makes us hold what he sends.
    let signed = Signed::read(&head.headers, now()).map_err(refused)?;
    let body = tokio::time::timeout(PATIENCE, to_bytes(body, LONGEST)).await;
    let body = match body {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Err((StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {LONGEST} bytes"))),
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the body did not come in time".to_owned())),
    };
    if let Some(place) = head.extensions.get::<Place>() {
        place.works(true);
    }
    signed.verify(&state.receiver.api_secrets, head.method.as_str(), head.uri.path(), &body).map_err(refused)?;
    match state.inbox.spend(&signed.nonce).await {
        Ok(true) => {}
        Ok(false) => return Err(refused(signed::Unsigned::Again)),
        Err(error) => return Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|why| (StatusCode::BAD_REQUEST, format!("the body is not what is asked for: {why}")))?;
    let busy = || (StatusCode::SERVICE_UNAVAILABLE, format!("{AT_ONCE} requests are being answered: ask again later"));
    let permit = Arc::clone(&state.asking).try_acquire_owned().map_err(|_| busy())?;
    let Some(service) = state.service().cloned() else {
        let waits = state.not_begun().unwrap_or_default();
        return Err((StatusCode::SERVICE_UNAVAILABLE, format!("the server does not work yet: {waits}")));
    };
    tracing::info!(path = ask.path(), user = %asked.user, vm = asked.vm().ok(), "asked through the API");
    let parallel = state.receiver.parallel;
    // Whoever goes away does not leave something half done.
    let answering = tokio::spawn(async move {
        let answer = answer(&service, parallel, ask, &asked).await;
        drop(permit);
        answer
    });
    match tokio::time::timeout(DEADLINE, answering).await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(problem))) => Err((status(problem.exit), problem.text)),
        Ok(Err(error)) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(_) => {
            let why = format!("it takes longer than {} s, and goes on: see the server's log", DEADLINE.as_secs());
            Err((StatusCode::GATEWAY_TIMEOUT, why))
        }
    }
}

/// The exit codes of the command line, in HTTP's words.
fn status(exit: Exit) -> StatusCode {
    match exit {
        Exit::Usage => StatusCode::BAD_REQUEST,
        Exit::NotFound => StatusCode::NOT_FOUND,
        Exit::Conflict => StatusCode::CONFLICT,
        Exit::Unreachable | Exit::Denied => StatusCode::BAD_GATEWAY,
        Exit::Done | Exit::Failed => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
