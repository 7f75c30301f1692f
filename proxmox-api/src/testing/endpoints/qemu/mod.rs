//! `/nodes/N/qemu`: virtual machines.

mod agent;
mod clone;
mod cloudinit;
mod create;
mod disks;
mod power;

use super::guest::{config, destroy, interfaces, migrate, migration_check, snapshots, status, update};
use super::{Ctx, Route};
use crate::testing::options::qemu::CONFIG;
use crate::testing::schema::{Kind, Param, opt, req};
use crate::testing::sources::Source::{Recorded, Schema};

pub(super) use agent::ROUTES as AGENT_ROUTES;

const ANY: usize = usize::MAX;

const LIST: &[Param] = &[opt("full", Kind::Bool)];
const READ: &[Param] = &[opt("current", Kind::Bool), opt("snapshot", Kind::Text(40))];
const UPDATE: &[Param] = &[
    opt("delete", Kind::List),
    opt("digest", Kind::Text(40)),
    opt("force", Kind::Bool),
    opt("revert", Kind::List),
    opt("skiplock", Kind::Bool),
];
const UPDATE_ASYNC: &[Param] =
    &[opt("background_delay", Kind::Int(1, 30)), opt("import-working-storage", Kind::Storage)];
const CREATE: &[Param] = &[
    req("vmid", Kind::Vmid),
    opt("archive", Kind::Text(255)),
    opt("bwlimit", Kind::Int(0, i64::MAX)),
    opt("force", Kind::Bool),
    opt("ha-managed", Kind::Bool),
    opt("import-working-storage", Kind::Storage),
    opt("live-restore", Kind::Bool),
    opt("pool", Kind::Text(256)),
    opt("start", Kind::Bool),
    opt("storage", Kind::Storage),
    opt("unique", Kind::Bool),
];
const CLONE: &[Param] = &[
    req("newid", Kind::Vmid),
    opt("bwlimit", Kind::Int(0, i64::MAX)),
    opt("description", Kind::Text(ANY)),
    opt("format", Kind::Enum(&["raw", "qcow2", "vmdk"])),
    opt("full", Kind::Bool),
    opt("name", Kind::DnsName),
    opt("pool", Kind::Text(256)),
    opt("snapname", Kind::Text(40)),
    opt("storage", Kind::Storage),
    opt("target", Kind::Text(256)),
];
const DESTROY: &[Param] =
    &[opt("destroy-unreferenced-disks", Kind::Bool), opt("purge", Kind::Bool), opt("skiplock", Kind::Bool)];
const RESIZE: &[Param] =
    &[req("disk", Kind::Slot), req("size", Kind::Size), opt("digest", Kind::Text(40)), opt("skiplock", Kind::Bool)];
