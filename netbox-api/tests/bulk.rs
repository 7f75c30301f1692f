//! Many records with one request: what is sent, and which of them NetBox refuses.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

use netbox_api::client::*;
use netbox_api::{Client, ErrorKind, Item};
use serde_json::json;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const DISKS: &str = "/api/virtualization/virtual-disks/";

fn client(server: &MockServer) -> Client {
    Client::builder(server.uri()).token("nbt_key.secret".to_owned().into()).build().unwrap()
}

fn disk(name: &str, size: u64) -> NewVirtualDisk {
    NewVirtualDisk { virtual_machine: 7, name: name.into(), size, ..Default::default() }
}

fn shown(id: u64, name: &str) -> serde_json::Value {
    json!({"id": id, "name": name, "size": 1000, "virtual_machine": {"id": 7, "name": "web01"}})
}

async fn answers(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path(DISKS)).respond_with(template).mount(&server).await;
    server
}

#[tokio::test]
async fn several_are_created_with_one_request() {
    let server = MockServer::start().await;
    let sent = json!([
        {"virtual_machine": 7, "name": "scsi0", "size": 1000, "changelog_message": "why"},
        {"virtual_machine": 7, "name": "scsi1", "size": 2000, "changelog_message": "why"},
    ]);
    let reply = ResponseTemplate::new(201).insert_header("X-Request-ID", "abc");
    Mock::given(method("POST"))
        .and(path(DISKS))
        .and(body_json(sent))
        .respond_with(reply.set_body_json(json!([shown(1, "scsi0"), shown(2, "scsi1")])))
        .expect(1)
        .mount(&server)
        .await;
    let disks = client(&server).virtual_disks().changelog_message("why");
    let written = disks.create_all(&[disk("scsi0", 1000), disk("scsi1", 2000)]).await.unwrap();
    assert_eq!(written.value.iter().map(|disk| disk.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(written.request_id.as_deref(), Some("abc"));
    assert_eq!(disks.create_all(&[]).await.unwrap().request_id, None, "nothing is sent");
}

/// NetBox 4.7.3 answers in an order of its own, by name.
#[tokio::test]
async fn what_was_changed_comes_back_in_the_order_in_which_it_was_sent() {
    let server =
        answers(ResponseTemplate::new(200).set_body_json(json!([shown(5, "a"), shown(3, "b"), shown(4, "c")]))).await;
    let patch = |size: u64| VirtualDiskPatch { size: size.into(), ..Default::default() };
    let sent = [(3, patch(1)), (4, patch(1)), (5, patch(1))];
    let written = client(&server).virtual_disks().update_all(&sent).await.unwrap();
    assert_eq!(written.value.iter().map(|disk| disk.id).collect::<Vec<_>>(), [3, 4, 5]);
}

#[tokio::test]
async fn several_are_changed_with_one_request_without_those_that_stay() {
    let server = MockServer::start().await;
    Mock::given(method("PATCH"))
        .and(path(DISKS))
        .and(body_json(json!([{"id": 2, "size": 3000}])))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([shown(2, "scsi1")])))
        .expect(1)
        .mount(&server)
        .await;
    let disks = client(&server).virtual_disks();
    let grown = VirtualDiskPatch { size: 3000.into(), ..Default::default() };
    let written = disks.update_all(&[(1, VirtualDiskPatch::default()), (2, grown)]).await.unwrap();
    assert_eq!(written.value.len(), 1);
    assert!(disks.update_all(&[(1, VirtualDiskPatch::default())]).await.unwrap().value.is_empty());
}

/// 4.7.3 by index and by id; before a list, in which an entry stands for each that was sent.
#[tokio::test]
async fn an_error_says_which_are_refused() {
    let two = [disk("scsi0", 1000), disk("scsi1", 2000)];
    let name = json!({"name": ["This field is required."]});
    for (body, expected) in [
        (
            json!({"detail": "1 of 2 objects could not be created.", "errors": [{"index": 1, "errors": name}]}),
            vec![Item::Index(1)],
        ),
        (json!([{}, name]), vec![Item::Index(1)]),
        (json!([name]), vec![]),
        (json!({"name": ["This field is required."]}), vec![]),
    ] {
        let server = answers(ResponseTemplate::new(400).set_body_json(&body)).await;
        let error = client(&server).virtual_disks().create_all(&two).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        let items: Vec<Item> = error.items().iter().map(|it| it.item).collect();
        assert_eq!(items, expected, "{body}");
        assert!(error.items().iter().all(|it| it.to_string() == "name: This field is required."), "{error:?}");
    }
    let body =
        json!({"detail": "1 of 1 objects could not be updated.", "errors": [{"id": 23, "errors": {"size": ["low"]}}]});
    let server = answers(ResponseTemplate::new(400).set_body_json(body)).await;
    let patch = VirtualDiskPatch { size: 1.into(), ..Default::default() };
    let error = client(&server).virtual_disks().update_all(&[(23, patch)]).await.unwrap_err();
    assert_eq!(error.items()[0].item, Item::Id(23));
}

#[tokio::test]
async fn an_answer_that_lacks_a_record_is_no_success() {
    let server = answers(ResponseTemplate::new(201).set_body_json(json!([shown(1, "scsi0")]))).await;
    let error = client(&server).virtual_disks().create_all(&[disk("scsi0", 1), disk("scsi1", 1)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}
