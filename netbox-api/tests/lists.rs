//! Lists, page by page, against a mocked NetBox.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use netbox_api::client::{VirtualDiskFilter, VirtualMachineFilter};
use netbox_api::{Client, ErrorKind};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const DISKS: &str = "/api/virtualization/virtual-disks/";

fn client(server: &MockServer) -> Client {
    Client::builder(server.uri()).retries(0, Duration::ZERO).build().unwrap()
}

fn disk(id: u64) -> Value {
    json!({"id": id, "name": format!("scsi{id}"), "size": 1000, "virtual_machine": {"id": 1, "name": "web01"}})
}

async fn version(server: &MockServer, version: &str) {
    Mock::given(path("/api/status/"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"netbox-version": version})))
        .expect(0..=1)
        .mount(server)
        .await;
}

fn page(next: Option<String>, rows: Vec<Value>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"count": null, "next": next, "previous": null, "results": rows}))
}

async fn ids(client: &Client, page_size: u32) -> Result<Vec<u64>, netbox_api::Error> {
    let disks = client.virtual_disks().page_size(page_size);
    disks.list(&VirtualDiskFilter::default()).map_ok(|disk| disk.id).try_collect().await
}

#[tokio::test]
async fn by_cursor_a_full_last_page_leads_to_an_empty_one() {
    let server = MockServer::start().await;
    version(&server, "4.7.3").await;
    let next = |start: u64| Some(format!("{}{DISKS}?limit=2&start={start}", server.uri()));
    for (start, rows, next) in
        [("0", vec![disk(3), disk(7)], next(8)), ("8", vec![disk(9), disk(12)], next(13)), ("13", vec![], None)]
    {
        Mock::given(method("GET"))
            .and(path(DISKS))
            .and(query_param("start", start))
            .and(query_param("limit", "2"))
            .and(query_param_is_missing("ordering"))
            .respond_with(page(next, rows))
            .expect(1)
            .mount(&server)
            .await;
    }
    assert_eq!(ids(&client(&server), 2).await.unwrap(), [3, 7, 9, 12]);
}

#[tokio::test]
async fn pages_are_asked_for_as_they_are_needed() {
    let server = MockServer::start().await;
    version(&server, "4.7.3").await;
    let next = format!("{}{DISKS}?limit=2&start=8", server.uri());
    Mock::given(path(DISKS)).respond_with(page(Some(next), vec![disk(3), disk(7)])).expect(1).mount(&server).await;
    let mut list = client(&server).virtual_disks().page_size(2).list(&VirtualDiskFilter::default());
    assert_eq!(list.try_next().await.unwrap().unwrap().id, 3);
    assert_eq!(list.try_next().await.unwrap().unwrap().id, 7);
}

