//! Other ways to a Proxmox VE than a socket, and what the client makes of their failures.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use proxmox_api::testing::{FakeProxmox, Fault};
use proxmox_api::transport::{Body, PeerCertificate, Reason, Sending, TimeLimit, Transport, TransportError, Untrusted};
use proxmox_api::*;

const SECRET: &str = "KNOWN-SECRET-0123456789";

/// Nobody resolves it: what reaches a Proxmox VE did so without a socket.
const NOWHERE: &str = "https://pve01.invalid:8006";

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

async fn fake() -> FakeProxmox {
    let node = FakeProxmox::builder().node("pve01").token("root@pam!x", SECRET).user("root@pam", SECRET);
    node.guest(101, "web01", |it| it.disk("scsi0", "local-lvm", 2048)).start().await
}

fn builder(transport: impl Transport + 'static) -> ClientBuilder {
    Client::builder(NOWHERE).token(format!("root@pam!x={SECRET}")).transport(transport)
}

fn web01(client: &Client) -> Result<QemuHandle> {
    Ok(client.node(&"pve01".parse()?).qemu(Vmid::new(101)?))
}

/// Fails with each of these, then passes requests on; notes what it was asked, as it shows itself.
struct Telling {
    failures: Mutex<VecDeque<TransportError>>,
    said: Said,
    then: Arc<dyn Transport>,
}

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Telling {
    fn new(then: impl Transport + 'static, failures: impl IntoIterator<Item = TransportError>) -> (Self, Said) {
        let said = Said::default();
        let failures = Mutex::new(failures.into_iter().collect());
        (Self { failures, said: said.clone(), then: Arc::new(then) }, said)
    }
}

impl Transport for Telling {
    fn send(&self, request: http::Request<Body>) -> Sending<'_> {
        let limit = request.extensions().get().map_or(Duration::ZERO, |TimeLimit(limit)| *limit);
        self.said.0.lock().unwrap().push(format!("{} {} {limit:?} {request:?}", request.method(), request.uri()));
        match self.failures.lock().unwrap().pop_front() {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.then.send(request),
        }
    }
}

