//! What is reached beside lists and single records: free addresses, several at once, scripts, GraphQL, kinds of one's own. Answers are as recorded
//! (NetBox 4.7.3) where nothing else is said.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use netbox_api::client::transport::{Body, Sending, Transport};
use netbox_api::client::*;
use netbox_api::testing::FakeNetBox;
use netbox_api::{Client, ErrorKind, Item};
use serde_json::{Value, json};

/// Method, path with query, and body.
type Asked = (String, String, Value);

/// Gives these answers in turn, and keeps what was asked.
#[derive(Clone, Default)]
struct Canned {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Transport for Canned {
    fn send(&self, request: http::Request<Body>) -> Sending<'_> {
        let bytes = request.body().as_bytes().unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(bytes).unwrap() };
        let path = request.uri().path_and_query().unwrap().to_string();
        self.asked.lock().unwrap().push((request.method().to_string(), path, body));
        let (status, body) = self.answers.lock().unwrap().pop_front().unwrap();
        let body = if body.is_null() { Body::default() } else { Body::from(body.to_string()) };
        Box::pin(async move { Ok(http::Response::builder().status(status).body(body).unwrap()) })
    }
}

fn canned(answers: impl IntoIterator<Item = (u16, Value)>) -> (Client, Canned) {
    let canned = Canned { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Canned::default() };
    (Client::builder("http://netbox").transport(canned.clone()).build().unwrap(), canned)
}

impl Canned {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn asked(method: &str, path: &str, body: Value) -> Asked {
    (method.to_owned(), path.to_owned(), body)
}

#[tokio::test]
async fn free_addresses_are_told_and_taken() {
    let free = json!([{"family": 4, "address": "198.51.100.1/24", "vrf": null}, {"family": 4, "address": "198.51.100.2/24", "vrf": null}]);
    let taken = json!({"id": 9, "address": "198.51.100.1/24", "status": {"value": "active", "label": "Active"}, "description": "allocated"});
    // The words are those of its source.
    let none = json!({"detail": "Insufficient resources are available to satisfy the request"});
    let (client, canned) = canned([(200, free), (201, taken.clone()), (201, json!([taken])), (409, none)]);
    let prefixes = client.prefixes().changelog_message("why");
    assert_eq!(prefixes.available_ips(1, 2).await.unwrap(), ["198.51.100.1/24", "198.51.100.2/24"]);
    let fields = IpAddressPatch { description: "allocated".into(), ..Default::default() };
    assert_eq!(prefixes.allocate_ip(1, &fields).await.unwrap().value.address, "198.51.100.1/24");
    assert_eq!(prefixes.allocate_ips(1, std::slice::from_ref(&fields)).await.unwrap().value.len(), 1);
    let error = prefixes.allocate_ip(1, &fields).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Exhausted, Some(409)));
    assert_eq!(error.path_template(), "/api/ipam/prefixes/{id}/available-ips/");
    let path = "/api/ipam/prefixes/1/available-ips/";
    assert_eq!(
        canned.asked(),
        [
            asked("GET", &format!("{path}?limit=2"), Value::Null),
            asked("POST", path, json!({"description": "allocated", "changelog_message": "why"})),
            asked("POST", path, json!([{"description": "allocated", "changelog_message": "why"}])),
            asked("POST", path, json!({"description": "allocated", "changelog_message": "why"})),
        ]
    );
}

