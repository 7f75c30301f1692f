//! Changing a configuration: `PUT` (done when answered) and `POST` (a task).

use super::{Ctx, drives};
use crate::testing::formats;
use crate::testing::guest::Guest;
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::schema::Params;
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// A checked change.
#[derive(Debug, Clone, Default)]
pub(super) struct Update {
    pub(super) set: Params,
    pub(super) delete: Vec<String>,
    pub(super) revert: Vec<String>,
    /// Destroy the volumes of removed drives instead of keeping them as `unusedN`.
    pub(super) force: bool,
    pub(super) digest: Option<String>,
    pub(super) skiplock: bool,
}

pub(super) fn put(ctx: &mut Ctx<'_>) -> ApiResult {
    let update = checked(ctx)?;
    let (vmid, node) = (ctx.vmid, ctx.node.clone());
    apply(ctx.world, &node, vmid, &update, &mut Vec::new())?;
    nothing()
}

pub(super) fn post(ctx: &mut Ctx<'_>) -> ApiResult {
    let update = checked(ctx)?;
    let (vmid, node) = (ctx.vmid, ctx.node.clone());
    let summary: Vec<String> = update.set.iter().map(|(k, v)| format!("-{k} {v}")).collect();
    ctx.spawn(Job::new("qmconfig", vmid, move |world, log| {
        log.push(format!("update VM {vmid}: {}", summary.join(" ")));
        apply(world, &node, vmid, &update, log).map_err(text)
    }))
}

/// The message of an error, as a task's exit status.
pub(super) fn text(error: ApiError) -> String {
    match error {
        ApiError::Plain(_, message) | ApiError::NotImplemented(message) => message,
        ApiError::Parameters(errors) => errors.into_values().collect::<Vec<_>>().join("; "),
        ApiError::Bare(_, reason) | ApiError::Text(_, reason) => reason,
    }
}