#[tokio::test]
async fn a_cluster_in_process_needs_no_socket() -> Result {
    let pve = fake().await;
    let client = builder(pve.transport()).build()?;
    web01(&client)?.start(&StartParams::default()).await?.wait(&WaitOptions::default()).await?;
    assert_eq!(web01(&client)?.status().await?.power_state(), PowerState::Running);
    // The words on the status line are carried, too: they are all that Proxmox says here.
    let error = client.node(&"pve01".parse()?).qemu(Vmid::new(999)?).status().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound(Subject::Guest), "{error}");
    // A body whose length is announced.
    let storage = client.node(&"pve01".parse()?).storage(&"local".parse()?);
    storage.upload(&UploadParams::new("iso", "a.iso"), 6, &b"abcdef"[..]).await?.wait(&WaitOptions::default()).await?;
    assert!(storage.content(Some("iso"), None).await?.iter().any(|volume| volume.size == Some(6)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_process_is_ambiguous_and_a_delay_is_late() -> Result {
    let pve = fake().await;
    let client = builder(pve.transport()).build()?;
    for (fault, kind) in
        [(Fault::drop_after(), ErrorKind::Unavailable), (Fault::delay(Duration::from_secs(3600)), ErrorKind::Timeout)]
    {
        pve.fault(fault.on("PUT /nodes/*/qemu/101/config"));
        let error = web01(&client)?.set_config(&ConfigUpdate::new().cores(2)).await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (&kind, Phase::Ambiguous));
    }
    Ok(())
}

#[tokio::test]
async fn only_what_was_certainly_not_sent_goes_to_the_next_address() -> Result {
    let pve = fake().await;
    let untrusted = Untrusted { fingerprint: Some("AA:BB".into()), reason: "it has expired".into() };
    for (failure, sent, kind) in [
        (TransportError::not_sent("no route"), 2, None),
        (TransportError::untrusted(untrusted), 2, None),
        (TransportError::ambiguous("reset"), 1, Some(ErrorKind::Unavailable)),
        (TransportError::ambiguous("slow").late(), 1, Some(ErrorKind::Timeout)),
    ] {
        let (telling, said) = Telling::new(pve.transport(), [failure]);
        let client = Client::builder([NOWHERE, "https://pve02.invalid:8006"]).token(format!("root@pam!x={SECRET}"));
        let client = client.transport(telling).build()?;
        let outcome = web01(&client)?.set_config(&ConfigUpdate::new().cores(2)).await;
        assert_eq!(outcome.err().map(|error| error.kind().clone()), kind);
        let said = said.take();
        let expected =
            ["PUT https://pve01.invalid:8006/api2/json/nodes/pve01/qemu/101/config 60s", "PUT https://pve02."];
        assert_eq!(said.len(), sent, "{said:?}");
        assert!(said.iter().zip(expected).all(|(said, expected)| said.starts_with(expected)), "{said:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_another_stack_does_not_trust_is_told() -> Result {
    let untrusted = Untrusted { fingerprint: Some("AA:BB".into()), reason: "it has expired".into() };
    let (telling, _) = Telling::new(fake().await.transport(), [TransportError::untrusted(untrusted)]);
    let error = builder(telling).build()?.version().await.unwrap_err();
    assert_eq!((error.kind(), error.fingerprint()), (&ErrorKind::Certificate, Some("AA:BB")));
    assert!(error.message().contains(&format!("that {NOWHERE} shows is not trusted: it has expired")), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_read_is_repeated_once_and_a_write_never() -> Result {
    let pve = fake().await;
    let reset = || TransportError::ambiguous("reset");
    for (failures, reads) in [(vec![reset()], true), (vec![reset(), reset()], false)] {
        let (telling, said) = Telling::new(pve.transport(), failures);
        assert_eq!(builder(telling).build()?.version().await.is_ok(), reads);
        assert_eq!(said.take().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn what_records_a_request_as_it_shows_itself_has_no_secret() -> Result {
    let pve = fake().await;
    let (telling, said) = Telling::new(pve.transport(), []);
    web01(&builder(telling).build()?)?.set_config(&ConfigUpdate::new().set("cipassword", SECRET)).await?;
    // Nor has one with a user and a password, whose log-in sends them; nor what such a ticket is refused with.
    let (telling, logged_in) = Telling::new(pve.transport(), []);
    let client = Client::builder(NOWHERE).ticket("root@pam", SECRET).transport(telling).build()?;
    web01(&client)?.set_config(&ConfigUpdate::new().set("cipassword", SECRET)).await?;
    let logged_in = logged_in.take();
    assert!(logged_in[0].starts_with(&format!("POST {NOWHERE}/api2/json/access/ticket")), "{logged_in:?}");
    for said in said.take().iter().chain(&logged_in) {
        assert!(!said.contains(SECRET) && !said.contains("PVE:root@pam"), "{said}");
    }
    // An error of a transport that repeats them.
    let (telling, _) = Telling::new(pve.transport(), [TransportError::not_sent(format!("no way for {SECRET}"))]);
    let error = builder(telling).build()?.version().await.unwrap_err();
    assert!(error.message().contains("no way for [hidden]"), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET));
    Ok(())
}

/// Answers nothing, and notes what ends.
#[derive(Clone, Default)]
struct Silent(Arc<Mutex<Vec<&'static str>>>);

struct Waiting(Silent);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().push("ended");
    }
}

impl Transport for Silent {
    fn send(&self, _: http::Request<Body>) -> Sending<'_> {
        self.0.lock().unwrap().push("sent");
        let waiting = Waiting(self.clone());
        Box::pin(async move {
            let _waiting = waiting;
            pending().await
        })
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_its_exchange_and_sends_nothing_more() -> Result {
    let silent = Silent::default();
    let client = Client::builder([NOWHERE, "https://pve02.invalid:8006"]).token(format!("root@pam!x={SECRET}"));
    let client = client.transport(silent.clone()).build()?;
    let mut call = Box::pin(client.version());
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(*silent.0.lock().unwrap(), ["sent"]);
    drop(call);
    assert_eq!(*silent.0.lock().unwrap(), ["sent", "ended"]);
    Ok(())
}

/// Gives this answer to everything.
struct Answering(fn() -> http::Response<Body>);

impl Transport for Answering {
    fn send(&self, _: http::Request<Body>) -> Sending<'_> {
        Box::pin(async { Ok(self.0()) })
    }
}

#[tokio::test]
async fn an_answer_has_a_longest_length() -> Result {
    let long = || http::Response::new(Body::from(format!("{{\"data\":{{\"version\":\"{}\"}}}}", "9".repeat(100))));
    let error = builder(Answering(long)).longest_answer(100).build()?.version().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (&ErrorKind::TooLong, Some(200)));
    assert!(error.message().contains("100 bytes"), "{error}");
    builder(Answering(long)).longest_answer(1000).build()?.version().await?;
    Ok(())
}

#[tokio::test]
async fn what_a_transport_knows_of_an_answer_is_told() -> Result {
    let shown = || {
        let mut answer = http::Response::new(Body::from("{\"data\":{}}"));
        answer.extensions_mut().insert(PeerCertificate(vec![1, 2, 3]));
        answer
    };
    let fingerprint = builder(Answering(shown)).build()?.peer().await?.fingerprint.unwrap();
    assert!(fingerprint.starts_with("03:90:58:C6:F2:C0:CB:49"), "{fingerprint}");
    let refused = || {
        let mut answer = http::Response::new(Body::default());
        *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        answer.extensions_mut().insert(Reason("VM 101 already running".into()));
        answer
    };
    let error = builder(Answering(refused)).build()?.version().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::AlreadyRunning);
    Ok(())
}

#[test]
fn a_path_that_would_become_another_is_refused() {
    let client = builder(Answering(|| unreachable!())).build().unwrap();
    let params = Params::new();
    let mut call = Box::pin(client.get::<()>("/nodes/%2e%2e/x", &params));
    let std::task::Poll::Ready(Err(error)) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it was sent")
    };
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Config, Phase::NotSent));
}
