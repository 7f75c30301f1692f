//! The jobs with our clients.

use futures_util::TryStreamExt;
use netbox_api::client::{Field, NewVirtualMachine, VirtualMachineFilter, VirtualMachinePatch};
use proxmox_api::{NodeName, QemuHandle, QemuSnapshotParams, StartParams, StorageId, UploadParams, Vmid, WaitOptions};

type Result<T = u64> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Both clients, and the names of what this turn makes.
pub(crate) struct Sides {
    pub(crate) netbox: netbox_api::Client,
    pub(crate) proxmox: proxmox_api::Client,
    pub(crate) prefix: String,
}

pub(crate) async fn run(job: &str, sides: &Sides) -> Result {
    match job {
        "list" => list(sides).await,
        "filter" => filter(sides).await,
        "create" => create(sides).await,
        "update" => update(sides).await,
        "delete" => delete(sides).await,
        "task" => task(sides).await,
        "snapshot" => snapshot(sides).await,
        "upload" => upload(sides).await,
        "ping" => ping(sides).await,
        "pools" => pools(sides).await,
        job => Err(format!("there is no job {job}").into()),
    }
}

async fn list(sides: &Sides) -> Result {
    let machines = sides.netbox.virtual_machines().page_size(1000);
    let mut machines = machines.list(&VirtualMachineFilter::default());
    let mut memory = 0;
    while let Some(machine) = machines.try_next().await? {
        memory += machine.memory.unwrap_or_default();
    }
    Ok(memory)
}

async fn filter(sides: &Sides) -> Result {
    let filter = VirtualMachineFilter { status: vec!["staged".into()], ..Default::default() };
    Ok(sides.netbox.virtual_machines().all(&filter).await?.len() as u64)
}

async fn create(sides: &Sides) -> Result {
    let name = |number| format!("{}{number}", sides.prefix);
    let new = |number| NewVirtualMachine { name: name(number), cluster: Some(1), ..Default::default() };
    let new: Vec<_> = (0..1000).map(new).collect();
    Ok(sides.netbox.virtual_machines().create_all(&new).await?.value.len() as u64)
}

async fn update(sides: &Sides) -> Result {
    let machines = sides.netbox.virtual_machines();
    for id in 1..=100 {
        let fetched = machines.get(id).await?;
        let memory = fetched.value.memory.unwrap_or_default() + 1;
        let patch = VirtualMachinePatch { memory: Field::Set(memory), ..Default::default() };
        machines.update(id, &patch, fetched.etag.as_ref()).await?;
    }
    Ok(100)
}

async fn delete(sides: &Sides) -> Result {
    let filter = VirtualMachineFilter { cluster: vec!["to-be-deleted".into()], ..Default::default() };
    let machines = sides.netbox.virtual_machines().page_size(1000);
    let ids: Vec<u64> = machines.all(&filter).await?.into_iter().map(|machine| machine.id).take(300).collect();
    machines.delete_all(&ids).await?;
    Ok(ids.len() as u64)
}

fn machine(sides: &Sides, vmid: u32) -> Result<QemuHandle> {
    Ok(sides.proxmox.node(&NodeName::new("pve01")?).qemu(Vmid::new(vmid)?))
}

async fn task(sides: &Sides) -> Result {
    machine(sides, 100)?.start(&StartParams::default()).await?.wait(&WaitOptions::default()).await?;
    Ok(1)
}

async fn snapshot(sides: &Sides) -> Result {
    let snapshots = machine(sides, 100)?.snapshots();
    let wait = WaitOptions::default();
    snapshots.create(&QemuSnapshotParams::new("before")).await?.wait(&wait).await?;
    let count = snapshots.list().await?.len();
    snapshots.delete("before", false).await?.wait(&wait).await?;
    Ok(count as u64)
}

async fn upload(sides: &Sides) -> Result {
    let file = tokio::fs::File::open(std::env::var("UPLOAD")?).await?;
    let length = file.metadata().await?.len();
    let storage = sides.proxmox.node(&NodeName::new("pve01")?).storage(&StorageId::new("local")?);
    storage.upload(&UploadParams::new("iso", "bench.iso"), length, file).await?;
    Ok(length)
}

async fn ping(sides: &Sides) -> Result {
    let agent = machine(sides, 101)?.agent();
    for _ in 0..1000 {
        agent.ping().await?;
    }
    Ok(1000)
}

async fn pools(sides: &Sides) -> Result {
    let pool = sides.proxmox.pools().get("web").await?.ok_or("there is no pool")?;
    Ok(pool.members.unwrap_or_default().0.len() as u64)
}