/// Names in a list parameter.
pub(super) fn names(list: &str) -> Vec<String> {
    list.split([',', ';', ' ', '\0']).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

/// Everything that is checked before a change is made, in Proxmox VE's order.
fn checked(ctx: &mut Ctx<'_>) -> Result<Update, ApiError> {
    ctx.check_vm(&[
        "VM.Config.Disk",
        "VM.Config.CDROM",
        "VM.Config.CPU",
        "VM.Config.Memory",
        "VM.Config.Network",
        "VM.Config.HWType",
        "VM.Config.Options",
        "VM.Config.Cloudinit",
    ])?;
    ctx.check_skiplock()?;
    let mut set = ctx.params.clone();
    let mut take = |name: &str| set.remove(name);
    let mut update = Update {
        delete: names(&take("delete").unwrap_or_default()),
        revert: names(&take("revert").unwrap_or_default()),
        force: take("force").as_deref() == Some("1"),
        digest: take("digest"),
        skiplock: take("skiplock").as_deref() == Some("1"),
        ..Update::default()
    };
    for other in ["background_delay", "import-working-storage"] {
        take(other);
    }
    update.set = set;
    if update.set.is_empty() && update.delete.is_empty() && update.revert.is_empty() {
        return Err(ApiError::internal("no options specified"));
    }
    if update.set.get("sshkeys").is_some_and(|keys| !formats::are_ssh_keys(keys)) {
        return Err(ApiError::internal("SSH public key validation error"));
    }
    for name in update.delete.iter().chain(&update.revert) {
        let key = if update.delete.contains(name) { "delete" } else { "revert" };
        if !options::is_option(name) {
            return Err(ApiError::parameter(key, format!("unknown option '{name}'")));
        }
        if update.set.contains_key(name) {
            let text = format!("you can't use '-{name}' and -{key} {name}' at the same time");
            return Err(ApiError::parameter(key, text));
        }
    }
    check_rights(ctx, &update)?;
    if let Some(tags) = update.set.get_mut("tags")
        && let Some(normal) = formats::normalise_tags(tags)
    {
        *tags = normal;
    }
    let guest = ctx.world.guests.get(&ctx.vmid).filter(|g| g.node == ctx.node);
    for (slot, value) in update.set.iter().filter(|(k, _)| options::is_drive(k)) {
        drives::check(ctx.world, guest, slot, value, &ctx.node)?;
    }
    check_state(ctx.world, &ctx.node, ctx.vmid, &update)?;
    Ok(update)
}

fn check_rights(ctx: &Ctx<'_>, update: &Update) -> Result<(), ApiError> {
    let guest = ctx.world.guests.get(&ctx.vmid);
    let changed = update
        .set
        .iter()
        .map(|(k, v)| (k, Some(v.as_str())))
        .chain(update.delete.iter().chain(&update.revert).map(|k| (k, guest.and_then(|g| g.get(k)))));
    for (option, value) in changed {
        // Not even a token of root@pam may touch these.
        if matches!(option.as_str(), "lock" | "args") && ctx.caller.tokenid.is_some() {
            return Err(ApiError::internal(format!("only root can set '{option}' config")));
        }
        ctx.check_vm(&[options::privilege(option, value)])?;
    }
    for (option, value) in &update.set {
        if let Some(storage) = drives::allocates_on(value).filter(|_| options::is_drive(option)) {
            ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"])?;
        }
        if options::is_net(option) {
            check_bridge(ctx, value)?;
        }
    }
    Ok(())
}

/// SDN.Use on the bridge of a network device; with a VLAN tag on the tag below it.
pub(super) fn check_bridge(ctx: &Ctx<'_>, net: &str) -> Result<(), ApiError> {
    let net = formats::Properties::parse(net);
    let Some(bridge) = net.get("bridge") else { return Ok(()) };
    let path = format!("/sdn/zones/localnetwork/{bridge}");
    let path = net.get("tag").map_or(path.clone(), |tag| format!("{path}/{tag}"));
    ctx.caller.check(&path, &["SDN.Use"])
}

/// What depends on the guest: it exists, nobody changed or locked it, balloon and memory fit.
fn check_state(world: &World, node: &str, vmid: u32, update: &Update) -> Result<(), ApiError> {
    let guest = world.guest_on(vmid, node)?;
    if update.digest.as_ref().is_some_and(|d| *d != guest.digest()) {
        return Err(ApiError::internal("checksum mismatch (file change by other user?)"));
    }
    if !update.skiplock {
        check_lock(guest).map_err(ApiError::internal)?;
    }
    check_balloon(guest, update)
}

fn check_balloon(guest: &Guest, update: &Update) -> Result<(), ApiError> {
    if !update.set.contains_key("memory") && !update.set.contains_key("balloon") {
        return Ok(());
    }
    let merged = guest.merged();
    let number = |key: &str| {
        let value = update.set.get(key).or_else(|| merged.get(key).filter(|_| !update.delete.iter().any(|d| d == key)));
        value.and_then(|v| v.trim_start_matches("current=").parse::<u64>().ok())
    };
    if number("balloon").unwrap_or(0) > number("memory").unwrap_or(512) {
        return Err(ApiError::internal("balloon value too large (must be smaller than assigned memory)"));
    }
    Ok(())
}

/// Makes a change.
pub(super) fn apply(
    world: &mut World,
    node: &str,
    vmid: u32,
    update: &Update,
    log: &mut Vec<String>,
) -> Result<(), ApiError> {
    check_state(world, node, vmid, update)?;
    check_protection(world.guest_on(vmid, node)?, update)?;
    let running = world.guest_on(vmid, node)?.is_running();
    for name in &update.delete {
        remove(world, node, vmid, name, update.force, running).map_err(ApiError::internal)?;
    }
    for name in &update.revert {
        world.guest_mut(vmid, node).map_err(ApiError::internal)?.pending.remove(name);
    }
    for (slot, value) in update.set.iter().filter(|(k, _)| options::is_drive(k)) {
        attach(world, node, vmid, slot, value, running, log)?;
    }
    for (name, value) in update.set.iter().filter(|(k, _)| !options::is_drive(k)) {
        let value = if options::is_net(name) {
            // A device without a MAC address gets a new one each time.
            options::print_net(value, || world.next_mac())
        } else {
            value.clone()
        };
        let guest = world.guest_mut(vmid, node).map_err(ApiError::internal)?;
        write(guest, name, value, running);
    }
    if !running {
        world.guest_mut(vmid, node).map_err(ApiError::internal)?.apply_pending();
    }
    Ok(())
}

fn check_protection(guest: &Guest, update: &Update) -> Result<(), ApiError> {
    if !guest.flag("protection") {
        return Ok(());
    }
    for name in update.delete.iter().filter(|n| guest.config.contains_key(*n)) {
        let what = if options::is_unused(name) {
            format!("unused disk '{}'", guest.get(name).unwrap_or_default())
        } else if options::is_drive(name) {
            format!("drive '{name}'")
        } else {
            continue;
        };
        return Err(ApiError::internal(format!("can't remove {what} - protection mode enabled")));
    }
    Ok(())
}

/// Sets an option now, or at the next start. The file cannot hold an empty value: it reads back as absent.
fn write(guest: &mut Guest, name: &str, value: String, running: bool) {
    if running && !options::is_hotplugged(name) && guest.get(name) != Some(&value) {
        guest.pending.insert(name.into(), Some(value));
    } else {
        guest.pending.remove(name);
        if value.is_empty() {
            guest.unset(name);
        } else {
            guest.set(name, value);
        }
    }
}

fn remove(world: &mut World, node: &str, vmid: u32, name: &str, force: bool, running: bool) -> Result<(), String> {
    if options::is_unused(name) {
        let value = world.guest_mut(vmid, node)?.config.remove(name);
        if let Some(volid) = value {
            world.remove_volume(&volid, node);
        }
        return Ok(());
    }
    if options::is_drive(name) && (!running || options::is_hotplugged(name)) {
        return drives::detach(world, node, vmid, name, force);
    }
    let guest = world.guest_mut(vmid, node)?;
    if running && !options::is_hotplugged(name) {
        if guest.config.contains_key(name) {
            guest.pending.insert(name.into(), None);
        } else {
            guest.pending.remove(name);
        }
    } else {
        guest.pending.remove(name);
        guest.unset(name);
    }
    Ok(())
}

fn attach(
    world: &mut World,
    node: &str,
    vmid: u32,
    slot: &str,
    value: &str,
    running: bool,
    log: &mut Vec<String>,
) -> Result<(), ApiError> {
    let value = drives::realise(world, node, vmid, slot, value, log)?;
    let volume = value.split(',').next().unwrap_or_default().to_owned();
    let guest = world.guest_mut(vmid, node).map_err(ApiError::internal)?;
    guest.config.retain(|key, held| !(options::is_unused(key) && *held == volume));
    let old = guest.get(slot).map(str::to_owned);
    write(guest, slot, value, running);
    // Another volume in an occupied slot: the old one is kept as unused.
    if let Some(old) = old.filter(|old| old.split(',').next() != Some(&volume)) {
        drives::register_unused(world, node, vmid, &old, false).map_err(ApiError::internal)?;
    }
    Ok(())
}
