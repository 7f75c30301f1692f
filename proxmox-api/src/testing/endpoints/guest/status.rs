//! Listings and the live status.

use serde_json::{Value, json};

use super::Ctx;
use crate::testing::formats::MIB;
use crate::testing::guest::{Guest, GuestKind, Power};
use crate::testing::options;
use crate::testing::reply::ApiResult;

fn name(guest: &Guest) -> String {
    let nameless = guest.kind.of(format!("VM {}", guest.vmid), format!("CT{}", guest.vmid));
    guest.name().map_or(nameless, str::to_owned)
}

fn status(guest: &Guest) -> &'static str {
    if guest.is_running() { "running" } else { "stopped" }
}

fn boot_disk_bytes(guest: &Guest) -> u64 {
    guest.boot_disk().and_then(|slot| guest.disk_mib(slot)).unwrap_or(0) * MIB
}

/// Uptime of what runs: the fake's clock knows no start, so any positive number.
fn uptime(guest: &Guest) -> u64 {
    if guest.is_running() { 42 } else { 0 }
}

/// What lists and the status have in common.
fn item(guest: &Guest) -> Value {
    let running = guest.is_running();
    let mut item = json!({
        "vmid": guest.vmid, "name": name(guest), "status": status(guest), "cpus": guest.cpus(),
        "cpu": if running { json!(0.01) } else { json!(0) },
        "mem": if running { guest.memory_mib() * MIB / 4 } else { 0 },
        "maxmem": guest.memory_mib() * MIB, "disk": 0, "maxdisk": boot_disk_bytes(guest),
        "netin": 0, "netout": 0, "uptime": uptime(guest),
    });
    if guest.is_template() {
        item["template"] = json!(1);
    }
    match guest.kind {
        GuestKind::Qemu => item["memhost"] = item["mem"].clone(),
        GuestKind::Lxc => {
            if running {
                // What runs is asked for its root file system, which is smaller than the volume.
                let bytes = boot_disk_bytes(guest);
                (item["maxdisk"], item["disk"]) = (json!(bytes / 20 * 19), json!(bytes / 4));
            }
            let swap = guest.get("swap").and_then(|v| v.parse::<u64>().ok()).unwrap_or(512);
            for (key, value) in [("maxswap", swap * MIB), ("swap", 0), ("diskread", 0), ("diskwrite", 0)] {
                item[key] = json!(value);
            }
            item["type"] = json!("lxc");
        }
    }
    if let Some(tags) = guest.get("tags") {
        item["tags"] = json!(tags);
    }
    if let Some(lock) = guest.lock() {
        item["lock"] = json!(lock);
    }
    if let Some(pid) = guest.pid {
        item["pid"] = json!(pid);
    }
    if guest.get("serial0").is_some() {
        item["serial"] = json!(1);
    }
    item
}

fn qmpstatus(guest: &Guest) -> &'static str {
    match guest.power {
        Power::Stopped => "stopped",
        Power::Running => "running",
        Power::Paused => "paused",
    }
}

pub(in crate::testing::endpoints) fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let full = ctx.flag("full");
    let guests = ctx.world.guests.values().filter(|g| {
        g.kind == ctx.kind && g.node == ctx.node && ctx.caller.has(&format!("/vms/{}", g.vmid), "VM.Audit")
    });
    let items = guests.map(|guest| {
        let mut item = item(guest);
        if full && guest.kind == GuestKind::Qemu {
            item["qmpstatus"] = json!(qmpstatus(guest));
        }
        item
    });
    Ok(items.collect::<Value>().into())
}

pub(in crate::testing::endpoints) fn index(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let names: &[&str] = match ctx.kind {
        GuestKind::Qemu => &["config", "cloudinit", "pending", "status", "unlink", "migrate", "resize"],
        GuestKind::Lxc => &["config", "pending", "status", "migrate", "resize", "clone"],
    };
    Ok(names.iter().map(|n| json!({ "subdir": n })).collect::<Value>().into())
}

pub(in crate::testing::endpoints) fn current(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    let mut item = item(guest);
    item["ha"] = json!({"managed": u8::from(ctx.world.ha.contains(&ctx.vmid))});
    if guest.is_running() {
        for key in ["cpufull", "cpusome", "iofull", "iosome", "memoryfull", "memorysome"] {
            item[format!("pressure{key}")] = guest.kind.of(json!(0), json!("0.00"));
        }
    }
    if guest.kind == GuestKind::Lxc {
        return Ok(item.into());
    }
    item["qmpstatus"] = json!(qmpstatus(guest));
    if guest.has_agent() {
        item["agent"] = json!(1);
    }
    if guest.get("vga").is_some() {
        // Seen null of a machine with a serial console, and absent where no display is configured.
        item["clipboard"] = Value::Null;
    }
    if guest.is_running() {
        let nics = guest.config.keys().filter(|k| options::is_net(k)).map(|k| {
            let tap = format!("tap{}i{}", guest.vmid, k.trim_start_matches("net"));
            (tap, json!({"netin": 0, "netout": 0}))
        });
        item["nics"] = Value::Object(nics.collect());
    }
    Ok(item.into())
}

/// A guest as `/cluster/resources` lists it.
pub(in crate::testing::endpoints) fn resource(guest: &Guest) -> Value {
    let mut item = item(guest);
    if let Some(map) = item.as_object_mut() {
        for key in ["pid", "serial", "cpus", "swap", "maxswap"] {
            map.remove(key);
        }
    }
    item["id"] = json!(format!("{}/{}", guest.kind.path(), guest.vmid));
    item["type"] = json!(guest.kind.path());
    item["node"] = json!(guest.node);
    item["template"] = json!(u8::from(guest.is_template()));
    item["maxcpu"] = json!(guest.cpus());
    if guest.kind == GuestKind::Lxc {
        // Of virtual machines only, but listed for both.
        item["memhost"] = json!(0);
    }
    item["diskread"] = json!(0);
    item["diskwrite"] = json!(0);
    if guest.power == Power::Paused {
        item["status"] = json!("paused");
    }
    item
}

/// The same for a guest that the status daemon has not seen (yet, or any more).
pub(in crate::testing::endpoints) fn unknown_resource(guest: &Guest) -> Value {
    json!({
        "id": format!("{}/{}", guest.kind.path(), guest.vmid), "type": guest.kind.path(), "vmid": guest.vmid, "node": guest.node,
        "status": "unknown",
    })
}
