//! Single requests against a mocked NetBox: what is sent, and what is made of the answer.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::client::*;
use netbox_api::{Client, Decimal, ErrorKind, Phase};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

const VMS: &str = "/api/virtualization/virtual-machines/";
const VM_7: &str = "/api/virtualization/virtual-machines/7/";
const ETAG: &str = "W/\"2026-11-22T08:52:16.468756+00:00\"";

fn client(server: &MockServer) -> Client {
    Client::builder(server.uri())
        .token("nbt_key.secret".to_owned().into())
        .retries(2, Duration::from_millis(1))
        .build()
        .unwrap()
}

/// A machine as NetBox 4.7 shows it, without what is not read.
fn machine() -> Value {
    json!({
        "id": 7, "url": "http://netbox/api/virtualization/virtual-machines/7/", "name": "web01", "display": "web01",
        "status": {"value": "active", "label": "Active"}, "start_on_boot": {"value": "laststate", "label": "Last State"},
        "cluster": {"id": 1, "name": "pve-cluster-1"}, "site": null, "device": null, "vcpus": 2.5, "memory": 2048,
        "disk": null, "primary_ip4": {"id": 5, "address": "198.51.100.7/24"}, "primary_ip6": null, "description": "",
        "comments": "", "tags": [{"id": 1, "name": "managed", "slug": "managed", "color": "9e9e9e"}],
        "custom_fields": {"proxmox_node": {"value": "pve02", "label": "pve02"}, "proxmox_vmid": "101"},
        "last_updated": "2026-11-22T08:52:16.468756Z",
    })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("ETag", ETAG)
        .insert_header("X-Request-ID", "fa9ffa57")
        .insert_header("API-Version", "4.7")
        .set_body_json(body)
}

#[tokio::test]
async fn get_gives_the_record_and_its_etag() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(VM_7))
        .and(header("Authorization", "Bearer nbt_key.secret"))
        .and(header("Accept", "application/json"))
        .respond_with(ok(&machine()))
        .expect(1)
        .mount(&server)
        .await;
    let fetched = client(&server).virtual_machines().get(7).await.unwrap();
    assert_eq!(fetched.etag.unwrap().as_str(), ETAG);
    assert_eq!(fetched.value.vcpus, Some(Decimal::from_hundredths(250)));
    assert_eq!(fetched.value.custom_fields.text("proxmox_vmid").as_deref(), Some("101"));
}

#[tokio::test]
async fn an_old_token_goes_with_its_keyword() {
    let server = MockServer::start().await;
    Mock::given(header("Authorization", "Token 0123456789abcdef")).respond_with(ok(&machine())).mount(&server).await;
    let client = Client::builder(server.uri()).token("0123456789abcdef".to_owned().into()).build().unwrap();
    client.virtual_machines().get(7).await.unwrap();
}

#[tokio::test]
async fn a_netbox_below_a_path_is_found() {
    let server = MockServer::start().await;
    Mock::given(path("/netbox/api/dcim/mac-addresses/4/"))
        .respond_with(ok(&json!({"id": 4, "mac_address": "BC:24:11:AA:BB:CC"})))
        .mount(&server)
        .await;
    let client = Client::builder(format!("{}/netbox/", server.uri())).build().unwrap();
    assert_eq!(client.mac_addresses().get(4).await.unwrap().value.mac_address, "BC:24:11:AA:BB:CC");
}

#[tokio::test]
async fn update_sends_only_what_changes() {
    let server = MockServer::start().await;
    Mock::given(method("PATCH"))
        .and(path(VM_7))
        .and(header("If-Match", ETAG))
        .and(body_json(json!({
            "custom_fields": {"proxmox_vmid": "101"}, "disk": null, "changelog_message": "VMID allocated",
        })))
        .respond_with(ok(&machine()))
        .expect(1)
        .mount(&server)
        .await;
    let patch = VirtualMachinePatch {
        custom_fields: CustomFieldsPatch::new().text("proxmox_vmid", "101"),
        disk: Field::Clear,
        ..Default::default()
    };
    let machines = client(&server).virtual_machines().changelog_message("VMID allocated");
    let written = machines.update(7, &patch, Some(&ETag::parse(ETAG).unwrap())).await.unwrap();
    assert_eq!(written.request_id.as_deref(), Some("fa9ffa57"));
    assert_eq!(written.etag.unwrap().as_str(), ETAG);
    assert_eq!(written.value.id, 7);
}

#[tokio::test]
async fn a_patch_that_mentions_nothing_is_not_sent() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path(VM_7)).respond_with(ok(&machine())).expect(1).mount(&server).await;
    let machines = client(&server).virtual_machines().changelog_message("nothing");
    let written = machines.update(7, &VirtualMachinePatch::default(), None).await.unwrap();
    assert_eq!((written.value.id, written.request_id), (7, None));
}

