//! `GET /livez`, `/readyz` and `/metrics`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::{join_all, join3};
use netbox_proxmox_core::live::bridge::now;
use serde_json::json;

use super::ServerState;

/// How long an answer is believed; a bad one not for long, as somebody waits for it to get better.
const BELIEVED: Duration = Duration::from_secs(5);
const BAD_BELIEVED: Duration = Duration::from_millis(500);

/// How long a side may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What stands in the way of working.
#[derive(Debug, Clone)]
pub(super) struct Readiness {
    reasons: Vec<String>,
    at: Instant,
}

impl Readiness {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < if self.reasons.is_empty() { BELIEVED } else { BAD_BELIEVED }
    }
}

/// The process runs.
pub(super) async fn livez() -> Response {
    Json(json!({"status": "alive"})).into_response()
}

/// Deliveries can be stored, both sides be reached, and the guests of every cluster be managed.
pub(super) async fn readyz(State(state): State<Arc<ServerState>>) -> Response {
    let reasons = reasons(&state).await;
    if reasons.is_empty() {
        return Json(json!({"status": "ready"})).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready", "reasons": reasons}))).into_response()
}

/// What stands in the way of working, as it was found a few seconds ago or is now.
pub(super) async fn reasons(state: &ServerState) -> Vec<String> {
    // Held while asking: who comes meanwhile gets the same answer.
    let mut known = state.readiness.lock().await;
    match &*known {
        Some(readiness) if readiness.is_fresh() => readiness.reasons.clone(),
        _ => known.insert(ask(state).await).reasons.clone(),
    }
}

async fn ask(state: &ServerState) -> Readiness {
    let inbox = async { state.inbox.store().due(now(), 1).await.map(drop).map_err(|error| error.to_string()) };
    let netbox = async { state.peers.netbox.status().await.map(drop).map_err(|error| error.to_string()) };
    let proxmox = join_all(state.peers.proxmox.iter().map(|(name, client)| {
        in_time(name, async move { client.version().await.map(drop).map_err(|error| format!("{name}: {error}")) })
    }));
    let (inbox, netbox, proxmox) = join3(in_time("the inbox", inbox), in_time("NetBox", netbox), proxmox).await;
    let reasons = [inbox, netbox].into_iter().chain(proxmox).chain([state.not_begun()]).flatten();
    let reasons = reasons.chain(state.troubles()).chain(state.board.blocking()).collect();
    Readiness { reasons, at: Instant::now() }
}

async fn in_time(who: &str, answer: impl Future<Output = Result<(), String>>) -> Option<String> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(())) => None,
        Ok(Err(why)) => Some(why),
        Err(_) => Some(format!("{who} does not answer within {} s", PATIENCE.as_secs())),
    }
}

/// The figures, in Prometheus's text format.
pub(super) async fn metrics(State(state): State<Arc<ServerState>>) -> Response {
    // What cannot be read keeps its last figure; /readyz says so.
    if let Ok(counts) = state.inbox.store().counts().await {
        state.metrics.events("pending", counts.pending);
        state.metrics.events("parked", counts.parked);
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.metrics.render()).into_response()
}
