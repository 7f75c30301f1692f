//! `POST /webhook`: refused without a signature before its body is read; bounded, verified over the raw bytes, read, stored;
//! answered before anything is done about it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use netbox_api::signature;
use netbox_proxmox_core::NotAnEvent;
use netbox_proxmox_core::live::NewEvent;
use secrecy::ExposeSecret;
use serde_json::json;

use super::ServerState;
use super::connections::Place;
use crate::delivery;

/// How long a sender may take for its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// When NetBox may try again what could not be stored, in seconds.
const AGAIN: &str = "10";

/// What a delivery is answered.
enum Reply {
    Accepted,
    Duplicate,
    Ignored(String),
    TooLarge(usize),
    Unreadable(String),
    Unsigned(signature::SignatureError),
    Invalid(delivery::NotADelivery),
    Busy,
    NotStored,
}

/// Receives a delivery.
pub(super) async fn webhook(State(state): State<Arc<ServerState>>, request: Request) -> Response {
    let reply = receive(&state, request).await;
    state.metrics.delivery(reply.name());
    reply.into_response()
}

async fn receive(state: &ServerState, request: Request) -> Reply {
    let (head, body) = request.into_parts();
    let signature = head.headers.get(signature::HEADER).map(|header| header.as_bytes());
    // Nobody who cannot sign makes us hold what he sends.
    if let Err(why) = signature::check_form(signature) {
        return refused(why);
    }
    let (limit, announced) = (state.receiver.body_limit, announced(&head.headers));
    if announced.is_some_and(|length| length > limit) {
        return Reply::TooLarge(limit);
    }
    let Some(_room) = state.in_flight.room(announced).await else { return Reply::Busy };
    let body = match read(body, limit).await {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    if let Some(place) = head.extensions.get::<Place>() {
        place.works(true);
    }
    let secrets = state.receiver.secrets.iter().map(|secret| secret.expose_secret());
    if let Err(why) = signature::verify_any(secrets, &body, signature) {
        return refused(why);
    }
    let delivery = match delivery::read(&body) {
        Ok(delivery) => delivery,
        Err(why) => {
            // The reason may quote the body, which is not for the log.
            tracing::warn!(field = %why.path, "a signed delivery cannot be read");
            return Reply::Invalid(why);
        }
    };
    let events = match NewEvent::from_delivery(&delivery, &state.fields) {
        Ok(events) => events,
        Err(why) => {
            tracing::debug!(delivery = %delivery.key(), %why, "ignored");
            if matches!(why, NotAnEvent::Branch(_)) {
                state.heard_of_a_branch();
            }
            return Reply::Ignored(why.to_string());
        }
    };
    match state.accept(&events).await {
        Ok(new) => {
            let any = new.contains(&true);
            for event in &events {
                let change = &event.change;
                tracing::info!(guest = %change.name, record = %change.record, delivery = %delivery.key(), new = any, "received");
            }
            if any { Reply::Accepted } else { Reply::Duplicate }
        }
        Err(error) => {
            tracing::error!(%error, delivery = %delivery.key(), "a delivery cannot be stored");
            Reply::NotStored
        }
    }
}

fn refused(why: signature::SignatureError) -> Reply {
    tracing::warn!(%why, "a delivery is refused");
    Reply::Unsigned(why)
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok())
}

async fn read(body: Body, limit: usize) -> Result<axum::body::Bytes, Reply> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, limit)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_limit(&error) => Err(Reply::TooLarge(limit)),
        Ok(Err(error)) => Err(Reply::Unreadable(error.to_string())),
        Err(_) => Err(Reply::Unreadable("the body did not come in time".to_owned())),
    }
}

fn is_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string().contains("length limit"))
}

impl Reply {
    fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Ignored(_) => "ignored",
            Self::TooLarge(_) => "too-large",
            Self::Unreadable(_) | Self::Invalid(_) => "invalid",
            Self::Unsigned(_) => "unsigned",
            Self::Busy => "busy",
            Self::NotStored => "not-stored",
        }
    }

    fn into_response(self) -> Response {
        let status = self.name();
        match self {
            Self::Accepted | Self::Duplicate => (StatusCode::ACCEPTED, Json(json!({"status": status}))).into_response(),
            Self::Ignored(reason) => {
                (StatusCode::ACCEPTED, Json(json!({"status": status, "reason": reason}))).into_response()
            }
            Self::TooLarge(limit) => {
                let reason = format!("the body is longer than {limit} bytes (NETBOX_PROXMOX_BODY_LIMIT)");
                (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({"status": status, "reason": reason}))).into_response()
            }
            Self::Unreadable(reason) => {
                (StatusCode::BAD_REQUEST, Json(json!({"status": status, "reason": reason}))).into_response()
            }
            Self::Unsigned(why) => {
                let reason = why.to_string();
                (StatusCode::UNAUTHORIZED, Json(json!({"status": status, "reason": reason}))).into_response()
            }
            Self::Invalid(why) => {
                let answer = json!({"status": status, "path": why.path, "reason": why.reason});
                (StatusCode::BAD_REQUEST, Json(answer)).into_response()
            }
            Self::Busy => {
                let answer = json!({"status": status, "reason": "too much is being received; send it again"});
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN)], Json(answer)).into_response()
            }
            Self::NotStored => {
                let answer = json!({"status": status, "reason": "the event could not be stored; send it again"});
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN)], Json(answer)).into_response()
            }
        }
    }
}
