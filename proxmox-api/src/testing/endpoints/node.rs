//! `/nodes` and what concerns a node as such.

use serde_json::{Value, json};

use super::cluster::{node_resource, version};
use super::{Ctx, Route};
use crate::testing::formats::GIB;
use crate::testing::guest::NODE_CPUS;
use crate::testing::reply::ApiResult;
use crate::testing::sources::Source::Recorded;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/nodes", Recorded, &[], list).except("a node that is down"),
    Route::get("/nodes/{node}/version", Recorded, &[], |_| Ok(version().into())),
    Route::get("/nodes/{node}/status", Recorded, &[], status).except("most keys are left out"),
];

fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let nodes = ctx.world.nodes.iter().enumerate().map(|(at, node)| {
        let mut item = node_resource(ctx, node);
        if let Some(item) = item.as_object_mut() {
            item.remove("cgroup-mode");
            let fingerprint: Vec<String> = (0..32).map(|n| format!("{:02X}", (n * 7 + at) % 256)).collect();
            item.insert("ssl_fingerprint".into(), fingerprint.join(":").into());
        }
        item
    });
    Ok(nodes.collect::<Value>().into())
}

fn status(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.caller.check(&format!("/nodes/{}", ctx.node), &["Sys.Audit"])?;
    Ok(json!({
        "pveversion": "pve-manager/9.1.7/0307225d4bc8b3ed", "uptime": 86_400, "cpu": 0.02, "wait": 0,
        "loadavg": ["0.10", "0.12", "0.09"], "cpuinfo": {"cpus": NODE_CPUS, "cores": 8, "sockets": 1},
        "memory": {"total": 128 * GIB, "used": 2 * GIB, "free": 126 * GIB, "available": 126 * GIB},
        "rootfs": {"total": 250 * GIB, "used": 20 * GIB, "free": 230 * GIB, "avail": 230 * GIB},
    })
    .into())
}