const UNLINK: &[Param] = &[req("idlist", Kind::List), opt("force", Kind::Bool)];
const START: &[Param] = &[
    opt("force-cpu", Kind::Text(ANY)),
    opt("machine", Kind::Text(ANY)),
    opt("migratedfrom", Kind::Text(256)),
    opt("migration_network", Kind::Text(64)),
    opt("migration_type", Kind::Enum(&["secure", "insecure"])),
    opt("nets-host-mtu", Kind::Text(ANY)),
    opt("stateuri", Kind::Text(128)),
    opt("targetstorage", Kind::Text(1024)),
    opt("with-conntrack-state", Kind::Bool),
    opt("skiplock", Kind::Bool),
    opt("timeout", Kind::Int(0, i64::MAX)),
];
const STOP: &[Param] = &[
    opt("keepActive", Kind::Bool),
    opt("migratedfrom", Kind::Text(256)),
    opt("overrule-shutdown", Kind::Bool),
    opt("skiplock", Kind::Bool),
    opt("timeout", Kind::Int(0, i64::MAX)),
];
const SHUTDOWN: &[Param] = &[
    opt("forceStop", Kind::Bool),
    opt("keepActive", Kind::Bool),
    opt("skiplock", Kind::Bool),
    opt("timeout", Kind::Int(0, i64::MAX)),
];
const REBOOT: &[Param] = &[opt("timeout", Kind::Int(0, i64::MAX))];
const RESET: &[Param] = &[opt("skiplock", Kind::Bool)];
const SUSPEND: &[Param] = &[opt("skiplock", Kind::Bool), opt("statestorage", Kind::Storage), opt("todisk", Kind::Bool)];
const RESUME: &[Param] = &[opt("nocheck", Kind::Bool), opt("skiplock", Kind::Bool)];
const TEMPLATE: &[Param] = &[opt("disk", Kind::Slot)];
const MIGRATE: &[Param] = &[
    req("target", Kind::Text(256)),
    opt("bwlimit", Kind::Int(0, i64::MAX)),
    opt("force", Kind::Bool),
    opt("migration_network", Kind::Text(64)),
    opt("migration_type", Kind::Enum(&["secure", "insecure"])),
    opt("online", Kind::Bool),
    opt("targetstorage", Kind::Text(1024)),
    opt("with-conntrack-state", Kind::Bool),
    opt("with-local-disks", Kind::Bool),
];
const MIGRATE_CHECK: &[Param] = &[opt("target", Kind::Text(256))];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/nodes/{node}/qemu", Recorded, &[LIST], status::list),
    Route::post("/nodes/{node}/qemu", Recorded, &[CONFIG, CREATE], create::create),
    Route::get("/nodes/{node}/qemu/{vmid}", Recorded, &[], status::index),
    Route::delete("/nodes/{node}/qemu/{vmid}", Recorded, &[DESTROY], destroy::destroy).except("a guest under HA"),
    Route::get("/nodes/{node}/qemu/{vmid}/config", Recorded, &[READ], config::read),
    Route::put("/nodes/{node}/qemu/{vmid}/config", Recorded, &[CONFIG, UPDATE], update::put).locked(),
    Route::post("/nodes/{node}/qemu/{vmid}/config", Recorded, &[CONFIG, UPDATE, UPDATE_ASYNC], update::post).locked(),
    Route::get("/nodes/{node}/qemu/{vmid}/pending", Recorded, &[], config::pending),
    Route::get("/nodes/{node}/qemu/{vmid}/cloudinit", Recorded, &[], cloudinit::cloudinit),
    Route::put("/nodes/{node}/qemu/{vmid}/cloudinit", Recorded, &[], cloudinit::regenerate_cloudinit).locked(),
    Route::post("/nodes/{node}/qemu/{vmid}/clone", Recorded, &[CLONE], clone::clone)
        .except("a clone to another node from shared storage"),
    Route::put("/nodes/{node}/qemu/{vmid}/resize", Recorded, &[RESIZE], disks::resize),
    Route::put("/nodes/{node}/qemu/{vmid}/unlink", Recorded, &[UNLINK], disks::unlink).locked(),
    Route::post("/nodes/{node}/qemu/{vmid}/template", Recorded, &[TEMPLATE], create::template).locked(),
    Route::get("/nodes/{node}/qemu/{vmid}/migrate", Recorded, &[MIGRATE_CHECK], migration_check::check)
        .except("storages that a node lacks, devices, unused disks"),
    Route::post("/nodes/{node}/qemu/{vmid}/migrate", Recorded, &[MIGRATE], migrate::migrate)
        .except("`targetstorage`, and why its task fails; what it asks of HA"),
    Route::get("/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces", Recorded, &[], interfaces::of_agent)
        .except("all but that the agent is not running: its answer is that of QEMU's documentation"),
    Route::get("/nodes/{node}/qemu/{vmid}/status/current", Recorded, &[], status::current),
    Route::post("/nodes/{node}/qemu/{vmid}/status/start", Recorded, &[START], power::start)
        .except("what it asks of HA; what one node tells another of a migration, which is for root alone"),
    Route::post("/nodes/{node}/qemu/{vmid}/status/stop", Recorded, &[STOP], power::stop).except("what it asks of HA"),
    Route::post("/nodes/{node}/qemu/{vmid}/status/shutdown", Recorded, &[SHUTDOWN], power::shutdown)
        .except("what it asks of HA"),
    Route::post("/nodes/{node}/qemu/{vmid}/status/reboot", Recorded, &[REBOOT], power::reboot),
    Route::post("/nodes/{node}/qemu/{vmid}/status/reset", Recorded, &[RESET], power::reset),
    Route::post("/nodes/{node}/qemu/{vmid}/status/suspend", Recorded, &[SUSPEND], power::suspend)
        .except("`todisk`, which is taken for a pause here"),
    Route::post("/nodes/{node}/qemu/{vmid}/status/resume", Recorded, &[RESUME], power::resume),
    Route::by_schema("GET", "/nodes/{node}/qemu/{vmid}/snapshot", Recorded, snapshots::list),
    Route::by_schema("POST", "/nodes/{node}/qemu/{vmid}/snapshot", Recorded, snapshots::create)
        .except("of a running machine, with memory or without; volumes that cannot"),
    Route::by_schema("GET", "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}", Schema, snapshots::index),
    Route::by_schema("DELETE", "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}", Recorded, snapshots::delete),
    Route::by_schema("GET", "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config", Recorded, snapshots::config),
    Route::by_schema("PUT", "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config", Schema, snapshots::describe),
    Route::by_schema("POST", "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback", Recorded, snapshots::rollback)
        .except("with memory"),
];
