//! Tasks: lists, status, log, interruption.

use serde_json::{Value, json};

use super::{Ctx, Route};
use crate::testing::reply::{Answer, ApiError, ApiResult, nothing};
use crate::testing::schema::{Kind, Param, opt};
use crate::testing::sources::Source::Recorded;
use crate::testing::tasks::Task;

const LIST: &[Param] = &[
    opt("errors", Kind::Bool),
    opt("limit", Kind::Int(0, i64::MAX)),
    opt("since", Kind::Int(i64::MIN, i64::MAX)),
    opt("source", Kind::Enum(&["archive", "active", "all"])),
    opt("start", Kind::Int(0, i64::MAX)),
    opt("statusfilter", Kind::Text(256)),
    opt("typefilter", Kind::Text(256)),
    opt("until", Kind::Int(i64::MIN, i64::MAX)),
    opt("userfilter", Kind::Text(256)),
    opt("vmid", Kind::Vmid),
];
const LOG: &[Param] =
    &[opt("start", Kind::Int(0, i64::MAX)), opt("limit", Kind::Int(0, i64::MAX)), opt("download", Kind::Bool)];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/nodes/{node}/tasks", Recorded, &[LIST], list),
    Route::get("/nodes/{node}/tasks/{upid}/status", Recorded, &[], status),
    Route::get("/nodes/{node}/tasks/{upid}/log", Recorded, &[LOG], log),
    Route::delete("/nodes/{node}/tasks/{upid}", Recorded, &[], interrupt),
];

/// Whether the caller may see a task: its own, or with Sys.Audit. Another token of the same user is a stranger.
fn may_see(ctx: &Ctx<'_>, task: &Task) -> bool {
    ctx.caller.has(&format!("/nodes/{}", task.node), "Sys.Audit") || task.full_user() == ctx.caller.full_name()
}

fn common(task: &Task) -> Value {
    let mut item = json!({
        "upid": task.upid, "node": task.node, "pid": task.pid, "pstart": task.pstart, "starttime": task.starttime,
        "type": task.kind, "id": task.id, "user": task.user,
    });
    if let Some(token) = &task.tokenid {
        item["tokenid"] = json!(token);
    }
    item
}

/// A finished task as lists show it.
fn finished(task: &Task) -> Value {
    let mut item = common(task);
    item["endtime"] = json!(task.endtime);
    item["status"] = json!(task.exit);
    item
}

fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let source = ctx.param("source").unwrap_or("archive");
    let wanted = |task: &&Task| {
        task.node == ctx.node
            && may_see(ctx, task)
            && match source {
                "active" => task.is_running(),
                "all" => true,
                _ => !task.is_running(),
            }
            && (!ctx.flag("errors") || task.has_failed())
            && ctx.param("vmid").is_none_or(|v| v == task.id)
            && ctx.param("typefilter").is_none_or(|t| task.kind.contains(t))
            && ctx.param("userfilter").is_none_or(|u| task.full_user().contains(u))
            && ctx.number("since").is_none_or(|s| task.starttime >= s)
            && ctx.number("until").is_none_or(|u| task.starttime <= u)
    };
    let all: Vec<Value> = ctx
        .world
        .tasks
        .iter()
        .rev()
        .filter(wanted)
        .map(|task| {
            if !task.is_running() {
                return finished(task);
            }
            let mut item = common(task);
            item["status"] = json!("RUNNING");
            item["user"] = json!(task.full_user());
            item["saved"] = json!("0");
            if let Some(item) = item.as_object_mut() {
                item.remove("tokenid");
            }
            item
        })
        .collect();
    let total = all.len();
    let start = usize::try_from(ctx.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = usize::try_from(ctx.number("limit").unwrap_or(50)).unwrap_or(usize::MAX);
    let data = all.into_iter().skip(start).take(limit).collect();
    Ok(Answer { data, total: Some(total) })
}

