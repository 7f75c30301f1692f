//! What the clients make of answers: over a transport in memory that gives the text.

use std::sync::{Arc, Mutex, PoisonError};

use api_transport::{Body, Sending, Transport};
use http::{Request, Response};
use netbox_api::VirtualMachine;
use netbox_api::client::VirtualMachineFilter;

use super::{Checked, Understood};

/// What no error may show.
const TOKEN: &str = "bridge@pve!lab=6f1d2c3b-0000-4000-8000-1234567890ab";
const NETBOX_TOKEN: &str = "nbt_abcdefghijkl.0123456789abcdef0123456789abcdef01234567";

/// Answers everything with one text, and remembers where it was asked.
#[derive(Clone)]
struct Answers {
    status: u16,
    text: Arc<Vec<u8>>,
    asked: Arc<Mutex<Vec<http::Uri>>>,
}

impl Answers {
    fn new(status: u16, text: Vec<u8>) -> Self {
        Self { status, text: Arc::new(text), asked: Arc::default() }
    }

    fn asked(&self) -> Vec<http::Uri> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for Answers {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(request.uri().clone());
        // A list without an end is none.
        let text =
            if asked.len() < 4 { self.text.to_vec() } else { br#"{"count":0,"next":null,"results":[]}"#.to_vec() };
        let answer =
            Response::builder().status(self.status).header("content-type", "application/json").body(Body::from(text));
        Box::pin(async move { Ok(answer.expect("a response")) })
    }
}

fn wait<T>(what: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(what))
}

/// Whatever Proxmox refuses with, what is told is a line or two, and no secret.
pub(super) fn proxmox_errors(text: &[u8]) -> Checked {
    let mut understood = Understood::No;
    for status in [400, 401, 500, 501, 596] {
        let client = proxmox_api::Client::builder("https://proxmox.example:8006").token(TOKEN);
        let client = client.transport(Answers::new(status, text.to_vec())).build().expect("a client");
        let Err(error) = wait(client.version()) else { return Err(format!("{status} is no error")) };
        let told = format!("{error} {error:?}");
        if told.contains("6f1d2c3b") {
            return Err(format!("the token is told: {told}"));
        }
        let line = error.to_string();
        if line.len() > 4_096 || line.contains('\0') {
            return Err(format!("{} bytes are told: {line:?}", line.len()));
        }
        if status == 500 && error.is_not_found() {
            understood = Understood::Yes;
        }
    }
    Ok(understood)
}

/// Wherever the next page is said to be, it is asked for where NetBox is: the token goes nowhere else.
pub(super) fn next_links(text: &[u8]) -> Checked {
    let Ok(link) = std::str::from_utf8(text) else { return Ok(Understood::No) };
    let page = serde_json::json!({"count": 2, "next": link, "previous": null, "results": []});
    let answers = Answers::new(200, page.to_string().into_bytes());
    let client =
        netbox_api::Client::builder("http://netbox.example").token(NETBOX_TOKEN.into()).transport(answers.clone());
    let client = client.build().expect("a client");
    let listed: Result<Vec<VirtualMachine>, _> = wait(client.virtual_machines().all(&VirtualMachineFilter::default()));
    let asked = answers.asked();
    for uri in &asked {
        if uri.host() != Some("netbox.example")
            || uri.scheme_str() != Some("http")
            || !matches!(uri.port_u16(), None | Some(80))
        {
            return Err(format!("it asked {uri}"));
        }
    }
    if let Err(error) = &listed
        && format!("{error} {error:?}").contains("0123456789abcdef0123")
    {
        return Err(format!("the token is told: {error:?}"));
    }
    Ok(if asked.len() > 1 { Understood::Yes } else { Understood::No })
}
