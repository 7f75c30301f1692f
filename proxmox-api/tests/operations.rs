//! Operations of the generated layer, as they go over the wire.
#![cfg(all(feature = "api", feature = "client"))]
#![allow(clippy::unwrap_used)]

use proxmox_api::api::{Kind, Operation, access, nodes_qemu, shapes};
use proxmox_api::{Client, ErrorKind, List, Vmid};
use serde::Deserialize;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn answering(data: serde_json::Value) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).token("root@pam!x=secret").build().unwrap();
    (server, client)
}

#[tokio::test]
async fn an_operation_is_sent_and_read_as_the_caller_wants() {
    #[derive(Deserialize)]
    struct Started {
        pid: u32,
    }
    let (server, client) = answering(json!({"pid": 7})).await;
    let exec = nodes_qemu::PostVmidAgentExec::new("pve", Vmid::MIN, ["ls", "a b"]).input_data("x");
    let started: Started = client.call(&exec).await.unwrap();
    assert_eq!(started.pid, 7);
    let wrong = client.call::<_, List<u32>>(&access::GetAcl::new()).await.unwrap_err();
    assert_eq!((wrong.kind(), wrong.path_template()), (&ErrorKind::Decode, "/access/acl"));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].url.path(), "/api2/json/nodes/pve/qemu/100/agent/exec");
    assert_eq!(requests[0].body, b"command=ls&command=a+b&input-data=x");
    assert_eq!(requests[1].method.as_str(), "GET");
}

#[test]
fn parameters_are_sent_under_the_names_of_the_schema() {
    let update =
        nodes_qemu::PutVmidConfig::new("pve", 100).net(1, "virtio").numa(true).numa_n(0, "cpus=0").onboot(false);
    let sent: Vec<(&str, &str)> = update.params().iter().collect();
    assert_eq!(sent, [("net1", "virtio"), ("numa", "1"), ("numa0", "cpus=0"), ("onboot", "0")]);
    let unknown = |(name, _): &(&str, &str)| nodes_qemu::PutVmidConfig::SHAPE.parameter(name).is_none();
    assert!(!sent.iter().any(unknown) && unknown(&("bogus", "")));
    let again = nodes_qemu::PostVmidAgentExec::new("pve", 100, ["ls"]).params().clone();
    assert_eq!(again.iter().count(), 1);
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", access::PutPassword::new("hunter2", "a@pve").confirmation_password("hunter2"));
    assert!(shown.contains("a@pve") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_required_comes_first_and_bounds_are_bounds() {
    for shape in shapes() {
        assert!(shape.parameters.is_sorted_by_key(|parameter| !parameter.required), "{}", shape.path);
        for parameter in shape.parameters {
            if let Kind::Int { min: Some(min), max: Some(max) } = parameter.kind {
                assert!(min <= max, "{} {}: {}", shape.method, shape.path, parameter.name);
            }
        }
    }
}
