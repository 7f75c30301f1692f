//! Nothing that the client prints, logs or gives back as an error holds a secret.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

mod sockets;

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use netbox_api::client::*;
use netbox_api::{Client, ClientBuilder};
use serde_json::json;
use tracing::field::{Field as LogField, Visit};
use tracing::span;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "nbt_abcdefghijkl.KNOWN-TOKEN-0123456789";
const WEBHOOK: &str = "KNOWN-WEBHOOK-SECRET-0123456789";

/// As it is written in the address of a proxy, and the header that it becomes.
const OF_PROXY: &str = "KNOWN-%2Fproxy";
const HEADER: &str = "dXNlcjpLTk9XTi0vcHJveHk=";

/// Keeps every line that is logged, of every crate and level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &LogField, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Drives reads and writes against answers that repeat the secrets, and gives all that was said.
async fn everything_said(answer: ResponseTemplate) -> String {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    said_of(Client::builder(server.uri())).await
}

async fn said_of(builder: ClientBuilder) -> String {
    let builder = builder.token(TOKEN.to_owned().into()).retries(1, Duration::from_millis(1));
    let mut said = format!("{builder:?}");
    let client = builder.build().unwrap();
    let webhook = NewWebhook { name: "x".into(), secret: Some(WEBHOOK.to_owned().into()), ..Default::default() };
    let patch = WebhookPatch { secret: Some(WEBHOOK.to_owned().into()), ..Default::default() };
    write!(said, "{client:?} {:?} {webhook:?} {patch:?}", client.webhooks()).unwrap();
    let webhooks = client.webhooks();
    let errors = [
        webhooks.get(1).await.map(|_| ()).err(),
        webhooks.create(&webhook).await.map(|_| ()).err(),
        webhooks.update(1, &patch, None).await.map(|_| ()).err(),
        webhooks.delete(1, None).await.map(|_| ()).err(),
        webhooks.all(&NameFilter::default()).await.map(|_| ()).err(),
        client.status().await.map(|_| ()).err(),
        client.get("extras/webhooks/", &[]).await.map(|_| ()).err(),
    ];
    for error in errors.into_iter().flatten() {
        write!(said, "{error} {error:?} {:?} {:?}", error.fields(), std::error::Error::source(&error)).unwrap();
    }
    if let Ok(read) = webhooks.get(1).await {
        write!(said, "{read:?}").unwrap();
    }
    said
}

#[tokio::test]
async fn no_secret_is_said_by_anything() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let echo = format!("Invalid token {TOKEN}");
    let webhook =
        json!({"id": 1, "name": "x", "secret": WEBHOOK, "additional_headers": format!("Authorization: {TOKEN}")});
    for answer in [
        ResponseTemplate::new(200).set_body_json(&webhook),
        ResponseTemplate::new(400).set_body_json(json!({"token": [&echo], &echo: [&echo]})),
        ResponseTemplate::new(403).set_body_json(json!({"detail": &echo})),
        ResponseTemplate::new(500).set_body_json(json!({"error": &echo})),
        ResponseTemplate::new(503).set_body_json(json!({"detail": &echo})),
        ResponseTemplate::new(200).set_body_json(json!({"id": &echo, "name": [&echo]})),
    ] {
        let said = everything_said(answer).await;
        assert!(
            said.contains("/api/extras/webhooks/") || said.contains("Webhook"),
            "the test looks at nothing: {said}"
        );
        assert!(!said.contains("KNOWN-"), "{said}");
    }
    // Through a proxy that repeats what it was sent, or is not there; and proxies that are none.
    let mut proxies = vec![sockets::nobody()];
    for (status, body) in
        [("400 Bad", r#"{"field": ["ECHO"]}"#), ("403 ECHO", r#"{"detail": "ECHO"}"#), ("200 OK", "ECHO")]
    {
        // The length is not known before: the end is where the connection ends.
        let reply = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body}");
        proxies.push(sockets::Listener::start(reply).await.address);
    }
    let mut through = String::new();
    for proxy in proxies {
        for url in ["http://netbox.invalid", "https://netbox.invalid"] {
            let proxy = format!("http://user:{OF_PROXY}@{proxy}");
            through += &said_of(Client::builder(url).insecure().proxy(proxy)).await;
        }
    }
    for bad in [format!("{OF_PROXY}://p"), format!("socks5://user:{OF_PROXY}@p"), format!("user:{OF_PROXY}@")] {
        let error = Client::builder("https://netbox").proxy_from([("HTTPS_PROXY", bad)]).build().unwrap_err();
        write!(through, "{error} {error:?}").unwrap();
    }
    assert!(through.contains("through the proxy 127.0.0.1:") && through.contains("Basic ***"), "{through}");
    assert!(!through.contains("KNOWN-") && !through.contains(HEADER), "{through}");
    // A port where nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::builder(url).token(TOKEN.to_owned().into()).retries(0, Duration::ZERO).build().unwrap();
    let error = client.status().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("KNOWN-"));
    let log = log.0.lock().unwrap();
    for told in
        ["repeating a request", "path=\"/api/extras/webhooks/{id}/\"", "attempt=2", "status=503", "milliseconds="]
    {
        assert!(log.contains(told), "{told} was not seen: {log}");
    }
    assert!(!log.contains("KNOWN-") && !log.contains(HEADER), "{log}");
}
