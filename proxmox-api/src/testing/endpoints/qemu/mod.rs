//! `/nodes/N/qemu`: virtual machines.

mod clone;
mod cloudinit;
mod create;
mod disks;
mod power;

use super::guest::{config, destroy, migrate, migration_check, status, update};
use super::{Ctx, Route, locked, plain};
use crate::testing::options::qemu::CONFIG;
use crate::testing::schema::{Kind, Param, opt, req};

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
    opt("skiplock", Kind::Bool),
    opt("timeout", Kind::Int(0, i64::MAX)),
];
const STOP: &[Param] = &[
    opt("keepActive", Kind::Bool),
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

pub(super) fn route(method: &str, path: &[&str]) -> Option<Route> {
    match (method, path) {
        ("GET", []) => plain(&[LIST], status::list),
        ("POST", []) => plain(&[CONFIG, CREATE], create::create),
        ("GET", [_]) => plain(&[], status::index),
        ("DELETE", [_]) => plain(&[DESTROY], destroy::destroy),
        ("GET", [_, "config"]) => plain(&[READ], config::read),
        ("PUT", [_, "config"]) => locked(&[CONFIG, UPDATE], update::put),
        ("POST", [_, "config"]) => locked(&[CONFIG, UPDATE, UPDATE_ASYNC], update::post),
        ("GET", [_, "pending"]) => plain(&[], config::pending),
        ("GET", [_, "cloudinit"]) => plain(&[], cloudinit::cloudinit),
        ("PUT", [_, "cloudinit"]) => locked(&[], cloudinit::regenerate_cloudinit),
        ("POST", [_, "clone"]) => plain(&[CLONE], clone::clone),
        ("PUT", [_, "resize"]) => plain(&[RESIZE], disks::resize),
        ("PUT", [_, "unlink"]) => locked(&[UNLINK], disks::unlink),
        ("POST", [_, "template"]) => locked(&[TEMPLATE], create::template),
        ("GET", [_, "migrate"]) => plain(&[MIGRATE_CHECK], migration_check::check),
        ("POST", [_, "migrate"]) => plain(&[MIGRATE], migrate::migrate),
        ("GET", [_, "status", "current"]) => plain(&[], status::current),
        ("POST", [_, "status", "start"]) => plain(&[START], power::start),
        ("POST", [_, "status", "stop"]) => plain(&[STOP], power::stop),
        ("POST", [_, "status", "shutdown"]) => plain(&[SHUTDOWN], power::shutdown),
        ("POST", [_, "status", "reboot"]) => plain(&[REBOOT], power::reboot),
        ("POST", [_, "status", "reset"]) => plain(&[RESET], power::reset),
        ("POST", [_, "status", "suspend"]) => plain(&[SUSPEND], power::suspend),
        ("POST", [_, "status", "resume"]) => plain(&[RESUME], power::resume),
        _ => None,
    }
}