#[tokio::test]
async fn create_and_delete() {
    let server = MockServer::start().await;
    let disk = json!({"id": 11, "name": "scsi0", "size": 20000, "virtual_machine": {"id": 19, "name": "p01"}});
    Mock::given(method("POST"))
        .and(path("/api/virtualization/virtual-disks/"))
        .and(body_json(json!({"virtual_machine": 19, "name": "scsi0", "size": 20000})))
        .respond_with(ResponseTemplate::new(201).insert_header("X-Request-ID", "one").set_body_json(&disk))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/api/virtualization/virtual-disks/11/"))
        .and(body_json(json!({"changelog_message": "no longer in Proxmox"})))
        .respond_with(ResponseTemplate::new(204).insert_header("X-Request-ID", "two"))
        .expect(1)
        .mount(&server)
        .await;
    let disks = client(&server).virtual_disks();
    let new = NewVirtualDisk { virtual_machine: 19, name: "scsi0".into(), size: 20000, ..Default::default() };
    let written = disks.create(&new).await.unwrap();
    assert_eq!((written.value.id, written.request_id.as_deref(), written.etag), (11, Some("one"), None));
    let deleted = disks.changelog_message("no longer in Proxmox").delete(11, None).await.unwrap();
    assert_eq!(deleted.as_deref(), Some("two"));
}

#[tokio::test]
async fn fields_and_omissions_are_asked_for() {
    let server = MockServer::start().await;
    Mock::given(path(VM_7))
        .and(query_param("fields", "id,name"))
        .and(query_param_is_missing("omit"))
        .respond_with(ok(&json!({"id": 7, "name": "web01"})))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/virtualization/virtual-machines/8/"))
        .and(query_param("omit", "config_context,tags"))
        .respond_with(ok(&json!({"id": 8})))
        .expect(1)
        .mount(&server)
        .await;
    let machines = client(&server).virtual_machines();
    assert_eq!(machines.clone().fields(["name"]).get(7).await.unwrap().value.name, "web01");
    assert_eq!(machines.omit(["config_context", "tags"]).get(8).await.unwrap().value.status, "");
}

#[tokio::test]
async fn failures_say_what_they_mean() {
    let html = "<!DOCTYPE html><title>Page Not Found | NetBox</title>";
    for (answer, kind, words) in [
        (
            ResponseTemplate::new(404).set_body_json(json!({"detail": "No VirtualMachine matches the given query."})),
            ErrorKind::NotFound,
            "No VirtualMachine matches",
        ),
        (ResponseTemplate::new(404).set_body_raw(html, "text/html; charset=utf-8"), ErrorKind::NotNetBox, "URL"),
        (ResponseTemplate::new(200).set_body_raw(html, "text/html; charset=utf-8"), ErrorKind::NotNetBox, "URL"),
        (
            ResponseTemplate::new(403).set_body_json(json!({"detail": "Invalid v2 token"})),
            ErrorKind::Permission,
            "Invalid v2 token",
        ),
        (ResponseTemplate::new(301).insert_header("Location", "/elsewhere/"), ErrorKind::Redirect, "redirect"),
        (
            ResponseTemplate::new(500)
                .set_body_json(json!({"error": "integer out of range", "exception": "DataError"})),
            ErrorKind::Server,
            "integer out of range",
        ),
        (
            ok(&json!({"id": 7, "custom_fields": {}, "memory": [1]})),
            ErrorKind::Decode,
            "memory: a whole number is expected, not a list",
        ),
        (ok(&json!({"name": "web01"})), ErrorKind::Decode, "missing field `id`"),
        (ResponseTemplate::new(200).set_body_string("{"), ErrorKind::Decode, "EOF"),
    ] {
        let server = MockServer::start().await;
        Mock::given(path(VM_7)).respond_with(answer).expect(1).mount(&server).await;
        let error = client(&server).virtual_machines().get(7).await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (kind, Phase::Answered), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!((error.method(), error.path()), ("GET", VM_7));
        assert_eq!(error.path_template(), "/api/virtualization/virtual-machines/{id}/");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn refused_writes_name_their_fields() {
    let server = MockServer::start().await;
    Mock::given(method("PATCH"))
        .respond_with(
            ResponseTemplate::new(400)
                .insert_header("X-Request-ID", "abc")
                .set_body_json(json!({"disk": ["The specified disk size (23000) must match (3000)."]})),
        )
        .mount(&server)
        .await;
    let patch = VirtualMachinePatch { description: "x".into(), ..Default::default() };
    let error = client(&server).virtual_machines().update(7, &patch, None).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Validation, Some(400)));
    assert_eq!((error.fields()[0].field.as_str(), error.request_id()), ("disk", Some("abc")));
}

#[tokio::test]
async fn a_read_is_repeated_while_netbox_is_away() {
    let server = MockServer::start().await;
    Mock::given(path(VM_7)).respond_with(ResponseTemplate::new(503)).up_to_n_times(2).expect(2).mount(&server).await;
    Mock::given(path(VM_7)).respond_with(ok(&machine())).expect(1).mount(&server).await;
    assert_eq!(client(&server).virtual_machines().get(7).await.unwrap().value.id, 7);
}

