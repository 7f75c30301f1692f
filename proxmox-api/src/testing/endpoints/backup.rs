//! Backups: what a guest is, is kept in an archive; what is on its disks is not modelled.

use serde_json::{Value, json};

use super::{Ctx, Route};
use crate::testing::guest::{Guest, GuestKind};
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::sources::Source::{Believed, Recorded};
use crate::testing::storage::Volume;
use crate::testing::tasks::Job;
use crate::testing::world::{World, check_lock};

pub(super) const ROUTES: &[Route] = &[
    Route::by_schema("POST", "/nodes/{node}/vzdump", Recorded, backup).except(
        "its log is shorter; of parameters `vmid`, `all`, `pool`, `exclude`, `storage`, `compress`, `mode`, `protected` and \
         `notes-template` count, and in that nothing is replaced",
    ),
    Route::by_schema("GET", "/nodes/{node}/vzdump/extractconfig", Believed, extract)
        .except("the error of what is no backup"),
];

fn backup(ctx: &mut Ctx<'_>) -> ApiResult {
    let storage = ctx.param("storage").unwrap_or("local").to_owned();
    ctx.caller.check(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"])?;
    if !ctx.world.storage_on(&storage, &ctx.node)?.holds("backup") {
        let text = format!("could not get storage information for '{storage}': can't use storage type for backup");
        return Err(ApiError::parameter("storage", text));
    }
    let guests = chosen(ctx)?;
    for vmid in &guests {
        ctx.caller.check(&format!("/vms/{vmid}"), &["VM.Backup"])?;
    }
    let compress = match ctx.param("compress") {
        Some("zstd") => ".zst",
        Some("gzip" | "1") => ".gz",
        Some("lzo") => ".lzo",
        _ => "",
    };
    let how = How { compress, notes: ctx.param("notes-template").map(str::to_owned), protected: ctx.flag("protected") };
    let node = ctx.node.clone();
    let named = if let [vmid] = guests[..] { vmid.to_string() } else { String::new() };
    let step = move |world: &mut World, log: &mut Vec<String>| {
        log.push(format!("INFO: starting new backup job: vzdump --node {node} --storage {storage}"));
        for vmid in guests {
            write(world, &node, &storage, vmid, &how, log)?;
        }
        log.push("INFO: Backup job finished successfully".into());
        Ok(())
    };
    ctx.spawn(Job { kind: "vzdump", id: named, locks: None, steps: vec![Box::new(step)], cleanup: None })
}

/// What is said of all backups of a job.
struct How {
    compress: &'static str,
    notes: Option<String>,
    protected: bool,
}

/// The guests of the node that are to be backed up.
fn chosen(ctx: &Ctx<'_>) -> ApiResult<Vec<u32>> {
    let listed = |name: &str| super::guest::update::names(ctx.param(name).unwrap_or_default());
    let pool = ctx.param("pool").and_then(|pool| ctx.world.pools.get(pool));
    let (wanted, excluded) = (listed("vmid"), listed("exclude"));
    let is_wanted = |guest: &&Guest| {
        let vmid = guest.vmid.to_string();
        let named =
            ctx.flag("all") || wanted.contains(&vmid) || pool.is_some_and(|pool| pool.vms.contains(&guest.vmid));
        guest.node == ctx.node && named && !excluded.contains(&vmid)
    };
    let guests: Vec<u32> = ctx.world.guests.values().filter(is_wanted).map(|guest| guest.vmid).collect();
    match guests.is_empty() {
        true => Err(ApiError::internal("no guest is to be backed up on this node")),
        false => Ok(guests),
    }
}

fn write(
    world: &mut World,
    node: &str,
    storage: &str,
    vmid: u32,
    how: &How,
    log: &mut Vec<String>,
) -> Result<(), String> {
    let guest = world.guests.get(&vmid).ok_or_else(|| format!("VM {vmid} is gone"))?.clone();
    check_lock(&guest)?;
    let kind = guest.kind.path();
    log.push(format!("INFO: Starting Backup of VM {vmid} ({kind})"));
    log.push(format!("INFO: status = {}", if guest.is_running() { "running" } else { "stopped" }));
    log.push(format!("INFO: {} Name: {}", guest.kind.word(), guest.name().unwrap_or_default()));
    // Of two backups of a guest within a second, real ones fail, too; here each has a second of its own.
    world.advance(1);
    let ctime = world.now();
    let format = format!("{}{}", guest.kind.of("vma", "tar"), how.compress);
    let file = format!("vzdump-{kind}-{vmid}-{}.{format}", stamp(ctime));
    log.push(format!("INFO: creating vzdump archive '/var/lib/vz/dump/{file}'"));
    let shared = world.storage(storage).is_ok_and(|it| it.shared);
    let volid = format!("{storage}:backup/{file}");
    world.volumes.push(Volume {
        volid: volid.clone(),
        node: (!shared).then(|| node.to_owned()),
        vmid,
        content: "backup",
        size: 1_362_998,
        format,
        base: None,
        notes: how.notes.clone(),
        protected: how.protected,
        ctime,
    });
    world.backups.insert(volid, guest);
    log.push(format!("INFO: Finished Backup of VM {vmid} (00:00:00)"));
    Ok(())
}

/// `2026_01_31-08_53_28`, from seconds since 1970 UTC.
fn stamp(seconds: u64) -> String {
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let (mut days, mut year) = (seconds / 86_400, 1970);
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hours, minutes, seconds) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}_{month:02}_{:02}-{hours:02}_{minutes:02}_{seconds:02}", days + 1)
}

