//! Other ways to a NetBox than a socket, and what the client makes of their failures.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use netbox_api::client::transport::{Body, Sending, TimeLimit, Transport, TransportError};
use netbox_api::client::*;
use netbox_api::testing::{FakeNetBox, Fault};
use netbox_api::{Client, ClientBuilder, ErrorKind, Phase};
use serde_json::json;

/// Nobody resolves it: what reaches a NetBox did so without a socket.
const NOWHERE: &str = "http://netbox.invalid";

fn builder(transport: impl Transport + 'static) -> ClientBuilder {
    Client::builder(NOWHERE).transport(transport).retries(2, Duration::ZERO)
}

/// Methods, and how long each exchange may take.
type Asked = Arc<Mutex<Vec<(String, Option<Duration>)>>>;

/// Fails with each of these, then passes requests on.
struct Flaky {
    failures: Mutex<Vec<TransportError>>,
    asked: Asked,
    then: Arc<dyn Transport>,
}

impl Transport for Flaky {
    fn send(&self, request: http::Request<Body>) -> Sending<'_> {
        let limit = request.extensions().get().map(|TimeLimit(limit)| *limit);
        self.asked.lock().unwrap().push((request.method().to_string(), limit));
        match self.failures.lock().unwrap().pop() {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.then.send(request),
        }
    }
}

#[tokio::test]
async fn a_netbox_in_process_needs_no_socket() {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    let client = builder(netbox.transport()).token(netbox.token().into()).build().unwrap();
    let new = NewVirtualMachine { name: "web01".into(), cluster: Some(1), ..Default::default() };
    let made = client.virtual_machines().create(&new).await.unwrap();
    assert_eq!(client.virtual_machines().get(made.value.id).await.unwrap().value.name, "web01");
    assert!(netbox.requests().iter().all(|request| request.headers.iter().any(|(_, value)| value.contains("nbt_"))));
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_process_is_ambiguous_and_a_delay_is_late() {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    let client = builder(netbox.transport()).token(netbox.token().into()).build().unwrap();
    let new = NewTag { name: "a".into(), slug: "a".into(), ..Default::default() };
    netbox.fault(Fault::on("POST", "*").drop_after());
    let error = client.tags().create(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Unavailable, Phase::Ambiguous));
    netbox.fault(Fault::on("POST", "*").delay(Duration::from_secs(3600)));
    let error = client.tags().create(&new).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Phase::Ambiguous));
}

#[tokio::test]
async fn a_write_is_repeated_only_if_it_was_certainly_not_sent() {
    let netbox = FakeNetBox::builder().start().await;
    let new = NewTag { name: "a".into(), slug: "a".into(), ..Default::default() };
    for (failure, sent, kind) in [
        (TransportError::not_sent("no route"), 2, None),
        (TransportError::not_sent("no route").late(), 2, None),
        (TransportError::ambiguous("reset"), 1, Some(ErrorKind::Unavailable)),
        (TransportError::ambiguous("slow").late(), 1, Some(ErrorKind::Timeout)),
    ] {
        let asked = Asked::default();
        let then = Arc::new(netbox.transport());
        let flaky = Flaky { failures: Mutex::new(vec![failure]), asked: Arc::clone(&asked), then };
        let client = builder(flaky).token(netbox.token().into()).timeout(Duration::from_secs(7)).build().unwrap();
        let outcome = client.tags().create(&new).await;
        assert_eq!(*asked.lock().unwrap(), vec![("POST".to_owned(), Some(Duration::from_secs(7))); sent]);
        assert_eq!(outcome.as_ref().err().map(netbox_api::Error::kind), kind);
        if let Ok(made) = outcome {
            client.tags().delete(made.value.id, None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_answer_has_a_longest_length_announced_or_not() {
    struct Long(bool);
    impl Transport for Long {
        fn send(&self, _: http::Request<Body>) -> Sending<'_> {
            let body = Body::from(json!({"netbox-version": "4.7.3", "padding": "x".repeat(100)}).to_string());
            // Axum's body of a stream announces nothing.
            let body = match self.0 {
                true => body,
                false => {
                    Body::new(axum::body::Body::from_stream(futures_util::stream::iter([Ok::<_, TransportError>(
                        body.as_bytes().unwrap().clone(),
                    )])))
                }
            };
            Box::pin(async { Ok(http::Response::new(body)) })
        }
    }
    for announced in [true, false] {
        let error = builder(Long(announced)).longest_answer(100).build().unwrap().status().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::TooLong, Some(200)));
        assert!(error.message().contains("100 bytes"), "{error}");
        builder(Long(announced)).longest_answer(1000).build().unwrap().status().await.unwrap();
    }
}
