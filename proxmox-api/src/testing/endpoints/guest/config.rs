//! Reading a configuration: merged, current, pending.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::snapshots;
use crate::testing::endpoints::Ctx;
use crate::testing::guest::{Guest, GuestKind};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};

/// A value as the API shows it: integers and booleans as numbers, everything else (also the `memory` of a virtual machine)
/// as text. A container's description gets a newline at its end.
fn shown(kind: GuestKind, option: &str, value: &str) -> Value {
    if option == "cipassword" {
        return json!("**********");
    }
    if option == "description" && kind == GuestKind::Lxc {
        return json!(format!("{}\n", value.trim_end_matches('\n')));
    }
    if options::is_number(kind, option)
        && let Ok(number) = serde_json::from_str::<serde_json::Number>(value)
    {
        return Value::Number(number);
    }
    json!(value)
}

pub(in crate::testing::endpoints) fn read(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    if let Some(name) = ctx.param("snapshot") {
        let snapshot = snapshots::find(guest, name).map_err(ApiError::internal)?;
        return Ok(Value::Object(as_json(guest.kind, &snapshot.config)).into());
    }
    let config = if ctx.flag("current") { guest.config.clone() } else { guest.merged() };
    let mut data = as_json(guest.kind, &config);
    data.insert("digest".into(), json!(guest.digest()));
    Ok(Value::Object(data).into())
}

/// Options as the API shows them.
pub(in crate::testing::endpoints) fn as_json(kind: GuestKind, config: &BTreeMap<String, String>) -> Map<String, Value> {
    config.iter().map(|(option, value)| (option.clone(), shown(kind, option, value))).collect()
}

pub(in crate::testing::endpoints) fn pending(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    let keys: BTreeSet<&String> = guest.config.keys().chain(guest.pending.keys()).collect();
    let mut rows: Vec<Value> = keys.into_iter().map(|key| row(guest, key)).collect();
    rows.push(json!({"key": "digest", "value": guest.digest()}));
    Ok(Value::Array(rows).into())
}

pub(in crate::testing::endpoints) fn row(guest: &Guest, key: &str) -> Value {
    let mut row = json!({ "key": key });
    if let Some(value) = guest.get(key) {
        row["value"] = shown(guest.kind, key, value);
    }
    match guest.pending.get(key) {
        Some(Some(value)) => row["pending"] = shown(guest.kind, key, value),
        Some(None) => row["delete"] = json!(1),
        None => {}
    }
    row
}