#[tokio::test]
async fn a_read_is_not_repeated_for_ever() {
    let server = MockServer::start().await;
    Mock::given(path(VM_7)).respond_with(ResponseTemplate::new(502)).expect(3).mount(&server).await;
    let error = client(&server).virtual_machines().get(7).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn a_write_that_may_have_been_done_is_sent_once() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(504)).expect(1).mount(&server).await;
    let entry = NewJournalEntry { comments: "x".into(), ..Default::default() };
    let error = client(&server).journal_entries().create(&entry).await.unwrap_err();
    assert_eq!((error.phase(), error.is_retryable()), (Phase::Ambiguous, false));
}

#[tokio::test]
async fn a_slow_answer_to_a_write_is_ambiguous() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(204).set_delay(Duration::from_secs(60)))
        .expect(1)
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).timeout(Duration::from_millis(50)).build().unwrap();
    let error = client.virtual_disks().delete(3, None).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Phase::Ambiguous));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_closed_port_means_not_sent() {
    // Bound and dropped: nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::builder(url).retries(1, Duration::from_millis(1)).build().unwrap();
    let error = client.virtual_disks().delete(3, None).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Unavailable, Phase::NotSent));
    assert!(error.is_retryable(), "a write that was not sent may be sent again");
}

#[tokio::test]
async fn an_answer_cut_off_is_ambiguous_also_with_a_good_status() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\": 1").await.unwrap();
    });
    let entry = NewJournalEntry { comments: "x".into(), ..Default::default() };
    let error = Client::builder(url).build().unwrap().journal_entries().create(&entry).await.unwrap_err();
    server.await.unwrap();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Unavailable, Phase::Ambiguous), "{error}");
}

#[tokio::test]
async fn status_tells_version_and_workers() {
    let server = MockServer::start().await;
    let status = json!({"netbox-version": "4.7.3", "python-version": "3.13.0", "rq-workers-running": 1, "plugins": {"x": "1"},
        "installed_apps": {}, "hostname": "vm"});
    Mock::given(path("/api/status/"))
        .respond_with(ResponseTemplate::new(200).set_body_json(&status))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    let status = client.status().await.unwrap();
    assert_eq!((status.netbox_version.as_str(), status.rq_workers_running), ("4.7.3", Some(1)));
    // Known from now on.
    assert_eq!(client.version().await.unwrap().to_string(), "4.7");
}

#[tokio::test]
async fn what_is_not_modelled_is_asked_for_by_path() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/dcim/sites/"))
        .and(query_param("name", "A & B"))
        .respond_with(ok(&json!({"results": []})))
        .expect(2)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/api/dcim/sites/1/"))
        .respond_with(ResponseTemplate::new(204).insert_header("X-Request-ID", "abc"))
        .mount(&server)
        .await;
    let client = client(&server);
    for path in ["dcim/sites", "/api/dcim/sites/"] {
        let answer = client.get(path, &[("name", "A & B")]).await.unwrap();
        assert_eq!((answer.status, answer.body), (200, json!({"results": []})));
    }
    let answer = client.delete("dcim/sites/1/", None).await.unwrap();
    assert_eq!((answer.body, answer.request_id.as_deref()), (Value::Null, Some("abc")));
    for path in ["../admin/", "dcim/../../x/", "dcim/sites/?name=x", "dcim/sites/#x"] {
        let error = client.get(path, &[]).await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::Config, Phase::NotSent), "{path}");
    }
}

#[tokio::test]
async fn the_newest_change_is_found() {
    let server = MockServer::start().await;
    let change = json!({"id": 432, "time": "2026-11-22T08:52:36.561869Z", "user_name": "admin", "request_id": "abc",
        "action": {"value": "delete", "label": "Deleted"}, "changed_object_type": "virtualization.virtualmachine",
        "changed_object_id": 19, "message": "why", "prechange_data": {"name": "p01", "custom_fields": {"proxmox_vmid": "101"}},
        "postchange_data": null});
    Mock::given(path("/api/core/object-changes/"))
        .and(query_param("ordering", "-id"))
        .and(query_param("limit", "1"))
        .and(query_param("action", "delete"))
        .respond_with(ok(&json!({"count": 3, "next": null, "previous": null, "results": [change]})))
        .mount(&server)
        .await;
    let filter = ObjectChangeFilter { action: vec!["delete".into()], ..Default::default() };
    let change = client(&server).object_changes().newest(&filter).await.unwrap().unwrap();
    assert_eq!((change.id, change.message.as_str()), (432, "why"));
    assert_eq!(change.key().unwrap().to_string(), "abc/virtualization.virtualmachine/19/deleted");
    let before = change.prechange_data.unwrap();
    assert_eq!(before.custom_field("proxmox_vmid").text().as_deref(), Some("101"));
    assert_eq!(change.postchange_data, None);
    let none = MockServer::start().await;
    Mock::given(path(VMS)).respond_with(ok(&json!({"results": []}))).mount(&none).await;
    assert!(self::client(&none).virtual_machines().newest(&VirtualMachineFilter::default()).await.unwrap().is_none());
}
