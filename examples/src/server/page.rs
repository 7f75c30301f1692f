//! `GET /`: how the server is, for people; as JSON for `netbox-proxmox status`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use netbox_proxmox_core::live::status::{Status, ago};

use super::{ServerState, health};

/// No script, nothing from elsewhere, in no frame.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "body{font:16px/1.5 sans-serif;margin:2em auto;max-width:72em;padding:0 1em}\
    table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25em 1em .25em 0}\
    .newest td{border-top:1px solid #ccc}.failure{color:#b00}.warning{color:#960}";

/// The page, or the same as JSON where that is asked for.
pub(super) async fn page(State(state): State<Arc<ServerState>>, headers: HeaderMap) -> Response {
    let status = match status(&state).await {
        Ok(status) => status,
        Err(error) => {
            let text = format!("the inbox cannot be read: {error}");
            return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
        }
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let mut response = match accept.contains("application/json") {
        true => Json(status).into_response(),
        false => Html(render(&status).into_string()).into_response(),
    };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

async fn status(state: &ServerState) -> Result<Status, netbox_proxmox_core::live::InboxError> {
    let mut status = state.board.status();
    status.reasons = health::reasons(state).await;
    status.ready = status.reasons.is_empty();
    status.read(&state.inbox).await?;
    Ok(status)
}

fn render(status: &Status) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="30";
                title { "NetBox to Proxmox VE: " (if status.ready { "ready" } else { "not ready" }) }
                style { (STYLE) }
            }
            body {
                h1 { "NetBox to Proxmox VE" }
                table {
                    @for (name, value) in status.facts() {
                        tr { th scope="row" { (name) } td { (value) } }
                    }
                }
                @if !status.troubles.is_empty() {
                    h2 { "What is not as it should be" }
                    ul {
                        @for trouble in &status.troubles {
                            li class=(trouble.verdict.as_str()) { (trouble.verdict.as_str()) ": " (trouble.text) }
                        }
                    }
                }
                h2 { "Newest events" }
                @if status.newest.is_empty() {
                    p { "None yet." }
                } @else {
                    table class="newest" {
                        tr { th { "received" } th { "state" } th { "guest" } th { "what" } th { "reason" } }
                        @for event in &status.newest {
                            tr {
                                td { (ago(event.received)) }
                                td { (event.state) }
                                td { (event.guest) " (record " (event.record) ")" }
                                td { (event.what) }
                                td { (event.reason.as_deref().unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netbox_proxmox_core::live::status::Recent;

    #[test]
    fn what_people_wrote_in_netbox_is_text_on_the_page() {
        let guest = "<script>alert(1)</script>\"&".to_owned();
        let status = Status { newest: vec![Recent { guest, ..Recent::default() }], ..Status::default() };
        let page = render(&status).into_string();
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}
