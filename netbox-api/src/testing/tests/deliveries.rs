//! How deliveries travel: signed, in order, held, twice, lost, by the rules of event rules.

use std::time::{Duration, Instant};

use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::id;
use crate::signature::verify;
use crate::testing::{Attempt, FakeNetBox};

async fn receiver(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
    server
}

async fn bodies(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| {
            serde_json::from_slice::<serde_json::Value>(&request.body).unwrap()["data"]["name"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn deliveries_are_signed_and_come_in_order() {
    let server = receiver(202).await;
    let netbox = FakeNetBox::builder().start().await;
    netbox.webhook(&format!("{}/webhook", server.uri()), Some("hook-secret"));
    for name in ["a", "b", "c"] {
        netbox.create_vm(json!({"name": name}));
    }
    netbox.settled().await;
    assert_eq!(bodies(&server).await, ["a", "b", "c"]);
    let first = &server.received_requests().await.unwrap()[0];
    verify(b"hook-secret", &first.body, first.headers.get("x-hook-signature").map(|value| value.as_bytes())).unwrap();
    let mut names: Vec<&str> = first.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept-encoding", "content-length", "content-type", "host", "user-agent", "x-hook-signature"]);
    let made = &netbox.deliveries()[0];
    assert_eq!((made.body.as_slice(), made.status()), (first.body.as_slice(), Some(202)));
    assert_eq!((made.what().as_str(), made.object_id), ("virtualmachine-created", 1));
}

#[tokio::test]
async fn a_receiver_that_fails_loses_the_event_and_stops_nothing() {
    let server = receiver(500).await;
    let netbox = FakeNetBox::builder().start().await;
    netbox.webhook(&server.uri(), None);
    netbox.create_vm(json!({"name": "a"}));
    netbox.create_vm(json!({"name": "b"}));
    netbox.settled().await;
    assert_eq!(bodies(&server).await, ["a", "b"]);
    assert_eq!(netbox.deliveries()[0].attempts, [Attempt::Answered(500)]);
    assert_eq!(netbox.deliveries()[0].signature(), None);
}

#[tokio::test]
async fn a_redirect_is_followed_without_the_body() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(302).insert_header("Location", "/slash/"))
        .mount(&server)
        .await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let netbox = FakeNetBox::builder().start().await;
    netbox.webhook(&server.uri(), Some("s"));
    netbox.create_vm(json!({"name": "a"}));
    netbox.settled().await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!((requests[1].url.path(), requests[1].body.len()), ("/slash/", 0));
    assert!(requests[1].headers.contains_key("x-hook-signature"));
    assert_eq!(netbox.deliveries()[0].status(), Some(200), "NetBox takes it for a success");
}

#[tokio::test]
async fn held_deliveries_are_sent_in_any_order_any_number_of_times() {
    let server = receiver(202).await;
    let netbox = FakeNetBox::builder().start().await;
    netbox.webhook(&server.uri(), None);
    netbox.hold();
    for name in ["a", "b", "c"] {
        netbox.create_vm(json!({"name": name}));
    }
    netbox.settled().await;
    assert_eq!(bodies(&server).await, Vec::<String>::new());
    assert_eq!(netbox.held().len(), 3);
    assert_eq!(netbox.deliver(2).await, Some(202));
    assert_eq!(netbox.deliver(0).await, Some(202));
    assert_eq!(netbox.deliver(2).await, Some(202));
    assert_eq!(netbox.deliver_all().await, [Some(202)]);
    assert_eq!(bodies(&server).await, ["c", "a", "c", "b"]);
    netbox.create_vm(json!({"name": "d"}));
    netbox.release();
    netbox.create_vm(json!({"name": "e"}));
    netbox.settled().await;
    assert_eq!(bodies(&server).await[4..], ["d", "e"]);
}

#[tokio::test]
async fn deliveries_are_doubled_or_lost() {
    let server = receiver(202).await;
    let netbox = FakeNetBox::builder().start().await;
    netbox.webhook(&server.uri(), None);
    netbox.lose(|delivery| delivery.object_id == 2);
    for name in ["a", "b", "c"] {
        netbox.create_vm(json!({"name": name}));
    }
    netbox.lose_none();
    netbox.double(true);
    netbox.create_vm(json!({"name": "d"}));
    netbox.settled().await;
    assert_eq!(bodies(&server).await, ["a", "c", "d", "d"]);
    netbox.deliver(1).await;
    assert_eq!(bodies(&server).await[4..], ["b"]);
}

#[tokio::test]
async fn deliveries_can_be_slow() {
    let server = receiver(202).await;
    let netbox = FakeNetBox::builder().latency(Duration::ZERO).start().await;
    netbox.webhook(&server.uri(), None);
    let slow = Duration::from_millis(50);
    netbox.delay(slow);
    let begun = Instant::now();
    netbox.create_vm(json!({"name": "a"}));
    netbox.create_vm(json!({"name": "b"}));
    assert!(netbox.deliveries().iter().all(|delivery| delivery.attempts.is_empty()), "none has left");
    netbox.settled().await;
    assert!(begun.elapsed() >= slow * 2, "{:?}", begun.elapsed());
    assert_eq!(bodies(&server).await, ["a", "b"]);
}

#[tokio::test]
async fn nobody_listening_is_no_answer() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.webhook("http://127.0.0.1:1/", None);
    netbox.create_vm(json!({"name": "a"}));
    netbox.settled().await;
    assert!(matches!(netbox.deliveries()[0].attempts[..], [Attempt::Failed(_)]));
    assert_eq!(netbox.deliveries()[0].status(), None);
}

