//! Changing a configuration: `PUT` (done when answered) and `POST` (a task).

use super::{Ctx, drives};
use crate::testing::formats;
use crate::testing::guest::{Guest, GuestKind, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::schema::Params;
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// A checked change.
#[derive(Debug, Clone, Default)]
pub(in crate::testing::endpoints) struct Update {
    pub(in crate::testing::endpoints) set: Params,
    pub(in crate::testing::endpoints) delete: Vec<String>,
    pub(in crate::testing::endpoints) revert: Vec<String>,
    /// Destroy the volumes of removed drives instead of keeping them as `unusedN`.
    pub(in crate::testing::endpoints) force: bool,
    pub(in crate::testing::endpoints) digest: Option<String>,
    pub(in crate::testing::endpoints) skiplock: bool,
}

pub(in crate::testing::endpoints) fn put(ctx: &mut Ctx<'_>) -> ApiResult {
    let update = checked(ctx)?;
    apply(ctx.world, &ctx.place(), &update, &mut Vec::new())?;
    nothing()
}

pub(in crate::testing::endpoints) fn post(ctx: &mut Ctx<'_>) -> ApiResult {
    let update = checked(ctx)?;
    let place = ctx.place();
    let summary: Vec<String> = update.set.iter().map(|(k, v)| format!("-{k} {v}")).collect();
    ctx.spawn(Job::new("qmconfig", place.vmid, move |world, log| {
        log.push(format!("update {}: {}", place.label(), summary.join(" ")));
        apply(world, &place, &update, log).map_err(text)
    }))
}

/// The message of an error, as a task's exit status.
pub(in crate::testing::endpoints) fn text(error: ApiError) -> String {
    match error {
        ApiError::Plain(_, message) | ApiError::NotImplemented(message) => message,
        ApiError::Parameters(errors) | ApiError::Format(errors) => errors.into_values().collect::<Vec<_>>().join("; "),
        ApiError::Bare(_, reason) | ApiError::Text(_, reason) => reason,
    }
}

/// Names in a list parameter.
pub(in crate::testing::endpoints) fn names(list: &str) -> Vec<String> {
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
        if !options::is_option(ctx.kind, name) {
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
    let place = ctx.place();
    for (slot, value) in update.set.iter().filter(|(k, _)| options::is_drive(k)) {
        drives::check(ctx.world, &place, slot, value)?;
    }
    check_state(ctx.world, &place, &update)?;
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
        ctx.check_vm(&[options::privilege(ctx.kind, option, value)])?;
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
pub(in crate::testing::endpoints) fn check_bridge(ctx: &Ctx<'_>, net: &str) -> Result<(), ApiError> {
    let net = formats::Properties::parse(net);
    let Some(bridge) = net.get("bridge") else { return Ok(()) };
    let path = format!("/sdn/zones/localnetwork/{bridge}");
    let path = net.get("tag").map_or(path.clone(), |tag| format!("{path}/{tag}"));
    ctx.caller.check(&path, &["SDN.Use"])
}

/// What depends on the guest: it exists, nobody changed or locked it, balloon and memory fit.
fn check_state(world: &World, place: &Place, update: &Update) -> Result<(), ApiError> {
    let guest = world.guest_on(place)?;
    check_digest(guest, update.digest.as_deref()).map_err(ApiError::internal)?;
    if !update.skiplock {
        check_lock(guest).map_err(ApiError::internal)?;
    }
    match place.kind {
        GuestKind::Qemu => check_balloon(guest, update),
        GuestKind::Lxc => check_fixed(guest, update),
    }
}

/// The error about a configuration that somebody changed.
pub(in crate::testing::endpoints) fn check_digest(guest: &Guest, digest: Option<&str>) -> Result<(), String> {
    if digest.is_none_or(|digest| digest == guest.digest()) {
        return Ok(());
    }
    let vm = "checksum mismatch (file change by other user?)";
    let ct = "detected modified configuration - file changed by other user? Try again.";
    Err(guest.kind.of(vm, ct).into())
}

/// What a container cannot do without, and what it is for ever.
fn check_fixed(guest: &Guest, update: &Update) -> Result<(), ApiError> {
    for name in update.delete.iter().filter(|name| guest.merged().contains_key(*name)) {
        match name.as_str() {
            "memory" | "rootfs" | "ostype" => {
                return Err(ApiError::internal(format!("unable to delete required option '{name}'")));
            }
            "unprivileged" => {
                return Err(ApiError::internal(format!("unable to delete read-only option: '{name}'")));
            }
            _ => {}
        }
    }
    match update.set.contains_key("unprivileged") {
        true => Err(ApiError::internal("unable to modify read-only option: 'unprivileged'")),
        false => Ok(()),
    }
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
pub(in crate::testing::endpoints) fn apply(
    world: &mut World,
    place: &Place,
    update: &Update,
    log: &mut Vec<String>,
) -> Result<(), ApiError> {
    check_state(world, place, update)?;
    check_protection(world.guest_on(place)?, update)?;
    for name in &update.delete {
        remove(world, place, name, update.force).map_err(ApiError::internal)?;
    }
    for name in &update.revert {
        world.guest_mut(place).map_err(ApiError::internal)?.pending.remove(name);
    }
    for (slot, value) in update.set.iter().filter(|(k, _)| options::is_drive(k)) {
        attach(world, place, slot, value, log)?;
    }
    for (name, value) in update.set.iter().filter(|(k, _)| !options::is_drive(k)) {
        let value = if options::is_net(name) {
            // A device without a MAC address gets a new one each time.
            options::print_net(place.kind, value, || world.next_mac())
        } else {
            value.clone()
        };
        write(world.guest_mut(place).map_err(ApiError::internal)?, name, value);
    }
    let guest = world.guest_mut(place).map_err(ApiError::internal)?;
    if !guest.is_running() {
        guest.apply_pending();
    }
    Ok(())
}

/// A protected guest keeps its volumes; those of a container are not even changed.
fn check_protection(guest: &Guest, update: &Update) -> Result<(), ApiError> {
    if !guest.flag("protection") {
        return Ok(());
    }
    let ct = guest.place().label();
    let removed = update.delete.iter().filter(|name| guest.config.contains_key(*name)).find_map(|name| {
        let what = match guest.kind {
            _ if !options::is_drive(name) && !options::is_unused(name) => return None,
            GuestKind::Lxc => format!("{ct} drive '{name}'"),
            GuestKind::Qemu if options::is_drive(name) => format!("drive '{name}'"),
            GuestKind::Qemu => format!("unused disk '{}'", guest.get(name).unwrap_or_default()),
        };
        Some(format!("can't remove {what}"))
    });
    let changed = || {
        let name = update.set.keys().find(|name| guest.kind == GuestKind::Lxc && options::is_drive(name))?;
        Some(format!("can't update {ct} drive '{name}'"))
    };
    match removed.or_else(changed) {
        Some(what) => Err(ApiError::internal(format!("{what} - protection mode enabled"))),
        None => Ok(()),
    }
}

/// Sets an option now, or at the next start. The file cannot hold an empty value: it reads back as absent.
/// True if it is effective.
fn write(guest: &mut Guest, name: &str, value: String) -> bool {
    if guest.is_running() && !options::is_hotplugged(guest, name, false) && guest.get(name) != Some(&value) {
        guest.pending.insert(name.into(), Some(value));
        return false;
    }
    guest.pending.remove(name);
    if value.is_empty() {
        guest.unset(name);
    } else {
        guest.set(name, value);
    }
    true
}

fn remove(world: &mut World, place: &Place, name: &str, force: bool) -> Result<(), String> {
    let guest = world.guest_mut(place)?;
    let waits = guest.is_running() && !options::is_hotplugged(guest, name, true);
    if options::is_unused(name) {
        if let Some(volid) = guest.config.remove(name) {
            world.remove_volume(&volid, &place.node);
        }
    } else if options::is_drive(name) && !waits {
        return drives::detach(world, place, name, force);
    } else if waits && guest.config.contains_key(name) {
        guest.pending.insert(name.into(), None);
    } else {
        guest.pending.remove(name);
        if !waits {
            guest.unset(name);
        }
    }
    Ok(())
}

fn attach(world: &mut World, place: &Place, slot: &str, value: &str, log: &mut Vec<String>) -> Result<(), ApiError> {
    let value = drives::realise(world, place, slot, value, log)?;
    let volume = value.split(',').next().unwrap_or_default().to_owned();
    let guest = world.guest_mut(place).map_err(ApiError::internal)?;
    guest.config.retain(|key, held| !(options::is_unused(key) && *held == volume));
    let old = guest.get(slot).map(str::to_owned);
    // Another volume in an occupied slot: the old one is kept as unused.
    if write(guest, slot, value)
        && let Some(old) = old.filter(|old| old.split(',').next() != Some(&volume))
    {
        drives::register_unused(world, place, &old, false).map_err(ApiError::internal)?;
    }
    Ok(())
}
