//! Creating a container from a template, and making one a template.

use super::{Ctx, power};
use crate::testing::auth::Caller;
use crate::testing::endpoints::backup;
use crate::testing::endpoints::guest::copy::undo;
use crate::testing::endpoints::guest::create::{make_template, new_guest};
use crate::testing::endpoints::guest::{drives, update};
use crate::testing::formats;
use crate::testing::guest::{Guest, Place};
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::schema::Params;
use crate::testing::storage::storage_of;
use crate::testing::tasks::Job;
use crate::testing::world::World;

/// Parameters of `POST lxc` that are no options of the configuration.
const NOT_CONFIG: &[&str] = &[
    "vmid",
    "ostemplate",
    "bwlimit",
    "force",
    "ha-managed",
    "ignore-unpack-errors",
    "password",
    "pool",
    "restore",
    "ssh-public-keys",
    "start",
    "storage",
    "unique",
];

pub(super) fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    let keys = ctx.param("ssh-public-keys").map(str::to_owned);
    if keys.as_ref().is_some_and(|keys| !formats::are_ssh_key_lines(keys)) {
        return Err(ApiError::internal("SSH public key validation error"));
    }
    let privileged = ctx.param("unprivileged") == Some("0");
    if privileged && ctx.param("features").is_some() && ctx.caller.tokenid.is_some() {
        let text = "changing feature flags for privileged container is only allowed for root@pam";
        return Err(ApiError::Plain(403, text.into()));
    }
    let ostemplate = ctx.param("ostemplate").unwrap_or_default().to_owned();
    if ctx.flag("restore") {
        return backup::restore(ctx, &ostemplate);
    }
    let config = checked(ctx)?;
    let (place, pool) = new_guest(ctx)?;
    // The VMID is taken before the answer here, so of parallel creations only one gets a UPID.
    let mut guest = Guest::new(&place);
    guest.set("lock", "create");
    guest.ssh_public_keys = keys;
    ctx.world.add(guest, pool.as_deref());
    let (vmid, start, caller) = (place.vmid, ctx.flag("start"), ctx.caller.clone());
    let mut job = Job::new("vzcreate", vmid, move |world, log| {
        let failed = |why: String| format!("unable to create {} - {why}", place.label());
        if world.volume(&ostemplate, &place.node).is_none() {
            return Err(failed(format!("volume '{ostemplate}' does not exist")));
        }
        fill(world, &place, config, &ostemplate, log).map_err(|error| failed(update::text(error)))?;
        log.push(format!("extracting archive '{ostemplate}'"));
        if start {
            start_after(world, &caller, place);
        }
        Ok(())
    });
    // The start that may follow takes the lock itself.
    job.locks = None;
    job.cleanup = Some(Box::new(move |world, _| {
        undo(world, vmid);
        Ok(())
    }));
    ctx.spawn(job)
}

/// The options to write, the volumes still to be allocated.
fn checked(ctx: &Ctx<'_>) -> ApiResult<Params> {
    let mut config = ctx.params.clone();
    config.retain(|name, _| !NOT_CONFIG.contains(&name.as_str()) && !options::is_unused(name));
    let storage = ctx.param("storage").unwrap_or("local");
    if config.keys().any(|name| options::is_drive(name)) && !config.contains_key("rootfs") {
        return Err(ApiError::internal("mount points configured, but 'rootfs' not set - aborting"));
    }
    let root = config.entry("rootfs".into()).or_insert_with(|| "4".into());
    // A size alone is one on the default storage.
    if formats::scale(root.split(',').next().unwrap_or_default(), 1).is_some() {
        *root = format!("{storage}:{root}");
    }
    for (name, value) in &config {
        if options::is_drive(name) {
            let head = options::parse_drive(value).head.unwrap_or_default();
            let storage = ctx.world.storage_on(storage_of(&head).unwrap_or(&head), &ctx.node)?;
            if !storage.holds("rootdir") {
                let text = format!("storage '{}' does not support container directories", storage.id);
                return Err(ApiError::parameter("storage", text));
            }
            ctx.caller.check(&format!("/storage/{}", storage.id), &["Datastore.AllocateSpace"])?;
        }
        if options::is_net(name) {
            update::check_bridge(ctx, value)?;
        }
    }
    Ok(config)
}

fn fill(
    world: &mut World,
    place: &Place,
    mut config: Params,
    ostemplate: &str,
    log: &mut Vec<String>,
) -> Result<(), ApiError> {
    let defaults = [
        ("arch", "amd64".to_owned()),
        ("hostname", format!("CT{}", place.vmid)),
        ("memory", "512".into()),
        ("swap", "512".into()),
        ("ostype", ostype(ostemplate).into()),
        ("unprivileged", "1".into()),
    ];
    for (name, value) in defaults {
        config.entry(name.into()).or_insert(value);
    }
    config.retain(|name, value| !(name == "unprivileged" && value == "0"));
    for (name, value) in &mut config {
        if options::is_drive(name) {
            *value = drives::realise(world, place, name, value, log)?;
        } else if options::is_net(name) {
            *value = options::print_net(place.kind, value, || world.next_mac());
        }
    }
    world.guest_mut(place).map_err(ApiError::internal)?.config = config;
    Ok(())
}

/// What the real one finds out by looking into the template.
fn ostype(ostemplate: &str) -> &str {
    let file = ostemplate.rsplit('/').next().unwrap_or_default();
    let word = file.split(['-', '_', '.']).next().unwrap_or_default();
    if matches!(word, "debian" | "ubuntu" | "alpine" | "fedora" | "centos" | "archlinux") { word } else { "unmanaged" }
}

/// The creation ends OK; the start is another task.
fn start_after(world: &mut World, caller: &Caller, place: Place) {
    let node = place.node.clone();
    world.spawn(&node, caller, None, power::start_job(place, false));
}

/// `POST template` names no task, though there is one.
pub(super) fn template(ctx: &mut Ctx<'_>) -> ApiResult {
    let job = make_template(ctx)?;
    ctx.spawn(job)?;
    nothing()
}
