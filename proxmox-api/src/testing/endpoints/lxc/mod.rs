//! `/nodes/N/lxc`: containers.

mod clone;
mod create;
mod disks;
mod power;

use super::guest::{config, destroy, interfaces, migrate, migration_check, snapshots, status, update};
use super::{Ctx, Route};
use crate::testing::options::lxc::CONFIG;
use crate::testing::schema::{Kind, Param, opt, req};
use crate::testing::sources::Source::{Believed, Recorded, Schema};

const ANY: usize = usize::MAX;

const READ: &[Param] = &[opt("current", Kind::Bool), opt("snapshot", Kind::Text(40))];
const UPDATE: &[Param] = &[opt("delete", Kind::List), opt("digest", Kind::Text(40)), opt("revert", Kind::List)];
const CREATE: &[Param] = &[
    req("vmid", Kind::Vmid),
    req("ostemplate", Kind::Text(255)),
    opt("bwlimit", Kind::Number(0.0, f64::MAX)),
    opt("force", Kind::Bool),
    opt("ha-managed", Kind::Bool),
    opt("ignore-unpack-errors", Kind::Bool),
    opt("password", Kind::Text(ANY)),
    opt("pool", Kind::Text(256)),
    opt("restore", Kind::Bool),
    opt("ssh-public-keys", Kind::Text(ANY)),
    opt("start", Kind::Bool),
    opt("storage", Kind::Storage),
    opt("unique", Kind::Bool),
];
const CLONE: &[Param] = &[
    req("newid", Kind::Vmid),
    opt("bwlimit", Kind::Number(0.0, f64::MAX)),
    opt("description", Kind::Text(ANY)),
    opt("full", Kind::Bool),
    opt("hostname", Kind::DnsName),
    opt("pool", Kind::Text(256)),
    opt("snapname", Kind::Text(40)),
    opt("storage", Kind::Storage),
    opt("target", Kind::Text(256)),
];
const DESTROY: &[Param] =
    &[opt("destroy-unreferenced-disks", Kind::Bool), opt("force", Kind::Bool), opt("purge", Kind::Bool)];
const RESIZE: &[Param] = &[req("disk", Kind::MountSlot), req("size", Kind::Size), opt("digest", Kind::Text(40))];
const START: &[Param] = &[opt("debug", Kind::Bool), opt("skiplock", Kind::Bool)];
const STOP: &[Param] = &[opt("overrule-shutdown", Kind::Bool), opt("skiplock", Kind::Bool)];
const SHUTDOWN: &[Param] = &[opt("forceStop", Kind::Bool), opt("timeout", Kind::Int(0, i64::MAX))];
const REBOOT: &[Param] = &[opt("timeout", Kind::Int(0, i64::MAX))];
const MIGRATE: &[Param] = &[
    req("target", Kind::Text(256)),
    opt("bwlimit", Kind::Number(0.0, f64::MAX)),
    opt("online", Kind::Bool),
    opt("restart", Kind::Bool),
    opt("target-storage", Kind::Text(1024)),
    opt("timeout", Kind::Int(0, i64::MAX)),
];
const MIGRATE_CHECK: &[Param] = &[opt("target", Kind::Text(256))];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/nodes/{node}/lxc", Recorded, &[], status::list),
    Route::post("/nodes/{node}/lxc", Recorded, &[CONFIG, CREATE], create::create),
    Route::get("/nodes/{node}/lxc/{vmid}", Schema, &[], status::index),
    Route::delete("/nodes/{node}/lxc/{vmid}", Recorded, &[DESTROY], destroy::destroy)
        .except("a guest under HA"),
    Route::get("/nodes/{node}/lxc/{vmid}/config", Recorded, &[READ], config::read),
    Route::put("/nodes/{node}/lxc/{vmid}/config", Recorded, &[CONFIG, UPDATE], update::put).locked(),
    Route::get("/nodes/{node}/lxc/{vmid}/pending", Recorded, &[], config::pending),
    Route::post("/nodes/{node}/lxc/{vmid}/clone", Recorded, &[CLONE], clone::clone).locked()
        .except("a clone to another node"),
    Route::put("/nodes/{node}/lxc/{vmid}/resize", Recorded, &[RESIZE], disks::resize).locked(),
    Route::post("/nodes/{node}/lxc/{vmid}/template", Recorded, &[], create::template).locked(),
    Route::get("/nodes/{node}/lxc/{vmid}/migrate", Recorded, &[MIGRATE_CHECK], migration_check::check),
    Route::post("/nodes/{node}/lxc/{vmid}/migrate", Believed, &[MIGRATE], migrate::migrate)
        .except("that it moves stopped ones and restarts running ones was measured; its log, its refusals and `target-storage` are believed; what it asks of HA"),
    Route::get("/nodes/{node}/lxc/{vmid}/interfaces", Recorded, &[], interfaces::of_container)
        .except("a container that does not run"),
    Route::get("/nodes/{node}/lxc/{vmid}/status/current", Recorded, &[], status::current),
    Route::post("/nodes/{node}/lxc/{vmid}/status/start", Recorded, &[START], power::start)
        .except("what it asks of HA"),
    Route::post("/nodes/{node}/lxc/{vmid}/status/stop", Recorded, &[STOP], power::stop)
        .except("what it asks of HA"),
    Route::post("/nodes/{node}/lxc/{vmid}/status/shutdown", Recorded, &[SHUTDOWN], power::shutdown)
        .except("what it asks of HA"),
    Route::post("/nodes/{node}/lxc/{vmid}/status/reboot", Recorded, &[REBOOT], power::reboot),
    Route::post("/nodes/{node}/lxc/{vmid}/status/suspend", Recorded, &[], power::suspend),
    Route::post("/nodes/{node}/lxc/{vmid}/status/resume", Believed, &[], power::resume)
        .except("that it fails like suspending does, for want of CRIU"),
    Route::by_schema("GET", "/nodes/{node}/lxc/{vmid}/snapshot", Recorded, snapshots::list),
    Route::by_schema("POST", "/nodes/{node}/lxc/{vmid}/snapshot", Recorded, snapshots::create).except("volumes that cannot, but for a directory's"),
    Route::by_schema("GET", "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}", Schema, snapshots::index),
    Route::by_schema("DELETE", "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}", Recorded, snapshots::delete),
    Route::by_schema("GET", "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config", Schema, snapshots::config),
    Route::by_schema("PUT", "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config", Schema, snapshots::describe),
    Route::by_schema("POST", "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback", Schema, snapshots::rollback),
];