/// The bodies are those of its source.
#[tokio::test]
async fn free_prefixes_and_vlans_are_taken_too() {
    let (client, canned) = canned([
        (200, json!([{"family": 4, "prefix": "198.51.100.128/25", "vrf": null}])),
        (201, json!({"id": 3, "prefix": "198.51.100.128/28"})),
        (200, json!([{"vid": 100, "group": {"id": 1, "name": "lab"}}])),
        (201, json!({"id": 4, "vid": 100, "name": "guests"})),
        (200, json!([{"family": 4, "address": "198.51.100.9/24", "vrf": null}])),
    ]);
    assert_eq!(client.prefixes().available_prefixes(1).await.unwrap(), ["198.51.100.128/25"]);
    client
        .prefixes()
        .allocate_prefix(1, 28, &PrefixPatch { is_pool: true.into(), ..Default::default() })
        .await
        .unwrap();
    assert_eq!(client.vlan_groups().available_vlans(1, 1).await.unwrap(), [100]);
    let made = client.vlan_groups().allocate_vlan(1, "guests", &VlanPatch::default()).await.unwrap();
    assert_eq!(made.value.vid, Some(100));
    assert_eq!(client.ip_ranges().available_ips(2, 1).await.unwrap(), ["198.51.100.9/24"]);
    let sent: Vec<Value> = canned.asked().into_iter().map(|(_, _, body)| body).collect();
    assert_eq!(sent[1], json!({"prefix_length": 28, "is_pool": true}));
    assert_eq!(sent[3], json!({"name": "guests"}));
}

#[tokio::test]
async fn several_are_deleted_with_one_request_or_none() {
    let refused = json!({"detail": "2 of 2 objects could not be deleted.", "errors": [
        {"id": 1, "errors": {"__all__": ["Unable to delete: 42 dependent object(s) prevent deletion."]}},
        {"id": 2, "errors": {"__all__": ["Unable to delete: 80 dependent object(s) prevent deletion."]}}]});
    let (client, canned) = canned([(204, Value::Null), (409, refused)]);
    let clusters = client.clusters();
    clusters.delete_all(&[]).await.unwrap();
    clusters.clone().changelog_message("why").delete_all(&[7]).await.unwrap();
    let error = clusters.delete_all(&[1, 2]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.items().iter().map(|item| item.item).collect::<Vec<_>>(), [Item::Id(1), Item::Id(2)]);
    let path = "/api/virtualization/clusters/";
    assert_eq!(
        canned.asked(),
        [
            asked("DELETE", path, json!([{"id": 7, "changelog_message": "why"}])),
            asked("DELETE", path, json!([{"id": 1}, {"id": 2}])),
        ]
    );
}

#[tokio::test]
async fn a_script_is_run_and_its_job_waited_for() {
    let job = |status: &str| json!({"id": 191, "name": "Run Script", "status": {"value": status, "label": "Any"}, "data": null, "error": "", "log_entries": []});
    let script = json!({"id": 1, "name": "ProxmoxPlan", "vars": {"branch": "ObjectVar"}, "result": job("pending")});
    let (client, canned) = canned([(200, script), (200, job("running")), (200, job("completed"))]);
    let run = client.scripts().run(1, &json!({"branch": 2}), true).await.unwrap();
    assert!(!run.has_ended());
    assert!(client.jobs().ended(run.id, std::time::Duration::ZERO).await.unwrap().is_completed());
    assert_eq!(
        canned.asked()[0],
        asked("POST", "/api/extras/scripts/1/", json!({"data": {"branch": 2}, "commit": true}))
    );
    assert_eq!(canned.asked()[2].1, "/api/core/jobs/191/");
}

#[tokio::test]
async fn graphql_gives_data_or_its_errors() {
    #[derive(serde::Deserialize)]
    struct Machine {
        name: String,
    }
    #[derive(serde::Deserialize)]
    struct Data {
        virtual_machine_list: Vec<Machine>,
    }
    let (client, canned) = canned([
        (200, json!({"data": {"virtual_machine_list": [{"name": "p01"}]}})),
        (200, json!({"data": null, "errors": [{"message": "Cannot query field 'nosuch'", "locations": []}]})),
        (200, json!({"data": {"virtual_machine_list": [{"name": 1}]}})),
    ]);
    let query = "{ virtual_machine_list { name } }";
    let data: Data = client.graphql(query, &json!({})).await.unwrap();
    assert_eq!(data.virtual_machine_list[0].name, "p01");
    let error = client.graphql::<Data>(query, &json!({})).await.map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Validation, "Cannot query field 'nosuch'"));
    let error = client.graphql::<Data>(query, &json!({})).await.map(|_| ()).unwrap_err();
    assert!(
        error.kind() == ErrorKind::Decode && error.message().contains("data.virtual_machine_list[0].name"),
        "{error}"
    );
    assert_eq!(canned.asked()[0], asked("POST", "/graphql/", json!({"query": query, "variables": {}})));
}

