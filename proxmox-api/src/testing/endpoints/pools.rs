//! `/pools`: who is in which pool. What a pool's members give whoever has rights on it is in [`auth`](crate::testing::auth).

use serde_json::{Value, json};

use super::cluster::listed;
use super::{Ctx, Route, storage};
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::schema::{self, Kind, Param, opt, req};
use crate::testing::sources::Source::Recorded;
use crate::testing::world::{Pool, World};

const LIST: &[Param] = &[opt("poolid", Kind::Text(256)), opt("type", Kind::Enum(&["qemu", "lxc", "storage"]))];
const CREATE: &[Param] = &[req("poolid", Kind::Text(256)), opt("comment", Kind::Text(usize::MAX))];
const UPDATE: &[Param] = &[
    req("poolid", Kind::Text(256)),
    opt("allow-move", Kind::Bool),
    opt("comment", Kind::Text(usize::MAX)),
    opt("delete", Kind::Bool),
    opt("storage", Kind::List),
    opt("vms", Kind::List),
];
const DELETE: &[Param] = &[req("poolid", Kind::Text(256))];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/pools", Recorded, &[LIST], list).except("members that are storages; a pool that does not exist"),
    Route::post("/pools", Recorded, &[CREATE], create).except("a pool that exists"),
    Route::put("/pools", Recorded, &[UPDATE], update).except(
        "storages; one that is a member already, or is none; a pool that does not exist; rights on the members",
    ),
    Route::delete("/pools", Recorded, &[DELETE], delete).except("a pool that is not empty, or does not exist"),
];

/// All pools that whoever asks may see, or one with its members.
fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let Some(id) = ctx.param("poolid") else {
        let seen = |pool: &(&String, &Pool)| ctx.caller.has(&format!("/pool/{}", pool.0), "Pool.Audit");
        let items = ctx.world.pools.iter().filter(seen).map(|(id, pool)| shown(id, pool));
        return Ok(items.collect::<Value>().into());
    };
    ctx.caller.check(&format!("/pool/{id}"), &["Pool.Audit"])?;
    let pool = ctx.world.pools.get(id).ok_or_else(|| ApiError::internal(format!("pool '{id}' does not exist")))?;
    let of_type = |kind: &str| ctx.param("type").is_none_or(|wanted| wanted == kind);
    let guests = pool.vms.iter().filter_map(|vmid| ctx.world.guests.get(vmid));
    let mut members: Vec<Value> =
        guests.filter(|guest| of_type(guest.kind.path())).map(|guest| listed(ctx.world, guest)).collect();
    if of_type("storage") {
        let held = |item: &Value| item["storage"].as_str().is_some_and(|id| pool.storages.contains(id));
        members.extend(storage::resources(ctx).into_iter().filter(held));
    }
    let mut item = shown(id, pool);
    item["members"] = Value::Array(members);
    Ok(json!([item]).into())
}

fn shown(id: &str, pool: &Pool) -> Value {
    let mut item = json!({ "poolid": id });
    if let Some(comment) = &pool.comment {
        item["comment"] = json!(comment);
    }
    item
}

/// The pool that the request is about, which whoever asks may change.
fn changed(ctx: &Ctx<'_>) -> ApiResult<String> {
    let id = ctx.param("poolid").unwrap_or_default();
    ctx.caller.check(&format!("/pool/{id}"), &["Pool.Allocate"])?;
    Ok(id.to_owned())
}

fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    let id = changed(ctx)?;
    if ctx.world.pools.contains_key(&id) {
        return Err(ApiError::internal(format!("create pool failed: pool '{id}' already exists")));
    }
    let pool = Pool { comment: ctx.param("comment").map(str::to_owned), ..Pool::default() };
    ctx.world.pools.insert(id, pool);
    nothing()
}

fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
    let id = changed(ctx)?;
    let failed = |why: String| ApiError::internal(format!("delete pool failed: pool '{id}' {why}"));
    let pool = ctx.world.pools.get(&id).ok_or_else(|| failed("does not exist".into()))?;
    if let Some(vmid) = pool.vms.first() {
        return Err(failed(format!("is not empty (contains VM {vmid})")));
    }
    if let Some(storage) = pool.storages.first() {
        return Err(failed(format!("is not empty (contains storage '{storage}')")));
    }
    ctx.world.pools.remove(&id);
    nothing()
}

/// `PUT /pools`: adds members, or with `delete` takes them out; all of them or none.
fn update(ctx: &mut Ctx<'_>) -> ApiResult {
    let id = changed(ctx)?;
    let vms = vmids(ctx)?;
    let storages = super::guest::update::names(ctx.param("storage").unwrap_or_default());
    for vmid in &vms {
        ctx.caller.check(&format!("/vms/{vmid}"), &["Permissions.Modify", "VM.Allocate"])?;
    }
    for storage in &storages {
        ctx.caller.check(&format!("/storage/{storage}"), &["Permissions.Modify", "Datastore.Allocate"])?;
    }
    let (remove, allow_move, comment) = (ctx.flag("delete"), ctx.flag("allow-move"), ctx.param("comment"));
    let comment = comment.map(str::to_owned);
    if !ctx.world.pools.contains_key(&id) {
        return Err(failed(format!("pool '{id}' does not exist")));
    }
    for vmid in &vms {
        check_vm(ctx.world, &id, *vmid, remove, allow_move)?;
    }
    for storage in &storages {
        let is_member = ctx.world.pools.get(&id).is_some_and(|pool| pool.storages.contains(storage));
        check_member(&format!("Storage '{storage}'"), is_member, remove)?;
    }
    for vmid in vms {
        // It may be in one pool only.
        ctx.world.pools.values_mut().for_each(|pool| _ = pool.vms.remove(&vmid));
        if let Some(pool) = ctx.world.pools.get_mut(&id).filter(|_| !remove) {
            pool.vms.insert(vmid);
        }
    }
    if let Some(pool) = ctx.world.pools.get_mut(&id) {
        for storage in storages {
            if remove {
                pool.storages.remove(&storage)
            } else {
                pool.storages.insert(storage)
            };
        }
        pool.comment = comment.or_else(|| pool.comment.take());
    }
    nothing()
}

fn failed(why: impl std::fmt::Display) -> ApiError {
    ApiError::internal(format!("update pools failed: {why}"))
}

fn vmids(ctx: &Ctx<'_>) -> ApiResult<Vec<u32>> {
    let names = super::guest::update::names(ctx.param("vms").unwrap_or_default());
    if let Some(error) = names.iter().find_map(|name| schema::verify("vms", Kind::Vmid, name)) {
        return Err(ApiError::parameter("vms", error));
    }
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

fn check_vm(world: &World, id: &str, vmid: u32, remove: bool, allow_move: bool) -> Result<(), ApiError> {
    let now = world.pool_of(vmid);
    if !remove
        && !allow_move
        && let Some(other) = now.filter(|now| *now != id)
    {
        return Err(failed(format!("VM {vmid} belongs already to pool '{other}' and 'allow-move' is not set")));
    }
    check_member(&format!("VM {vmid}"), now == Some(id), remove)
}

fn check_member(what: &str, is_member: bool, remove: bool) -> Result<(), ApiError> {
    match (is_member, remove) {
        (false, true) => Err(failed(format!("{what} is not a pool member"))),
        (true, false) => Err(failed(format!("{what} is already a pool member"))),
        _ => Ok(()),
    }
}
