//! Nodes of Proxmox become devices in NetBox. What a device needs there is made if it is named and missing.

use std::collections::BTreeMap;

use netbox_api::client::{DeviceFilter, DevicePatch, Field, NewDevice};
use netbox_api::{Device, ObjectType};
use serde_json::{Value, json};

use super::bulk::{Writer, Written};
use super::draft::Draft;
use super::fields::{Fields, record};
use super::machine::given;
use super::plan::Write;
use super::{Remark, RemarkKind};
use crate::executor::{Failure, FailureKind};
use crate::guest::{Cluster, RecordId};
use crate::live::bridge::Bridge;
use crate::live::proposed::{Attribute, Proposed, Verb};

/// What a device in NetBox needs, by name or slug.
#[derive(Debug, Clone, Default)]
pub struct NodeChoices {
    /// Its role.
    pub role: Option<String>,
    /// Its type.
    pub device_type: Option<String>,
    /// The manufacturer of its type, where the type is to be made.
    pub manufacturer: Option<String>,
    /// Its site.
    pub site: Option<String>,
}

/// What is to be written.
#[derive(Debug, Clone, Default)]
pub struct NodePlan {
    /// What devices need and NetBox lacks.
    needs: Vec<Need>,
    devices: Vec<(String, Write<NewDevice, DevicePatch>)>,
    /// All of that as it is shown.
    pub proposed: Vec<Proposed>,
    /// What a person is told.
    pub remarks: Vec<Remark>,
}

/// An object that a device needs.
#[derive(Debug, Clone)]
struct Need {
    kind: &'static str,
    path: &'static str,
    /// What its name is called.
    called: &'static str,
    name: String,
    /// What NetBox has.
    id: Option<u64>,
}

/// The objects that a device needs, in the order in which they are made.
const NEEDS: [(&str, &str, &str); 4] = [
    ("manufacturer", "dcim/manufacturers/", "name"),
    ("device type", "dcim/device-types/", "model"),
    ("device role", "dcim/device-roles/", "name"),
    ("site", "dcim/sites/", "name"),
];

/// What NetBox lacks of the nodes. Nothing is written.
///
/// # Errors
/// A side could not be read.
pub async fn plan_nodes(bridge: &Bridge, choices: &NodeChoices) -> Result<NodePlan, Failure> {
    let mut plan = NodePlan::default();
    for cluster in &bridge.clusters {
        let nodes = cluster.client.nodes().await?;
        let nodes: BTreeMap<String, bool> = nodes.iter().map(|it| (it.node.to_string(), it.is_online())).collect();
        let filter = DeviceFilter { cluster_id: vec![cluster.netbox_cluster.id], ..Default::default() };
        let mut devices = bridge.netbox.devices().all(&filter).await?;
        if !nodes.is_empty() {
            let filter = DeviceFilter { name_ie: nodes.keys().cloned().collect(), ..Default::default() };
            devices.extend(bridge.netbox.devices().all(&filter).await?);
        }
        compare(&cluster.netbox_cluster, &nodes, &devices, &mut plan);
    }
    if plan.devices.iter().any(|(_, write)| matches!(write, Write::Create(_))) {
        needs(bridge, choices, &mut plan).await?;
    }
    Ok(plan)
}

/// Which node is which device: the one of its name in its cluster.
fn compare(cluster: &Cluster, nodes: &BTreeMap<String, bool>, devices: &[Device], plan: &mut NodePlan) {
    let is_here = |device: &&Device| device.cluster.as_ref().is_some_and(|it| it.id == cluster.id);
    let none = Fields::default();
    for (node, online) in nodes {
        let named = || devices.iter().filter(|device| device.name.eq_ignore_ascii_case(node));
        let has = named().find(is_here);
        let mut draft = Draft::new(&none, ObjectType::CLUSTER, false);
        let status = has.and_then(|device| Some(device.status.as_ref()?.value.clone()));
        // Any other status is a person's.
        let is_found = status.as_deref().is_none_or(|status| ["active", "offline"].contains(&status));
        let found = Some(if *online { "active" } else { "offline" }.to_owned()).filter(|_| is_found);
        let status = draft.set("status", status.as_ref(), found);
        let write = match (has, named().next()) {
            (Some(device), _) => {
                plan.proposed.extend(draft.proposed(Verb::Change, "device", node.clone()));
                match status {
                    Field::Leave => continue,
                    status => Write::Change(device.id, DevicePatch { status, ..DevicePatch::default() }),
                }
            }
            (None, Some(other)) => {
                let other = record(RecordId(other.id), &other.name).replace("virtual machine", "device");
                let text = format!(
                    "{other} has its name and is not in cluster {}: put it there if it is the one",
                    cluster.name
                );
                plan.remarks.push(Remark::new(RemarkKind::Left, format!("node {node}"), text));
                continue;
            }
            (None, None) => {
                let _ = draft.set("cluster", None, Some(cluster.name.clone()));
                plan.proposed.extend(draft.proposed(Verb::Create, "device", node.clone()));
                let (name, cluster) = (node.clone(), Some(cluster.id));
                Write::Create(NewDevice { name, cluster, status: given(status), ..NewDevice::default() })
            }
        };
        plan.devices.push((node.clone(), write));
    }
}

