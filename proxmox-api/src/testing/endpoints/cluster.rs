//! `/version`, `/cluster`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::guest::status::{resource, unknown_resource};
use super::{Ctx, Route, storage, task};
use crate::testing::formats::GIB;
use crate::testing::guest::{Guest, NODE_CPUS};
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::schema::{Kind, Param, opt};
use crate::testing::sources::Source::Recorded;
use crate::testing::world::{Node, World};

const RESOURCES: &[Param] = &[opt("type", Kind::Enum(&["vm", "storage", "node", "sdn"]))];
const NEXTID: &[Param] = &[opt("vmid", Kind::Vmid)];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/", Recorded, &[], index),
    Route::get("/version", Recorded, &[], |_| Ok(version().into())),
    Route::get("/cluster/status", Recorded, &[], status).except("a node that is down"),
    Route::get("/cluster/resources", Recorded, &[RESOURCES], resources).except("a node that is down, and its guests"),
    Route::get("/cluster/nextid", Recorded, &[NEXTID], nextid),
    Route::get("/cluster/tasks", Recorded, &[], task::cluster_list),
    Route::get("/cluster/options", Recorded, &[], options),
];

fn index(_: &mut Ctx<'_>) -> ApiResult {
    let names = ["version", "cluster", "nodes", "storage", "access", "pools"];
    Ok(names.iter().map(|n| json!({ "subdir": n })).collect::<Value>().into())
}

fn options(_: &mut Ctx<'_>) -> ApiResult {
    Ok(json!({"mac_prefix": "BC:24:11", "allowed-tags": []}).into())
}

/// The version this fake speaks as.
pub(super) fn version() -> Value {
    json!({"version": "9.1.7", "release": "9.1", "repoid": "0307225d4bc8b3ed"})
}

fn status(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.caller.check("/", &["Sys.Audit"])?;
    let world = &ctx.world;
    let mut entries = Vec::new();
    if let Some(name) = &world.cluster {
        let online = world.nodes.iter().filter(|n| n.online).count();
        entries.push(json!({
            "type": "cluster", "id": "cluster", "name": name, "nodes": world.nodes.len(), "version": 1,
            "quorate": u8::from(online * 2 > world.nodes.len()),
        }));
    }
    for (at, node) in world.nodes.iter().enumerate() {
        entries.push(json!({
            "type": "node", "id": format!("node/{}", node.name), "name": node.name, "level": "",
            // A single node that is in no cluster has the number 0.
            "nodeid": if world.cluster.is_some() { at + 1 } else { 0 },
            "online": u8::from(node.online), "local": u8::from(at == 0), "ip": world.address(&node.name),
        }));
    }
    Ok(Value::Array(entries).into())
}

fn nextid(ctx: &mut Ctx<'_>) -> ApiResult {
    let Some(wanted) = ctx.param("vmid") else {
        return Ok(Value::String(ctx.world.next_id().to_string()).into());
    };
    if wanted.parse().is_ok_and(|vmid: u32| ctx.world.guests.contains_key(&vmid)) {
        // Also of a container.
        return Err(ApiError::parameter("vmid", format!("VM {wanted} already exists")));
    }
    Ok(Value::String(wanted.into()).into())
}

fn resources(ctx: &mut Ctx<'_>) -> ApiResult {
    let wanted = ctx.param("type");
    let is = |kind: &str| wanted.is_none_or(|w| w == kind);
    let mut items = Vec::new();
    if is("vm") {
        let audited = |vmid: &u32| ctx.caller.has(&format!("/vms/{vmid}"), "VM.Audit");
        for (vmid, guest) in ctx.world.guests.iter().filter(|(vmid, _)| audited(vmid)) {
            let mut item = listed(ctx.world, guest);
            if let Some(pool) = ctx.world.pool_of(*vmid) {
                item["pool"] = json!(pool);
            }
            items.push(item);
        }
    }
    if is("node") {
        items.extend(ctx.world.nodes.iter().map(|node| node_resource(ctx, node)));
    }
    if is("storage") {
        items.extend(storage::resources(ctx));
    }
    if is("sdn") && ctx.caller.has("/sdn/zones/localnetwork", "SDN.Audit") {
        items.extend(ctx.world.nodes.iter().filter(|n| n.online).map(|node| {
            json!({
                "type": "network", "id": format!("network/{}/zone/localnetwork", node.name), "network": "localnetwork",
                "node": node.name, "network-type": "zone", "status": "ok",
            })
        }));
    }
    Ok(Value::Array(items).into())
}

/// What one cycle of the status daemons sees of the guests.
pub(in crate::testing) fn status_cycle(world: &World) -> BTreeMap<u32, Value> {
    world.guests.values().map(|guest| (guest.vmid, seen(world, guest))).collect()
}

fn seen(world: &World, guest: &Guest) -> Value {
    let online = world.node(&guest.node).is_some_and(|n| n.online);
    if online { resource(guest) } else { unknown_resource(guest) }
}

/// A guest as lists of the cluster show it: as the status daemons last saw it, where it is now.
pub(super) fn listed(world: &World, guest: &Guest) -> Value {
    let mut item = match &world.seen {
        // A destroyed guest vanishes at once, a new one is nameless until the next cycle.
        Some(seen) => seen.get(&guest.vmid).cloned().unwrap_or_else(|| unknown_resource(guest)),
        None => seen(world, guest),
    };
    // The node is where the configuration is, and lock and tags are read from that: these never lag.
    item["node"] = json!(guest.node);
    for key in ["lock", "tags"] {
        match (guest.get(key), item.as_object_mut()) {
            (Some(value), _) => item[key] = json!(value),
            (None, Some(item)) => _ = item.remove(key),
            _ => {}
        }
    }
    item
}

/// A node as listings show it; without Sys.Audit, or offline, only that it is there.
pub(super) fn node_resource(ctx: &Ctx<'_>, node: &Node) -> Value {
    let mut item = json!({
        "id": format!("node/{}", node.name), "node": node.name, "type": "node", "level": "",
        "status": if node.online { "online" } else { "offline" },
    });
    if node.online && ctx.caller.has(&format!("/nodes/{}", node.name), "Sys.Audit") {
        let used: u64 = ctx
            .world
            .guests
            .values()
            .filter(|g| g.node == node.name && g.is_running())
            .map(|g| g.memory_mib() * 1024 * 1024)
            .sum();
        let more = json!({
            "cpu": 0.02, "maxcpu": NODE_CPUS, "mem": used + 2 * GIB, "maxmem": 128 * GIB, "disk": 20 * GIB,
            "maxdisk": 250 * GIB, "uptime": 86_400, "cgroup-mode": 2,
        });
        if let (Some(item), Value::Object(more)) = (item.as_object_mut(), more) {
            item.extend(more);
        }
    }
    item
}
