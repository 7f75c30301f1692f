//! What an operator is told of a connection that cannot be made, and that one transport serves both clients.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Mutex};

use netbox_api::client::transport::{Body, Sending, Transport};
use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::Failure;
use netbox_proxmox_core::live::advice;
use proxmox_api::testing::FakeProxmox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers every request with these bytes.
async fn answering(bytes: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
        }
    });
    address
}

/// What both clients say of a server, each with the advice on its error; which is told wherever a plan fails of it, too.
async fn said_of(address: &str) -> [(String, Option<String>); 2] {
    let netbox = netbox_api::Client::builder(format!("http://{address}")).build().unwrap();
    let proxmox = proxmox_api::Client::builder(format!("http://{address}")).token("root@pam!x=secret").build().unwrap();
    let (netbox, proxmox) = (netbox.status().await.unwrap_err(), proxmox.version().await.unwrap_err());
    let said = [(netbox.to_string(), advice::on_netbox(&netbox)), (proxmox.to_string(), advice::on_proxmox(&proxmox))];
    for (failure, (_, advice)) in [Failure::from(netbox), Failure::from(proxmox)].iter().zip(&said) {
        assert!(failure.why.ends_with(advice.as_deref().unwrap_or_default()), "{}", failure.why);
    }
    said
}

#[tokio::test]
async fn another_service_asks_for_the_address() {
    for answer in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>",
        "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
    ] {
        let address = answering(answer).await;
        for ((text, advice), expected) in
            said_of(&address).await.into_iter().zip(["NETBOX_URL sets it.", "PROXMOX_URL sets it."])
        {
            assert!(text.contains(&address), "{text}");
            assert_eq!(advice.as_deref(), Some(expected), "{text}");
        }
    }
    let refused = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(said_of(&answering(refused).await).await.map(|(_, advice)| advice), [None, None]);
}

/// Carries what each client sends into the fake that its host names; notes the paths.
#[derive(Clone)]
struct Both {
    netbox: netbox_api::testing::InProcess,
    proxmox: proxmox_api::testing::InProcess,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Transport for Both {
    fn send(&self, request: http::Request<Body>) -> Sending<'_> {
        self.asked.lock().unwrap().push(request.uri().path().to_owned());
        match request.uri().host() {
            Some("netbox.invalid") => self.netbox.send(request),
            _ => self.proxmox.send(request),
        }
    }
}

#[tokio::test]
async fn one_transport_serves_both_clients() {
    let netbox = FakeNetBox::builder().start().await;
    let proxmox = FakeProxmox::builder().node("pve01").start().await;
    let both = Both { netbox: netbox.transport(), proxmox: proxmox.transport(), asked: Arc::default() };
    let asked = Arc::clone(&both.asked);
    let client = netbox_api::Client::builder("https://netbox.invalid").token(netbox.token().into());
    client.transport(both.clone()).build().unwrap().status().await.unwrap();
    let client = proxmox_api::Client::builder("https://pve01.invalid:8006").token(proxmox.token_string());
    client.transport(both).build().unwrap().version().await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["/api/status/", "/api2/json/version"]);
}