/// `GET /cluster/tasks`: the running ones and the last finished ones of all nodes.
pub(super) fn cluster_list(ctx: &mut Ctx<'_>) -> ApiResult {
    let ctx = &*ctx;
    let tasks = ctx.world.tasks.iter().rev().filter(|t| may_see(ctx, t)).take(25);
    let items = tasks.map(|task| {
        if task.is_running() {
            let mut item = common(task);
            if let Some(item) = item.as_object_mut() {
                item.remove("pstart");
            }
            item
        } else {
            let mut item = finished(task);
            if let Some(item) = item.as_object_mut() {
                item.remove("pid");
                item.remove("pstart");
                item.insert("saved".into(), json!("1"));
            }
            item
        }
    });
    Ok(items.collect::<Value>().into())
}

/// Whether a text has the shape of a UPID.
fn is_upid(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let hex = |s: &str| s.len() >= 8 && s.bytes().all(|b| b.is_ascii_hexdigit());
    matches!(parts.as_slice(), ["UPID", node, pid, pstart, start, kind, _, user, ""]
        if !node.is_empty() && hex(pid) && hex(pstart) && hex(start) && !kind.is_empty() && user.contains('@'))
}

/// The task of the path, or `None` if its UPID is well-formed and unknown.
fn task_at(ctx: &Ctx<'_>) -> Result<Option<usize>, ApiError> {
    let upid = &ctx.path[3];
    if !is_upid(upid) {
        return Err(ApiError::parameter("upid", "unable to parse worker upid"));
    }
    let at = ctx.world.tasks.iter().position(|t| &t.upid == upid);
    match at {
        Some(at) if !may_see(ctx, &ctx.world.tasks[at]) => {
            ctx.caller.check(&format!("/nodes/{}", ctx.node), &["Sys.Audit"])?;
            Ok(None)
        }
        at => Ok(at),
    }
}

fn status(ctx: &mut Ctx<'_>) -> ApiResult {
    let Some(at) = task_at(ctx)? else { return Err(ApiError::parameter("upid", "no such task")) };
    let task = &ctx.world.tasks[at];
    let mut item = common(task);
    match &task.exit {
        None => item["status"] = json!("running"),
        Some(exit) => {
            item["status"] = json!("stopped");
            item["exitstatus"] = json!(exit);
        }
    }
    Ok(item.into())
}

fn log(ctx: &mut Ctx<'_>) -> ApiResult {
    // The log of an unknown task is no error but a line that says so.
    let unknown = ["unable to open file - No such file or directory".to_owned()];
    let nothing = ["no content".to_owned()];
    let at = task_at(ctx)?;
    let start = usize::try_from(ctx.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = match ctx.number("limit").unwrap_or(50) {
        // 0 means all.
        0 => usize::MAX,
        n => usize::try_from(n).unwrap_or(usize::MAX),
    };
    let lines: &[String] = match at {
        None => &unknown,
        Some(at) => &ctx.world.tasks[at].log,
    };
    let shown: Vec<Value> =
        lines.iter().enumerate().skip(start).take(limit).map(|(n, t)| json!({"n": n + 1, "t": t})).collect();
    if shown.is_empty() {
        let data = json!([{"n": 1, "t": nothing[0]}]);
        return Ok(Answer { data, total: Some(1) });
    }
    Ok(Answer { data: Value::Array(shown), total: Some(lines.len()) })
}

fn interrupt(ctx: &mut Ctx<'_>) -> ApiResult {
    let upid = ctx.path[3].clone();
    if !is_upid(&upid) {
        return Err(ApiError::parameter("upid", "unable to parse worker upid"));
    }
    let at = ctx.world.tasks.iter().position(|t| t.upid == upid);
    if let Some(at) = at {
        if ctx.world.tasks[at].full_user() != ctx.caller.full_name() {
            ctx.caller.check(&format!("/nodes/{}", ctx.node), &["Sys.Modify"])?;
        }
        ctx.world.interrupt_task(at);
    }
    nothing()
}
