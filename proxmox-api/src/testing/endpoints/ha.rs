//! `/cluster/ha/resources`: the guests that HA manages, and with what options.

use serde_json::{Value, json};

use super::{Ctx, Route};
use crate::testing::documents::{Document, digest};
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::sources::Source::{Recorded, Schema};

const BUT: &str = "the texts of errors are believed";

pub(super) const ROUTES: &[Route] = &[
    Route::by_schema("GET", "/cluster/ha/resources", Recorded, list).except("the items: it was seen empty only"),
    Route::by_schema("POST", "/cluster/ha/resources", Schema, create).except(BUT),
    Route::by_schema("GET", "/cluster/ha/resources/{sid}", Schema, get).except(BUT),
    Route::by_schema("PUT", "/cluster/ha/resources/{sid}", Schema, update)
        .except("`state` is kept, and starts or stops nothing"),
    Route::by_schema("DELETE", "/cluster/ha/resources/{sid}", Schema, delete).except(BUT),
];

/// What a guest is managed with that a test put under HA.
fn shown(ctx: &Ctx<'_>, vmid: u32) -> Value {
    let kind = ctx.world.guests.get(&vmid).map_or("vm", |guest| guest.kind.of("vm", "ct"));
    let mut item = json!({"sid": format!("{kind}:{vmid}"), "type": kind, "state": "started"});
    let kept = ctx.world.documents.at(&place(vmid)).first();
    for (name, value) in kept.into_iter().flatten() {
        item[name] = value.clone();
    }
    item["digest"] = json!(digest(&item.to_string()));
    item
}

fn place(vmid: u32) -> String {
    format!("{}/ha", super::of_guest(vmid))
}

/// `vm:100`, `ct:200`, or the VMID alone.
fn vmid_of(sid: &str) -> Option<u32> {
    sid.rsplit(':').next()?.parse().ok()
}

fn named(ctx: &Ctx<'_>, privilege: &str) -> ApiResult<u32> {
    ctx.caller.check("/", &[privilege])?;
    let sid = ctx.path.last().map(String::as_str).unwrap_or_default();
    let found = vmid_of(sid).filter(|vmid| ctx.world.ha.contains(vmid));
    found.ok_or_else(|| ApiError::internal(format!("no such resource '{sid}'")))
}

fn kept(ctx: &Ctx<'_>) -> Document {
    let kept = ctx.params.iter().filter(|(name, _)| !matches!(name.as_str(), "sid" | "digest" | "delete" | "type"));
    kept.map(|(name, text)| (name.clone(), text.parse::<i64>().map_or_else(|_| json!(text), Value::from))).collect()
}

fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    ctx.caller.check("/", &["Sys.Audit"])?;
    let there = ctx.world.ha.iter().filter(|vmid| ctx.world.guests.contains_key(vmid));
    let items = there.map(|vmid| shown(ctx, *vmid));
    Ok(items.filter(|item| ctx.param("type").is_none_or(|kind| item["type"] == kind)).collect::<Value>().into())
}

fn get(ctx: &mut Ctx<'_>) -> ApiResult {
    let vmid = named(ctx, "Sys.Audit")?;
    Ok(shown(ctx, vmid).into())
}

fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.caller.check("/", &["Sys.Console"])?;
    let sid = ctx.param("sid").unwrap_or_default().to_owned();
    let vmid = vmid_of(&sid).filter(|vmid| ctx.world.guests.contains_key(vmid));
    let vmid = vmid.ok_or_else(|| ApiError::internal(format!("unable to add resource '{sid}': no such guest")))?;
    if !ctx.world.ha.insert(vmid) {
        return Err(ApiError::internal(format!("resource ID '{sid}' already defined")));
    }
    let document = kept(ctx);
    *ctx.world.documents.at_mut(&place(vmid)) = vec![document];
    nothing()
}

fn update(ctx: &mut Ctx<'_>) -> ApiResult {
    let vmid = named(ctx, "Sys.Console")?;
    let changes = kept(ctx);
    let deleted = super::guest::update::names(ctx.param("delete").unwrap_or_default());
    let documents = ctx.world.documents.at_mut(&place(vmid));
    let mut document = documents.pop().unwrap_or_default();
    document.extend(changes);
    document.retain(|name, _| !deleted.contains(name));
    documents.push(document);
    nothing()
}

fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
    let vmid = named(ctx, "Sys.Console")?;
    ctx.world.ha.remove(&vmid);
    ctx.world.documents.forget(&place(vmid));
    nothing()
}
