//! Tests of single requests against servers in process.
#![allow(clippy::unwrap_used)]

mod endpoints;
mod failures;
mod foreign;
mod idle;
mod proxies;
mod raw_server;
mod requests;
mod secrets;
mod tasks;
mod tickets;
mod tls;

use std::time::Duration;

use api_transport::proxy::Proxies;
use api_transport::{SetUp, Trust};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{Client, QemuHandle};
use crate::types::{NodeName, Upid, Vmid};

const TOKEN: &str = "automation@pve!netbox=11111111-2222-3333-4444-555555555555";
const UPID: &str = "UPID:pve:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam!lab:";

fn client(server: &MockServer) -> Client {
    client_at(&server.uri())
}

fn client_at(url: &str) -> Client {
    Client::builder(url).token(TOKEN).build().unwrap()
}

/// An HTTP client that somebody brings along, who keeps connections for this long.
fn own_client(idle: Duration) -> reqwest::Client {
    let (trust, proxies, connect) = (&Trust::System, Proxies::default(), Duration::from_secs(5));
    SetUp { trust, encrypted: false, proxies, connect, idle, user_agent: "test" }.client().unwrap()
}

fn upid() -> Upid {
    UPID.parse().unwrap()
}

fn node() -> NodeName {
    "pve".parse().unwrap()
}

fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

fn qemu(client: &Client) -> QemuHandle {
    client.node(&node()).qemu(vmid(101))
}

/// A server that gives this answer to everything.
async fn answering(status: u16, body: Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&server).await;
    server
}

async fn answering_data(data: Value) -> MockServer {
    answering(200, json!({ "data": data })).await
}

/// The only request the server got.
async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}
