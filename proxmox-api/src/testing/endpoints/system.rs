//! A node's clock and its services.

use serde_json::{Value, json};

use super::{Ctx, Route};
use crate::testing::documents::Document;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::sources::Source::{Recorded, Schema};
use crate::testing::tasks::Job;

const BUT: &str = "the kind of its task; a service that is stopped goes on answering";

pub(super) const ROUTES: &[Route] = &[
    Route::by_schema("GET", "/nodes/{node}/time", Recorded, time).except("a zone's local time is UTC's"),
    Route::by_schema("PUT", "/nodes/{node}/time", Schema, set_time),
    Route::by_schema("GET", "/nodes/{node}/services", Recorded, services).except("a few of them"),
    Route::by_schema("GET", "/nodes/{node}/services/{service}/state", Schema, state),
    Route::by_schema("POST", "/nodes/{node}/services/{service}/start", Schema, |ctx| run(ctx, "srvstart", true))
        .except(BUT),
    Route::by_schema("POST", "/nodes/{node}/services/{service}/stop", Schema, |ctx| run(ctx, "srvstop", false))
        .except(BUT),
    Route::by_schema("POST", "/nodes/{node}/services/{service}/restart", Schema, |ctx| run(ctx, "srvrestart", true))
        .except(BUT),
    Route::by_schema("POST", "/nodes/{node}/services/{service}/reload", Schema, |ctx| run(ctx, "srvreload", true))
        .except(BUT),
];

const SERVICES: &[(&str, &str)] = &[
    ("corosync", "corosync.service"),
    ("pve-cluster", "The Proxmox VE cluster filesystem"),
    ("pvedaemon", "PVE API Daemon"),
    ("pveproxy", "PVE API Proxy Server"),
    ("pvestatd", "PVE Status Daemon"),
];

fn check(ctx: &Ctx<'_>, privilege: &str) -> Result<(), ApiError> {
    ctx.caller.check(&format!("/nodes/{}", ctx.node), &[privilege])
}

fn time(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Audit")?;
    let kept = ctx.world.documents.at(&format!("/nodes/{}/time", ctx.node)).first().and_then(|it| it.get("timezone"));
    let (now, zone) = (ctx.world.now(), kept.cloned().unwrap_or_else(|| json!("Etc/UTC")));
    Ok(json!({"localtime": now, "time": now, "timezone": zone}).into())
}

fn set_time(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    let zone = json!(ctx.param("timezone").unwrap_or_default());
    *ctx.world.documents.at_mut(&format!("/nodes/{}/time", ctx.node)) =
        vec![Document::from([("timezone".into(), zone)])];
    nothing()
}

/// Where it is kept that a service was stopped.
fn stopped(node: &str, service: &str) -> String {
    format!("/nodes/{node}/services/{service}")
}

fn shown(ctx: &Ctx<'_>, (name, desc): (&str, &str)) -> Value {
    let runs = ctx.world.documents.at(&stopped(&ctx.node, name)).is_empty();
    let (state, active) = if runs { ("running", "active") } else { ("dead", "inactive") };
    json!({"name": name, "service": name, "desc": desc, "state": state, "active-state": active, "unit-state": "enabled"})
}

fn services(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Audit")?;
    Ok(SERVICES.iter().map(|service| shown(ctx, *service)).collect::<Value>().into())
}

/// The service of the path.
fn known(ctx: &Ctx<'_>) -> ApiResult<(&'static str, &'static str)> {
    let named = SERVICES.iter().find(|(name, _)| *name == ctx.path[3]);
    named
        .copied()
        .ok_or_else(|| ApiError::parameter("service", "value does not have a value in the enumeration".to_owned()))
}

fn state(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Audit")?;
    let service = known(ctx)?;
    Ok(shown(ctx, service).into())
}

fn run(ctx: &mut Ctx<'_>, kind: &'static str, runs: bool) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    let (name, _) = known(ctx)?;
    let place = stopped(&ctx.node, name);
    let step = move |world: &mut crate::testing::world::World, _: &mut Vec<String>| {
        *world.documents.at_mut(&place) = if runs { Vec::new() } else { vec![Document::new()] };
        Ok(())
    };
    ctx.spawn(Job { kind, id: name.to_owned(), locks: None, steps: vec![Box::new(step)], cleanup: None })
}
