//! Guests that Proxmox has become records in NetBox.
#![allow(clippy::unwrap_used)]

mod bridge;
mod failures;
mod found;
mod nodes;
mod records;

use std::collections::BTreeMap;

use netbox_api::testing::{FakeNetBox, Fault};
use netbox_proxmox_core::live::discover::{Discover, Plan, RemarkKind, Written, apply};
use netbox_proxmox_core::live::{Bridge, adopt};
use netbox_proxmox_core::{Policy, Related};
use netbox_proxmox_tests::{CLUSTER, Lab, described};
use proxmox_api::testing::{FakeProxmox, Power};
use serde_json::{Value, json};

/// Both sides without a guest, and every custom field that is optional.
async fn lab() -> Lab {
    between(described().token("bridge@pve!lab", "proxmox-secret").start().await).await
}

async fn between(proxmox: FakeProxmox) -> Lab {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER);
    let netbox = netbox
        .custom_field("proxmox_mount_path", "virtualization.virtualdisk", "text")
        .custom_field("proxmox_bridge", "virtualization.vminterface", "text")
        .custom_field("proxmox_gateway", "virtualization.virtualmachine", "text")
        .start()
        .await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    Lab::between(netbox, proxmox, Policy::default())
}

fn between_them(lab: &Lab) -> &Bridge {
    lab.dispatcher.bridge()
}

async fn planned(lab: &Lab) -> Plan {
    Discover::new(between_them(lab), 8).plan().await.unwrap()
}

/// What is said of guests, by them.
fn said(plan: &Plan) -> BTreeMap<String, String> {
    plan.remarks.iter().map(|remark| (remark.about.clone(), format!("{:?}: {}", remark.kind, remark.text))).collect()
}

async fn discovered(lab: &Lab) -> Written {
    let written = apply(between_them(lab), planned(lab).await).await;
    assert_eq!(written.failed, None);
    written
}

/// The requests that wrote something.
fn writes(lab: &Lab) -> Vec<String> {
    let requests = lab.netbox.requests();
    requests.iter().filter(|it| it.method != "GET").map(|it| format!("{} {}", it.method, it.path)).collect()
}

/// Nothing differs for another run, nor for a comparison, and nothing is told in NetBox.
async fn is_settled(lab: &Lab) {
    lab.settle().await;
    lab.netbox.forget_requests();
    let again = planned(lab).await;
    let shown: Vec<String> = again.proposed().map(ToString::to_string).collect();
    assert_eq!(shown, Vec::<String>::new());
    apply(between_them(lab), again).await;
    lab.dispatcher.reconcile(8).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(writes(lab), Vec::<String>::new(), "{:?}", lab.journal());
    assert_eq!(lab.proxmox.writes().len(), 0);
}

fn custom(record: &Value, field: &str) -> Value {
    let value = &record["custom_fields"][field];
    value.get("value").unwrap_or(value).clone()
}
