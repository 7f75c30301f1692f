//! Reading a configuration: merged, current, pending, cloud-init.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Ctx;
use crate::testing::guest::{Guest, is_cloudinit};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::world::check_lock;

/// A value as the API shows it: integers and booleans as numbers, everything else (also `memory`) as text.
fn shown(option: &str, value: &str) -> Value {
    if option == "cipassword" {
        return json!("**********");
    }
    if options::is_number(option)
        && let Ok(number) = serde_json::from_str::<serde_json::Number>(value)
    {
        return Value::Number(number);
    }
    json!(value)
}

pub(super) fn read(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(ctx.vmid, &ctx.node)?;
    if let Some(name) = ctx.param("snapshot") {
        return Err(ApiError::internal(format!("snapshot '{name}' does not exist")));
    }
    let config = if ctx.flag("current") { guest.config.clone() } else { guest.merged() };
    let mut data: Map<String, Value> = config.iter().map(|(k, v)| (k.clone(), shown(k, v))).collect();
    data.insert("digest".into(), json!(guest.digest()));
    Ok(Value::Object(data).into())
}

pub(super) fn pending(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(ctx.vmid, &ctx.node)?;
    let keys: BTreeSet<&String> = guest.config.keys().chain(guest.pending.keys()).collect();
    let mut rows: Vec<Value> = keys.into_iter().map(|key| row(guest, key)).collect();
    rows.push(json!({"key": "digest", "value": guest.digest()}));
    Ok(Value::Array(rows).into())
}

fn row(guest: &Guest, key: &str) -> Value {
    let mut row = json!({ "key": key });
    if let Some(value) = guest.get(key) {
        row["value"] = shown(key, value);
    }
    match guest.pending.get(key) {
        Some(Some(value)) => row["pending"] = shown(key, value),
        Some(None) => row["delete"] = json!(1),
        None => {}
    }
    row
}

pub(super) fn cloudinit(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(ctx.vmid, &ctx.node)?;
    let rows = guest.config.keys().filter(|k| options::is_cloudinit(k)).map(|k| row(guest, k));
    Ok(rows.collect::<Value>().into())
}

pub(super) fn regenerate_cloudinit(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Config.Cloudinit"])?;
    ctx.world.guest_on(ctx.vmid, &ctx.node)?;
    let (vmid, node) = (ctx.vmid, ctx.node.clone());
    let guest = ctx.world.guest_mut(vmid, &node).map_err(ApiError::internal)?;
    check_lock(guest).map_err(ApiError::internal)?;
    note_cloudinit_size(guest);
    nothing()
}

/// Writing the cloud-init image also writes the drive's size, which is absent after it was attached.
pub(super) fn note_cloudinit_size(guest: &mut Guest) -> bool {
    let Some(slot) = guest.cloudinit_slot() else { return false };
    let Some(drive) = guest.get(&slot).filter(|d| is_cloudinit(d)) else { return false };
    let mut drive = options::parse_drive(drive);
    drive.set("size", "4M");
    guest.set(&slot, drive.print_sorted());
    true
}
