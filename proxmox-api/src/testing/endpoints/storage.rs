//! `/storage`, a node's storages and their content.

use serde_json::{Value, json};

use super::{Ctx, Route, backup};
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::request::UPLOADED;
use crate::testing::schema::{Kind, Param, opt};
use crate::testing::sources::Source::{Recorded, Schema};
use crate::testing::storage::{Storage, Volume, storage_of};
use crate::testing::tasks::Job;
use crate::testing::world::World;

const LIST: &[Param] = &[opt("type", Kind::Text(32))];
const NODE_LIST: &[Param] = &[
    opt("storage", Kind::Storage),
    opt("content", Kind::Text(256)),
    opt("enabled", Kind::Bool),
    opt("target", Kind::Text(256)),
    opt("format", Kind::Bool),
];
const CONTENT: &[Param] = &[opt("content", Kind::Text(256)), opt("vmid", Kind::Vmid)];
const REMOVE: &[Param] = &[opt("delay", Kind::Int(1, 30))];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/storage", Recorded, &[LIST], list),
    Route::get("/nodes/{node}/storage", Recorded, &[NODE_LIST], node_list),
    Route::get("/nodes/{node}/storage/{storage}/content", Recorded, &[CONTENT], content),
    Route::delete("/nodes/{node}/storage/{storage}/content/{volume}", Recorded, &[REMOVE], remove),
    Route::by_schema("POST", "/nodes/{node}/storage/{storage}/upload", Schema, upload)
        .except("only the size of the file is kept, and no checksum is compared; the texts of errors"),
    Route::by_schema("POST", "/nodes/{node}/storage/{storage}/download-url", Schema, download)
        .except("nothing is fetched, and the file is empty; the texts of errors"),
    Route::by_schema("GET", "/nodes/{node}/storage/{storage}/status", Schema, status),
];

fn may_see(ctx: &Ctx<'_>, storage: &Storage) -> bool {
    let path = format!("/storage/{}", storage.id);
    ctx.caller.has(&path, "Datastore.Audit") || ctx.caller.has(&path, "Datastore.AllocateSpace")
}

fn used(world: &World, storage: &Storage, node: &str) -> u64 {
    world
        .volumes
        .iter()
        .filter(|v| storage_of(&v.volid) == Some(&storage.id) && v.node.as_deref().is_none_or(|n| n == node))
        .map(|v| v.size)
        .sum()
}

fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let items =
        ctx.world.storages.iter().filter(|s| may_see(ctx, s) && ctx.param("type").is_none_or(|t| t == s.plugin)).map(
            |s| {
                let mut item = json!({
                    "storage": s.id, "type": s.plugin, "content": s.content, "digest": "0".repeat(40),
                });
                if s.plugin == "dir" {
                    item["path"] = json!(format!("/var/lib/{}", s.id));
                }
                // An option of plugins that may be shared or not, shown where the operator has set it.
                if s.plugin == "dir" && s.shared {
                    item["shared"] = json!(1);
                }
                if !s.nodes.is_empty() {
                    item["nodes"] = json!(s.nodes.join(","));
                }
                if !s.enabled {
                    item["disable"] = json!(1);
                }
                item
            },
        );
    Ok(items.collect::<Value>().into())
}

fn node_list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let wanted = |s: &Storage| {
        s.is_on(&ctx.node)
            && ctx.param("target").is_none_or(|t| s.is_on(t))
            && ctx.param("storage").is_none_or(|id| id == s.id)
            && ctx.param("content").is_none_or(|c| c.split(',').any(|c| s.holds(c)))
            && (!ctx.flag("enabled") || s.enabled)
            && may_see(ctx, s)
    };
    let items = ctx.world.storages.iter().filter(|s| wanted(s)).map(|s| {
        let used = used(ctx.world, s, &ctx.node);
        let mut item = json!({
            "storage": s.id, "type": s.plugin, "content": s.content, "shared": u8::from(s.shared),
            "enabled": u8::from(s.enabled), "active": u8::from(s.enabled),
        });
        if s.enabled {
            item["total"] = json!(s.total);
            item["used"] = json!(used);
            item["avail"] = json!(s.total.saturating_sub(used));
            item["used_fraction"] = json!(used as f64 / s.total as f64);
        }
        item
    });
    Ok(items.collect::<Value>().into())
}

/// The storages as `/cluster/resources` lists them: once per node.
pub(super) fn resources(ctx: &Ctx<'_>) -> Vec<Value> {
    let mut items = Vec::new();
    for node in &ctx.world.nodes {
        for s in ctx.world.storages.iter().filter(|s| s.enabled && s.is_on(&node.name) && may_see(ctx, s)) {
            let mut item = json!({
                "type": "storage", "id": format!("storage/{}/{}", node.name, s.id), "storage": s.id,
                "node": node.name, "shared": u8::from(s.shared), "content": s.content, "plugintype": s.plugin,
                "status": if node.online { "available" } else { "unknown" },
            });
            if node.online {
                item["maxdisk"] = json!(s.total);
                item["disk"] = json!(used(ctx.world, s, &node.name));
            }
            items.push(item);
        }
    }
    items
}