/// Finds what new devices need; without it none is made, and what is missing is said.
async fn needs(bridge: &Bridge, choices: &NodeChoices, plan: &mut NodePlan) -> Result<(), Failure> {
    let NodeChoices { role, device_type, manufacturer, site } = choices;
    let (mut needs, mut missing) = (Vec::new(), Vec::new());
    for ((kind, path, called), name) in NEEDS.into_iter().zip([manufacturer, device_type, role, site]) {
        match name {
            Some(name) => {
                let id = find(bridge, path, called, name).await?;
                needs.push(Need { kind, path, called, name: name.clone(), id });
            }
            None => missing.push(kind),
        }
    }
    // The manufacturer is that of the type, if that is there.
    if needs.iter().any(|need| need.kind == "device type" && need.id.is_some()) {
        missing.retain(|kind| *kind != "manufacturer");
        needs.retain(|need| need.kind != "manufacturer");
    }
    if !missing.is_empty() {
        let options: Vec<String> = missing.iter().map(|kind| format!("--{}", option(kind))).collect();
        let text = format!("not made: a device in NetBox needs what was not named: give {}", options.join(", "));
        let is_new = |write: &Write<NewDevice, DevicePatch>| matches!(write, Write::Create(_));
        for (node, _) in plan.devices.iter().filter(|(_, write)| is_new(write)) {
            plan.remarks.push(Remark::new(RemarkKind::Left, format!("node {node}"), text.clone()));
        }
        plan.devices.retain(|(_, write)| !is_new(write));
        plan.proposed.retain(|shown| shown.verb != Verb::Create);
        return Ok(());
    }
    let shown = |need: &Need| Proposed {
        verb: Verb::Create,
        kind: need.kind.to_owned(),
        name: need.name.clone(),
        attributes: vec![Attribute { name: "slug".into(), old: Value::Null, new: slug(&need.name).into() }],
    };
    let made: Vec<Proposed> = needs.iter().filter(|need| need.id.is_none()).map(shown).collect();
    plan.proposed.splice(0..0, made);
    plan.needs = needs;
    Ok(())
}

/// What an object is called on the command line.
fn option(kind: &str) -> &str {
    match kind {
        "device type" => "type",
        "device role" => "role",
        other => other,
    }
}

async fn find(bridge: &Bridge, path: &str, called: &str, name: &str) -> Result<Option<u64>, Failure> {
    for (filter, value) in [(called, name.to_owned()), ("slug", slug(name))] {
        let answer = bridge.netbox.get(path, &[(filter, &value), ("limit", "1")]).await?;
        let found = &answer.body["results"][0];
        // NetBox ignores filters that it does not know, and returns everything.
        if found[filter].as_str() == Some(&value) {
            return Ok(found["id"].as_u64());
        }
    }
    Ok(None)
}

fn slug(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(fits).collect::<String>().trim_matches('-').to_owned()
}

/// Writes a plan of nodes.
pub async fn apply_nodes(bridge: &Bridge, plan: NodePlan) -> Written {
    let mut writer = Writer::new(bridge);
    writer.written.failed = nodes(&mut writer, plan).await.err();
    writer.written
}

async fn nodes(writer: &mut Writer<'_>, plan: NodePlan) -> Result<(), Failure> {
    let mut ids: BTreeMap<&str, u64> = BTreeMap::new();
    for need in plan.needs {
        let id = match need.id {
            Some(id) => id,
            None => {
                let mut body = json!({need.called: need.name, "slug": slug(&need.name)});
                if need.kind == "device type" {
                    body["manufacturer"] = json!(ids.get("manufacturer"));
                }
                writer.create_other(need.kind, need.path, &body).await?.ok_or_else(|| {
                    Failure::new(
                        FailureKind::Refused,
                        format!("NetBox gives no id to the new {} {}", need.kind, need.name),
                    )
                })?
            }
        };
        ids.insert(need.kind, id);
    }
    let id = |kind: &str| ids.get(kind).copied().unwrap_or_default();
    let (mut new, mut patches) = (Vec::new(), Vec::new());
    for (node, write) in plan.devices {
        let about = format!("device {node}");
        match write {
            Write::Create(device) => {
                let (role, device_type, site) = (id("device role"), id("device type"), id("site"));
                new.push(((), about, NewDevice { role, device_type, site, ..device }));
            }
            Write::Change(id, patch) => patches.push(((), about, id, patch)),
            Write::Keep(_) => {}
        }
    }
    let devices = writer.bridge.netbox.devices();
    writer.create(devices.clone(), "devices", new).await?;
    writer.change(devices, "devices", patches).await?;
    Ok(())
}