#[tokio::test]
async fn event_rules_decide_what_is_delivered() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.hold();
    let alice = netbox.user("alice");
    let hook = alice.create(
        "extras/webhooks",
        json!({"name": "hook", "payload_url": "http://127.0.0.1:9/", "additional_headers": "X-Mine: 1"}),
    );
    let rule = |name: &str, conditions: serde_json::Value| {
        alice.create("extras/event-rules", json!({"name": name, "object_types": ["virtualization.virtualmachine"], "event_types": ["object_updated"],
            "conditions": conditions, "action_type": "webhook", "action_object_type": "extras.webhook", "action_object_id": hook["id"]}))
    };
    rule("status", json!({"and": [{"attr": "status", "op": "changed"}, {"attr": "status.value", "value": "active"}]}));
    rule("kind", json!({"attr": "custom_fields.proxmox_vm_type", "value": "vm"}));
    let vm =
        id(&netbox.create_vm(json!({"name": "a", "status": "staged", "custom_fields": {"proxmox_vm_type": "vm"}})));
    netbox.update_vm(vm, json!({"memory": 1}));
    netbox.update_vm(vm, json!({"status": "active"}));
    netbox.update_vm(vm, json!({"status": "active"}));
    let made = netbox.deliveries();
    assert_eq!(made.len(), 1, "only the transition, and never by a selection's whole object");
    assert_eq!(made[0].header("x-mine"), Some("1"));
    assert_eq!(made[0].json()["snapshots"]["prechange"]["status"], "staged");
}

#[tokio::test]
async fn what_the_shell_does_is_silent_and_what_changes_nothing_is_not() {
    let netbox = FakeNetBox::builder().start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    netbox.webhook("http://127.0.0.1:9/", None);
    let vm = id(&netbox.shell().create_vm(json!({"name": "a"})));
    netbox.shell().update_vm(vm, json!({"status": "offline"}));
    assert_eq!((netbox.deliveries().len(), netbox.object_changes().len()), (0, 0));
    netbox.update_vm(vm, json!({}));
    let made = netbox.deliveries();
    assert_eq!(made.len(), 2, "two rules, twice");
    let body = made[0].json();
    assert_eq!(body["snapshots"]["prechange"], body["snapshots"]["postchange"]);
    assert_eq!(made[0].body, made[1].body);
    assert_eq!(netbox.object_changes().len(), 0);
}

#[tokio::test]
async fn a_machine_without_a_primary_address_goes_last() {
    let netbox = FakeNetBox::builder().start().await;
    let vm = id(&netbox.create_vm(json!({"name": "a"})));
    netbox.create_interface(json!({"virtual_machine": vm, "name": "eth0", "mac_address": "BC:24:11:00:00:01"}));
    netbox.create_disk(json!({"virtual_machine": vm, "name": "scsi0", "size": 1}));
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/", None);
    netbox.delete_vm(vm);
    let made = netbox.deliveries();
    let order: Vec<String> = made.iter().map(|delivery| delivery.what()).collect();
    assert_eq!(order, ["macaddress-deleted", "virtualdisk-deleted", "vminterface-deleted", "virtualmachine-deleted"]);
    assert!(made.iter().all(|delivery| delivery.request_id == made[0].request_id));
}