#[tokio::test]
async fn any_path_is_an_endpoint_of_ones_own_type() {
    #[derive(serde::Deserialize)]
    struct Site {
        id: u64,
        name: String,
    }
    let netbox = FakeNetBox::builder().start().await;
    let builder = Client::builder(netbox.url()).transport(netbox.transport());
    let client = builder.token(netbox.token().into()).build().unwrap();
    let sites = client.endpoint::<Site>("/api/dcim/sites").page_size(1);
    for slug in ["a", "b", "c"] {
        sites.create(&json!({"name": slug, "slug": slug})).await.unwrap();
    }
    // Each page has one, and what the fake has of its own is none of these.
    let all = sites.all(&[("slug", "a"), ("slug", "b"), ("slug", "c")]).await.unwrap();
    assert_eq!(all.iter().map(|site| site.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let id = all[1].id;
    let read = sites.get(id).await.unwrap();
    let patched = sites.patch(id, &json!({"name": "B"}), read.etag.as_ref()).await.unwrap();
    assert_eq!(patched.value.name, "B");
    assert_eq!(
        sites.patch(id, &json!({"name": "C"}), read.etag.as_ref()).await.map(|_| ()).unwrap_err().kind(),
        ErrorKind::Precondition
    );
    sites.delete(id, None).await.unwrap();
    assert!(sites.get(id).await.map(|_| ()).unwrap_err().is_not_found());
    let typed = client.sites().all(&SiteFilter { slug: vec!["a".into()], ..Default::default() }).await.unwrap();
    assert_eq!((typed.len(), typed[0].name.as_str()), (1, "a"));
    let error = client.endpoint::<Site>("a/../b").all(&[]).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn config_context_comes_when_it_is_asked_for() {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    netbox.create_vm(json!({"name": "web01", "local_context_data": {"a": 1}}));
    let builder = Client::builder(netbox.url()).transport(netbox.transport());
    let client = builder.token(netbox.token().into()).build().unwrap();
    let filter = VirtualMachineFilter::default();
    assert_eq!(client.virtual_machines().all(&filter).await.unwrap()[0].config_context, None);
    let whole = client.virtual_machines().with_config_context().all(&filter).await.unwrap();
    assert_eq!(whole[0].config_context, Some(json!({"a": 1})));
}

/// Another page is asked for as soon as one has come, and none after the last.
#[tokio::test]
async fn the_next_page_is_asked_for_while_one_is_read() {
    use futures_util::TryStreamExt;
    let page = |id: u64, next: bool| {
        let next = next.then(|| format!("http://netbox/api/extras/tags/?start={}&limit=1", id + 1));
        (200, json!({"next": next, "results": [{"id": id, "name": "a", "slug": "a"}]}))
    };
    let status = (200, json!({"netbox-version": "4.7.3"}));
    let (client, canned) = canned([status, page(1, true), page(2, true), page(3, false)]);
    let mut list = client.tags().page_size(1).list(&TagFilter::default());
    assert_eq!(canned.asked().len(), 0, "nothing before it is polled");
    let mut counts = Vec::new();
    while let Some(tag) = list.try_next().await.unwrap() {
        counts.push((tag.id, canned.asked().len()));
    }
    assert_eq!(counts, [(1, 3), (2, 4), (3, 4)]);
}
