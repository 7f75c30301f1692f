//! `/nodes/N/lxc`: containers.

mod clone;
mod create;
mod disks;
mod power;

use super::guest::{config, destroy, migrate, migration_check, status, update};
use super::{Ctx, Route, locked, plain};
use crate::testing::options::lxc::CONFIG;
use crate::testing::schema::{Kind, Param, opt, req};

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

pub(super) fn route(method: &str, path: &[&str]) -> Option<Route> {
    match (method, path) {
        ("GET", []) => plain(&[], status::list),
        ("POST", []) => plain(&[CONFIG, CREATE], create::create),
        ("GET", [_]) => plain(&[], status::index),
        ("DELETE", [_]) => plain(&[DESTROY], destroy::destroy),
        ("GET", [_, "config"]) => plain(&[READ], config::read),
        ("PUT", [_, "config"]) => locked(&[CONFIG, UPDATE], update::put),
        ("GET", [_, "pending"]) => plain(&[], config::pending),
        ("POST", [_, "clone"]) => locked(&[CLONE], clone::clone),
        ("PUT", [_, "resize"]) => locked(&[RESIZE], disks::resize),
        ("POST", [_, "template"]) => locked(&[], create::template),
        ("GET", [_, "migrate"]) => plain(&[MIGRATE_CHECK], migration_check::check),
        ("POST", [_, "migrate"]) => plain(&[MIGRATE], migrate::migrate),
        ("GET", [_, "status", "current"]) => plain(&[], status::current),
        ("POST", [_, "status", "start"]) => plain(&[START], power::start),
        ("POST", [_, "status", "stop"]) => plain(&[STOP], power::stop),
        ("POST", [_, "status", "shutdown"]) => plain(&[SHUTDOWN], power::shutdown),
        ("POST", [_, "status", "reboot"]) => plain(&[REBOOT], power::reboot),
        ("POST", [_, "status", "suspend"]) => plain(&[], power::suspend),
        ("POST", [_, "status", "resume"]) => plain(&[], power::resume),
        _ => None,
    }
}
