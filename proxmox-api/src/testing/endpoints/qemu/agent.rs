//! The guest agent. Recorded is that it is not running; its answers are those of its own documentation, and what runs
//! within the machine is believed: `echo` and `cat` write what they are given, no other program is there.

use serde_json::{Value, json};

use super::super::{Ctx, Route};
use crate::testing::endpoints::guest::interfaces::agent_of;
use crate::testing::guest::Guest;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::sources::Source::Believed;

const BUT: &str = "what the agent within says; that none runs was recorded";

macro_rules! agent {
    ($method:literal, $rest:literal, $run:expr) => {
        Route::by_schema($method, concat!("/nodes/{node}/qemu/{vmid}/agent/", $rest), Believed, $run).except(BUT)
    };
}

pub(in crate::testing::endpoints) const ROUTES: &[Route] = &[
    agent!("POST", "ping", |ctx| answer(ctx, |_| json!({}))),
    agent!("GET", "get-osinfo", |ctx| answer(ctx, |_| os())),
    agent!("GET", "get-host-name", |ctx| answer(
        ctx,
        |guest| json!({"host-name": guest.name().unwrap_or("localhost")})
    )),
    agent!("POST", "fsfreeze-freeze", |ctx| freeze(ctx, true)),
    agent!("POST", "fsfreeze-thaw", |ctx| freeze(ctx, false)),
    agent!("POST", "fsfreeze-status", |ctx| answer(ctx, |guest| json!(if guest.frozen { "frozen" } else { "thawed" }))),
    agent!("POST", "fstrim", |ctx| answer(ctx, |_| json!({"paths": []}))),
    agent!("POST", "exec", exec),
    agent!("GET", "exec-status", exec_status),
];

fn os() -> Value {
    json!({
        "id": "debian", "name": "Debian GNU/Linux", "pretty-name": "Debian GNU/Linux 12 (bookworm)", "version": "12 (bookworm)",
        "version-id": "12", "kernel-release": "6.1.0-32-amd64", "machine": "x86_64",
    })
}

fn answer(ctx: &mut Ctx<'_>, of: impl FnOnce(&Guest) -> Value) -> ApiResult {
    let guest = agent_of(ctx, &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"])?;
    Ok(json!({ "result": of(guest) }).into())
}

/// One file system.
fn freeze(ctx: &mut Ctx<'_>, frozen: bool) -> ApiResult {
    agent_of(ctx, &["VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"])?;
    let place = ctx.place();
    let guest = ctx.world.guest_mut(&place).map_err(ApiError::internal)?;
    let changed = guest.frozen != frozen;
    guest.frozen = frozen;
    Ok(json!({ "result": u8::from(changed) }).into())
}

fn exec(ctx: &mut Ctx<'_>) -> ApiResult {
    agent_of(ctx, &["VM.GuestAgent.Unrestricted"])?;
    let command: Vec<String> = ctx.param("command").unwrap_or_default().split('\0').map(str::to_owned).collect();
    let output = match command[0].rsplit('/').next().unwrap_or_default() {
        "echo" => format!("{}\n", command[1..].join(" ")),
        "cat" => ctx.param("input-data").unwrap_or_default().to_owned(),
        _ => {
            let text =
                format!("Agent error: Failed to execute child process “{}” (No such file or directory)", command[0]);
            return Err(ApiError::internal(text));
        }
    };
    let pid = ctx.world.count();
    let place = ctx.place();
    ctx.world.guest_mut(&place).map_err(ApiError::internal)?.programs.insert(pid, output);
    Ok(json!({ "pid": pid }).into())
}

/// Once: the agent forgets what it has told.
fn exec_status(ctx: &mut Ctx<'_>) -> ApiResult {
    agent_of(ctx, &["VM.GuestAgent.Unrestricted"])?;
    let pid = ctx.number("pid").and_then(|pid| u32::try_from(pid).ok()).unwrap_or_default();
    let place = ctx.place();
    let output = ctx.world.guest_mut(&place).map_err(ApiError::internal)?.programs.remove(&pid);
    let output = output.ok_or_else(|| ApiError::internal("Agent error: Invalid parameter 'pid'"))?;
    Ok(json!({"exited": 1, "exitcode": 0, "out-data": output}).into())
}