#[tokio::test]
async fn machines_come_without_their_config_context() {
    let server = MockServer::start().await;
    version(&server, "4.7.3").await;
    Mock::given(path("/api/virtualization/virtual-machines/"))
        .and(query_param("omit", "config_context"))
        .and(query_param("cluster", "pve & co"))
        .respond_with(page(None, vec![json!({"id": 1, "name": "web01"})]))
        .expect(1)
        .mount(&server)
        .await;
    let filter = VirtualMachineFilter { cluster: vec!["pve & co".into()], ..Default::default() };
    assert_eq!(client(&server).virtual_machines().all(&filter).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_asked_for() {
    for next in [
        "http://elsewhere.example.org/api/virtualization/virtual-disks/?start=8".to_owned(),
        "https://127.0.0.1/api/virtualization/virtual-disks/?start=8".to_owned(),
        "//elsewhere.example.org/?start=8".to_owned(),
    ] {
        let server = MockServer::start().await;
        version(&server, "4.7.3").await;
        Mock::given(path(DISKS)).respond_with(page(Some(next), vec![disk(3)])).expect(1).mount(&server).await;
        let error = ids(&client(&server), 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging, "{error}");
    }
}

#[tokio::test]
async fn a_next_page_that_does_not_come_after_ends_the_list() {
    for start in ["start=0", "start=x", "offset=1"] {
        let server = MockServer::start().await;
        version(&server, "4.7.3").await;
        let next = format!("{}{DISKS}?{start}", server.uri());
        Mock::given(path(DISKS)).respond_with(page(Some(next), vec![disk(3)])).expect(1).mount(&server).await;
        assert_eq!(ids(&client(&server), 1).await.unwrap_err().kind(), ErrorKind::Paging);
    }
}

#[tokio::test]
async fn one_bad_record_breaks_no_list() {
    let server = MockServer::start().await;
    version(&server, "4.7.3").await;
    let rows = vec![disk(3), json!({"id": 4, "size": {}}), json!("nonsense"), json!(null), disk(5)];
    Mock::given(path(DISKS)).respond_with(page(None, rows)).mount(&server).await;
    assert_eq!(ids(&client(&server), 10).await.unwrap(), [3, 5]);
}

#[tokio::test]
async fn an_error_under_way_is_given_and_ends_the_list() {
    let server = MockServer::start().await;
    version(&server, "4.7.3").await;
    let next = format!("{}{DISKS}?limit=1&start=4", server.uri());
    Mock::given(query_param("start", "0")).respond_with(page(Some(next), vec![disk(3)])).mount(&server).await;
    Mock::given(query_param("start", "4")).respond_with(ResponseTemplate::new(500)).expect(1).mount(&server).await;
    let mut list = client(&server).virtual_disks().page_size(1).list(&VirtualDiskFilter::default());
    assert_eq!(list.try_next().await.unwrap().unwrap().id, 3);
    assert_eq!(list.try_next().await.unwrap_err().kind(), ErrorKind::Server);
    assert!(list.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_netbox_that_hides_its_version_is_read_by_offset() {
    let server = MockServer::start().await;
    Mock::given(path("/api/status/"))
        .respond_with(ResponseTemplate::new(403).set_body_json(json!({"detail": "no"})))
        .mount(&server)
        .await;
    Mock::given(path(DISKS))
        .and(query_param("offset", "0"))
        .and(query_param("ordering", "id"))
        .and(query_param_is_missing("start"))
        .respond_with(page(None, vec![disk(3)]))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(ids(&client(&server), 10).await.unwrap(), [3]);
}

/// Rows removed, and rows added.
type Change = (Vec<u64>, Vec<u64>);

/// A NetBox that knows no cursor, with rows that change after some of its answers.
#[derive(Clone)]
struct Old {
    rows: Arc<Mutex<BTreeSet<u64>>>,
    /// What to remove and what to add after each answer.
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Old {
    fn new(rows: impl IntoIterator<Item = u64>, changes: Vec<Change>) -> Self {
        Self { rows: Arc::new(Mutex::new(rows.into_iter().collect())), changes: Arc::new(Mutex::new(changes)) }
    }

    async fn ids(&self, page_size: u32) -> Result<Vec<u64>, netbox_api::Error> {
        let server = MockServer::start().await;
        version(&server, "4.4.10").await;
        Mock::given(path(DISKS)).and(query_param("ordering", "id")).respond_with(self.clone()).mount(&server).await;
        ids(&client(&server), page_size).await
    }
}

impl Respond for Old {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let number = |name: &str| -> usize {
            request.url.query_pairs().find(|(key, _)| key == name).map_or(0, |(_, value)| value.parse().unwrap())
        };
        let mut rows = self.rows.lock().unwrap();
        let (offset, limit) = (number("offset"), number("limit"));
        let found: Vec<Value> = rows.iter().skip(offset).take(limit).map(|&id| disk(id)).collect();
        let next = (offset + limit < rows.len()).then(|| "http://anything/".to_owned());
        let answer = page(next, found);
        let mut changes = self.changes.lock().unwrap();
        if !changes.is_empty() {
            let (removed, added) = changes.remove(0);
            rows.retain(|id| !removed.contains(id));
            rows.extend(added);
        }
        answer
    }
}

#[tokio::test]
async fn by_offset_every_record_comes_once() {
    for (rows, page_size) in [(0, 3), (1, 3), (3, 3), (4, 3), (10, 3), (10, 1), (10, 100)] {
        let expected: Vec<u64> = (1..=rows).collect();
        assert_eq!(Old::new(1..=rows, vec![]).ids(page_size).await.unwrap(), expected, "{rows} by {page_size}");
    }
}

#[tokio::test]
async fn by_offset_records_removed_meanwhile_hide_no_others() {
    // After the first page of 1, 2, 3 two of them go, which shifts 4 and 5 into the place of that page.
    let old = Old::new(1..=8, vec![(vec![1, 2], vec![])]);
    assert_eq!(old.ids(3).await.unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    // The last one read goes, or all of them.
    assert_eq!(Old::new(1..=8, vec![(vec![3], vec![])]).ids(3).await.unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(Old::new(1..=5, vec![(vec![1, 2, 3], vec![])]).ids(3).await.unwrap(), [1, 2, 3, 4, 5]);
    assert_eq!(Old::new(1..=5, vec![((1..=5).collect(), vec![])]).ids(3).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn by_offset_records_added_meanwhile_come_at_the_end() {
    // One goes and one is added, so the count stays the same.
    let old = Old::new(1..=5, vec![(vec![2], vec![6])]);
    assert_eq!(old.ids(3).await.unwrap(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_list_that_will_not_hold_still_is_given_up() {
    let changes = (1..=60).map(|id| (vec![id], vec![id + 100])).collect();
    let error = Old::new(1..=80, changes).ids(3).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
}