fn extract(ctx: &mut Ctx<'_>) -> ApiResult {
    let volume = ctx.param("volume").unwrap_or_default();
    let guest = archived(ctx.world, volume).map_err(ApiError::internal)?;
    ctx.caller.check(&format!("/vms/{}", guest.vmid), &["VM.Backup"])?;
    Ok(Value::String(guest.config.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()).into())
}

/// The guest in an archive.
pub(super) fn archived<'a>(world: &'a World, volid: &str) -> Result<&'a Guest, String> {
    world.backups.get(volid).ok_or_else(|| format!("volume '{volid}' does not exist"))
}

/// Restores a guest from the archive, which the path's kind and the VMID among the parameters say.
pub(super) fn restore(ctx: &mut Ctx<'_>, archive: &str) -> ApiResult {
    use super::guest::create::new_guest;

    let vmid = ctx.number("vmid").and_then(|vmid| u32::try_from(vmid).ok()).unwrap_or_default();
    if ctx.flag("force") && ctx.world.guests.get(&vmid).is_some_and(|guest| !guest.is_running()) {
        ctx.caller.check(&format!("/vms/{vmid}"), &["VM.Allocate"])?;
        let (node, volumes) = (ctx.node.clone(), ctx.world.guests[&vmid].drives());
        for (_, drive) in volumes {
            ctx.world.remove_volume(drive.split(',').next().unwrap_or_default(), &node);
        }
        ctx.world.forget(vmid);
    }
    let (place, pool) = new_guest(ctx)?;
    let kept = archived(ctx.world, archive).map_err(ApiError::internal)?.clone();
    if kept.kind != place.kind {
        return Err(ApiError::internal(format!("unable to restore {} - wrong kind of backup", place.label())));
    }
    let (storage, unique) = (ctx.param("storage").map(str::to_owned), ctx.flag("unique"));
    let name = ctx.param(place.kind.name_option()).map(str::to_owned);
    let mut guest = Guest::new(&place);
    guest.set("lock", "create");
    ctx.world.add(guest, pool.as_deref());
    let vmid = place.vmid;
    let archive = archive.to_owned();
    let mut job = Job::new(place.kind.of("qmrestore", "vzrestore"), vmid, move |world, log| {
        log.push(format!("recovering backed-up configuration from '{archive}'"));
        let config = super::guest::copy::restored(world, &place, &kept, storage.as_deref(), unique)?;
        let guest = world.guest_mut(&place)?;
        guest.config = config;
        if let Some(name) = name {
            guest.set(place.kind.name_option(), name);
        }
        Ok(())
    });
    job.cleanup = Some(Box::new(move |world, _| {
        super::guest::copy::undo(world, vmid);
        Ok(())
    }));
    ctx.spawn(job)
}

/// What `GET …/content` shows of a backup beside what all volumes have.
pub(super) fn subtype(volume: &Volume) -> Option<Value> {
    let kind = if volume.volid.contains("vzdump-lxc-") { GuestKind::Lxc } else { GuestKind::Qemu };
    (volume.content == "backup").then(|| json!(kind.path()))
}

#[cfg(test)]
mod tests {
    use super::stamp;

    #[test]
    fn times_are_written_as_names_of_backups_have_them() {
        // Recorded: the second is the ctime of the first.
        assert_eq!(stamp(1_795_337_608), "2026_11_22-08_53_28");
        assert_eq!(stamp(1_709_164_800), "2024_02_29-00_00_00");
        assert_eq!(stamp(1_767_225_599), "2025_12_31-23_59_59");
    }
}