fn content(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let storage = ctx.world.storage_on(&ctx.path[3], &ctx.node)?;
    if !may_see(ctx, storage) {
        let path = format!("/storage/{}", storage.id);
        ctx.caller.check(&path, &["Datastore.Audit", "Datastore.AllocateSpace"])?;
    }
    let content = ctx.param("content");
    let vmid = ctx.number("vmid");
    let items = ctx
        .world
        .volumes
        .iter()
        .filter(|v| storage_of(&v.volid) == Some(&storage.id) && content.is_none_or(|c| c == v.content))
        .filter(|v| v.node.as_deref().is_none_or(|n| n == ctx.node) && vmid.is_none_or(|id| id == u64::from(v.vmid)))
        .map(|v| {
            let mut item = json!({
                "volid": v.volid, "content": v.content, "format": v.format, "size": v.size, "ctime": v.ctime,
            });
            if v.vmid != 0 {
                item["vmid"] = json!(v.vmid);
                item["used"] = json!(v.size);
                item["parent"] = json!(v.base);
            }
            if let Some(subtype) = backup::subtype(v) {
                item["subtype"] = subtype;
            }
            // In the schema of Proxmox VE 9.1.7.
            if let Some(notes) = &v.notes {
                item["notes"] = json!(notes);
            }
            if v.protected {
                item["protected"] = json!(1);
            }
            item
        });
    Ok(items.collect::<Value>().into())
}

fn remove(ctx: &mut Ctx<'_>) -> ApiResult {
    let (storage, volume) = (ctx.path[3].clone(), ctx.path[5].clone());
    ctx.world.storage_on(&storage, &ctx.node)?;
    ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace", "Datastore.Allocate"])?;
    let volid = if volume.contains(':') { volume } else { format!("{storage}:{volume}") };
    if storage_of(&volid) != Some(&storage) {
        return Err(ApiError::internal(format!("wrong storage in volume id '{volid}'")));
    }
    let node = ctx.node.clone();
    let owner = ctx.world.volume(&volid, &node).map_or(0, |v| v.vmid);
    let job = Job {
        kind: "imgdel",
        id: format!("{owner}@{storage}"),
        locks: None,
        steps: vec![Box::new(move |world, log| {
            world.remove_volume(&volid, &node);
            log.push(format!("Removed volume '{volid}'"));
            Ok(())
        })],
        cleanup: None,
    };
    ctx.spawn(job)
}

fn status(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let storage = ctx.world.storage_on(&ctx.path[3], &ctx.node)?;
    ctx.caller.check(&format!("/storage/{}", storage.id), &["Datastore.Audit", "Datastore.AllocateSpace"])?;
    let used = used(ctx.world, storage, &ctx.node);
    Ok(json!({
        "type": storage.plugin, "content": storage.content, "shared": u8::from(storage.shared), "enabled": 1, "active": 1,
        "total": storage.total, "used": used, "avail": storage.total.saturating_sub(used),
    })
    .into())
}

fn upload(ctx: &mut Ctx<'_>) -> ApiResult {
    let size = ctx.param("tmpfilename").and_then(|name| name.strip_prefix(UPLOADED)?.parse().ok());
    let size = size.ok_or_else(|| ApiError::parameter("tmpfilename", "there is no file in the request"))?;
    put_file(ctx, "imgcopy", size)
}

fn download(ctx: &mut Ctx<'_>) -> ApiResult {
    put_file(ctx, "download", 0)
}

/// Starts the task that puts a file on the storage.
fn put_file(ctx: &mut Ctx<'_>, kind: &'static str, size: u64) -> ApiResult {
    let storage = ctx.world.storage_on(&ctx.path[3], &ctx.node)?.clone();
    ctx.caller.check(&format!("/storage/{}", storage.id), &["Datastore.AllocateTemplate"])?;
    let content = match ctx.param("content") {
        Some("vztmpl") => "vztmpl",
        Some("import") => "import",
        _ => "iso",
    };
    if !storage.holds(content) {
        return Err(ApiError::internal(format!("can't upload to storage '{}': content type '{content}'", storage.id)));
    }
    let name = ctx.param("filename").unwrap_or_default().to_owned();
    let volid = format!("{}:{content}/{name}", storage.id);
    let format = name.rsplit('.').next().unwrap_or_default().to_owned();
    let node = (!storage.shared).then(|| ctx.node.clone());
    let here = ctx.node.clone();
    let step = move |world: &mut World, log: &mut Vec<String>| {
        world.remove_volume(&volid, &here);
        log.push(format!("target file: {volid}"));
        let ctime = world.now();
        let (base, notes, protected) = (None, None, false);
        world.volumes.push(Volume { volid, node, vmid: 0, content, size, format, base, notes, protected, ctime });
        Ok(())
    };
    ctx.spawn(Job { kind, id: String::new(), locks: None, steps: vec![Box::new(step)], cleanup: None })
}
