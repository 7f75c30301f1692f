//! The NetBox client alone, without a socket: a list of 100,000 virtual machines, and a delivery. Each beside reading the same bytes in the same run to
//! nothing (`IgnoredAny`, what looking at the bytes costs) and to a `serde_json::Value`; and the most memory that the list took.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Request, Response};
use netbox_api::client::transport::{Body, Sending, Transport};
use netbox_api::client::{Endpoint, VirtualMachineFilter};
use netbox_api::{Client, Delivery, VirtualMachine};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const DELIVERY: &str =
    include_str!("../../tests/fixtures/netbox-webhooks/017-vm-set-primary-ip6--virtualmachine-updated.raw");
const ROWS: usize = 100_000;
const PAGE: usize = 200;

/// Answers with the same rows, page after page, until there were enough.
struct Pages {
    /// Between the link to the next page and the end.
    rows: Arc<str>,
}

impl Pages {
    fn new(row: &Value) -> Self {
        let rows = vec![row.to_string(); PAGE].join(",");
        Self { rows: format!("\"results\": [{rows}]}}").into() }
    }

    fn page(&self, start: usize) -> Bytes {
        let next = if start + PAGE >= ROWS {
            "null".to_owned()
        } else {
            format!("\"http://netbox/api/virtualization/virtual-machines/?start={}&limit={PAGE}\"", start + PAGE)
        };
        format!("{{\"count\": null, \"next\": {next}, \"previous\": null, {}", self.rows).into()
    }
}

impl Transport for Pages {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        let query = request.uri().query().unwrap_or_default();
        let start = query.split('&').find_map(|pair| pair.strip_prefix("start=")).and_then(|start| start.parse().ok());
        let page = match start {
            Some(start) => self.page(start),
            None => Bytes::from_static(b"{\"netbox-version\": \"4.7.3\"}"),
        };
        Box::pin(async { Ok(Response::new(Body::from(page))) })
    }
}

async fn listed(machines: &Endpoint<VirtualMachine>) -> Duration {
    use futures_util::TryStreamExt;
    let begun = Instant::now();
    let mut list = machines.list(&VirtualMachineFilter::default());
    let mut count = 0;
    while let Some(machine) = list.try_next().await.unwrap() {
        count += usize::from(black_box(machine).id > 0);
    }
    assert_eq!(count, ROWS);
    begun.elapsed()
}

fn read(pages: &Pages, parse: impl Fn(&[u8])) -> Duration {
    let begun = Instant::now();
    (0..ROWS).step_by(PAGE).for_each(|start| parse(&pages.page(start)));
    begun.elapsed()
}

/// The most memory that this process had, in MB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
}

async fn list(what: &str, row: &Value, fields: &[&str]) {
    let pages = Pages::new(row);
    let bytes = pages.page(0).len() * ROWS / PAGE;
    let client = Client::builder("http://netbox").transport(Pages::new(row)).build().unwrap();
    let before = most_memory();
    let typed = listed(&client.virtual_machines().fields(fields.iter().copied())).await;
    let memory = most_memory();
    let nothing = read(&pages, |page| {
        black_box(serde_json::from_slice::<IgnoredAny>(page).unwrap());
    });
    let value = read(&pages, |page| drop(black_box(serde_json::from_slice::<Value>(page).unwrap())));
    println!(
        "{what}: {} MB in {typed:.2?}: {:.2} times nothing ({nothing:.2?}), {:.2} of values ({value:.2?}); most memory {before} -> {memory} MB",
        bytes / 1_000_000,
        typed.as_secs_f64() / nothing.as_secs_f64(),
        typed.as_secs_f64() / value.as_secs_f64(),
    );
}

fn delivery() {
    const TIMES: u32 = 20_000;
    let time = |parse: &dyn Fn()| {
        let begun = Instant::now();
        (0..TIMES).for_each(|_| parse());
        begun.elapsed() / TIMES
    };
    let body = DELIVERY.as_bytes();
    let typed = time(&|| drop(black_box(Delivery::from_slice(body).unwrap())));
    let nothing = time(&|| {
        black_box(serde_json::from_slice::<IgnoredAny>(body).unwrap());
    });
    let value = time(&|| drop(black_box(serde_json::from_slice::<Value>(body).unwrap())));
    println!(
        "a delivery of {} bytes: {typed:.1?}: {:.2} times nothing ({nothing:.1?}), {:.2} of a value ({value:.1?})",
        body.len(),
        typed.as_secs_f64() / nothing.as_secs_f64(),
        typed.as_secs_f64() / value.as_secs_f64(),
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sent: Value = serde_json::from_str(DELIVERY).unwrap();
    let row = sent["data"].clone();
    let few = json!({"id": row["id"], "name": row["name"], "status": row["status"], "memory": row["memory"]});
    list("100,000 machines, four fields", &few, &["name", "status", "memory"]).await;
    list("100,000 machines", &row, &[]).await;
    delivery();
}
