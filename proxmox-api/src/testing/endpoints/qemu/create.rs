//! Creating a virtual machine, and making one a template.

use super::{Ctx, drives, power, update};
use crate::testing::guest::Guest;
use crate::testing::options;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::storage::storage_of;
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

/// Parameters of `POST qemu` that are no options of the configuration.
const NOT_CONFIG: &[&str] = &[
    "vmid",
    "archive",
    "bwlimit",
    "force",
    "ha-managed",
    "import-working-storage",
    "live-restore",
    "pool",
    "start",
    "storage",
    "unique",
];

pub(super) fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    let vmid = ctx.number("vmid").and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
    let pool = ctx.param("pool").map(str::to_owned);
    let allowed = ctx.caller.has(&format!("/vms/{vmid}"), "VM.Allocate")
        || pool.as_ref().is_some_and(|p| ctx.caller.has(&format!("/pool/{p}"), "VM.Allocate"));
    if !allowed {
        return Err(ApiError::Plain(403, "Permission check failed".into()));
    }
    if let Some(pool) = pool.as_ref().filter(|p| !ctx.world.pools.contains_key(*p)) {
        return Err(ApiError::Plain(403, format!("Permission check failed (pool '{pool}' does not exist)")));
    }
    if let Some(other) = ctx.world.guests.get(&vmid) {
        let text = format!("unable to create VM {vmid} - VM {vmid} already exists on node '{}'", other.node);
        return Err(ApiError::internal(text));
    }
    let start = ctx.flag("start");
    let mut config = ctx.params.clone();
    config.retain(|k, _| !NOT_CONFIG.contains(&k.as_str()));
    for (name, value) in &config {
        if options::is_drive(name) {
            drives::check(ctx.world, None, name, value, &ctx.node)?;
            if let Some(storage) = drives::allocates_on(value) {
                ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"])?;
            }
        }
        if options::is_net(name) {
            update::check_bridge(ctx, value)?;
        }
    }
    // The VMID is taken before the answer here, so of parallel creations only one gets a UPID.
    let mut guest = Guest::new(vmid, &ctx.node);
    guest.set("lock", "create");
    ctx.world.guests.insert(vmid, guest);
    if let Some(members) = pool.as_ref().and_then(|p| ctx.world.pools.get_mut(p)) {
        members.insert(vmid);
    }
    let node = ctx.node.clone();
    let mut job = Job::new("qmcreate", vmid, move |world, log| {
        fill(world, &node, vmid, &config, log).map_err(update::text)?;
        if start {
            power::run_start(world, &node, vmid, false, log)?;
        }
        Ok(())
    });
    job.cleanup = Some(Box::new(move |world, _| {
        world.volumes.retain(|v| v.vmid != vmid);
        world.forget(vmid);
        Ok(())
    }));
    ctx.spawn(job)
}

fn fill(
    world: &mut World,
    node: &str,
    vmid: u32,
    config: &crate::testing::schema::Params,
    log: &mut Vec<String>,
) -> Result<(), ApiError> {
    let mut filled = Guest::new(vmid, node);
    for (name, value) in config {
        let value = if options::is_drive(name) {
            drives::realise(world, node, vmid, name, value, log)?
        } else if options::is_net(name) {
            options::print_net(value, || world.next_mac())
        } else {
            value.clone()
        };
        filled.set(name, value);
    }
    if filled.get("smbios1").is_none() {
        filled.set("smbios1", format!("uuid={}", world.next_uuid()));
    }
    if filled.get("vmgenid").is_none() {
        filled.set("vmgenid", world.next_uuid());
    }
    filled.set("meta", format!("creation-qemu=10.0.13,ctime={}", world.now()));
    world.guest_mut(vmid, node).map_err(ApiError::internal)?.config = filled.config;
    Ok(())
}

pub(super) fn template(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Allocate"])?;
    let guest = ctx.world.guest_on(ctx.vmid, &ctx.node)?;
    check_lock(guest).map_err(ApiError::internal)?;
    if guest.is_template() {
        return Err(ApiError::internal("you can't convert a template to a template"));
    }
    if guest.is_running() {
        return Err(ApiError::internal("you can't convert a VM to template if VM is running"));
    }
    let (vmid, node) = (ctx.vmid, ctx.node.clone());
    ctx.spawn(Job::new("qmtemplate", vmid, move |world, _| {
        for (slot, value) in world.guest_mut(vmid, &node)?.drives() {
            let mut drive = options::parse_drive(&value);
            let Some(volid) = drive.head.clone().filter(|v| storage_of(v).is_some()) else { continue };
            if drive.get("media") == Some("cdrom") {
                continue;
            }
            drive.head = Some(world.make_base(&volid, &node));
            world.guest_mut(vmid, &node)?.set(&slot, drive.print_sorted());
        }
        world.guest_mut(vmid, &node)?.set("template", "1");
        Ok(())
    }))
}
