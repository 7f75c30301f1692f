//! What a console is opened with. Nobody listens at the port, and the task is over.

use serde_json::{Value, json};

use super::{Ctx, Route};
use crate::testing::reply::ApiResult;
use crate::testing::sources::Source::{Recorded, Schema};
use crate::testing::tasks::Job;

const BUT: &str = "nobody listens at the port, and the task is over at once";

pub(super) const ROUTES: &[Route] = &[
    Route::by_schema("POST", "/nodes/{node}/qemu/{vmid}/vncproxy", Recorded, vnc).except(BUT),
    Route::by_schema("POST", "/nodes/{node}/lxc/{vmid}/vncproxy", Schema, vnc).except(BUT),
    Route::by_schema("POST", "/nodes/{node}/qemu/{vmid}/termproxy", Schema, terminal).except(BUT),
    Route::by_schema("POST", "/nodes/{node}/lxc/{vmid}/termproxy", Schema, terminal).except(BUT),
    Route::by_schema("POST", "/nodes/{node}/termproxy", Schema, of_node).except(BUT),
    Route::by_schema("POST", "/nodes/{node}/qemu/{vmid}/spiceproxy", Schema, spice).except(BUT),
    Route::by_schema("POST", "/nodes/{node}/lxc/{vmid}/spiceproxy", Schema, spice).except(BUT),
];

/// The port (text, as recorded), the ticket and the task of a console.
fn opened(ctx: &mut Ctx<'_>, kind: &'static str) -> Value {
    let id = if ctx.vmid == 0 { String::new() } else { ctx.vmid.to_string() };
    let job = Job { kind, id, locks: None, steps: Vec::new(), cleanup: None };
    let upid = ctx.world.spawn(&ctx.node, &ctx.caller, ctx.task_fault.take(), job);
    let number = ctx.world.count();
    json!({"port": "5900", "upid": upid, "user": ctx.caller.full_name(), "ticket": format!("PVEVNC:{number:08X}::fake")})
}

fn vnc(ctx: &mut Ctx<'_>) -> ApiResult {
    of_guest(ctx)?;
    let mut answer = opened(ctx, "vncproxy");
    answer["cert"] = json!("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    if ctx.flag("generate-password") {
        answer["password"] = json!("fake-one");
    }
    Ok(answer.into())
}

fn terminal(ctx: &mut Ctx<'_>) -> ApiResult {
    of_guest(ctx)?;
    Ok(opened(ctx, "vncproxy").into())
}

fn of_node(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.caller.check(&format!("/nodes/{}", ctx.node), &["Sys.Console"])?;
    Ok(opened(ctx, "vncshell").into())
}

fn spice(ctx: &mut Ctx<'_>) -> ApiResult {
    of_guest(ctx)?;
    opened(ctx, "spiceproxy");
    let proxy = ctx.param("proxy").unwrap_or(&ctx.node);
    Ok(json!({"type": "spice", "host": "fake", "proxy": format!("http://{proxy}:3128"), "tls-port": 61000, "password": "fake"})
        .into())
}

fn of_guest(ctx: &Ctx<'_>) -> Result<(), crate::testing::reply::ApiError> {
    ctx.check_vm(&["VM.Console"])?;
    ctx.world.guest_on(&ctx.place()).map(drop)
}
