//! NetBox, Proxmox and the bridge between them, on one thread with a simulated clock.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::live::service::Service;
use netbox_proxmox_core::live::{Bridge, EventState, Inbox, MemoryStore, NewEvent, ProxmoxCluster, StoredEvent, clock};
use netbox_proxmox_core::policy::ConfigureWhen;
use netbox_proxmox_core::{Cluster, Policy, RecordId};
use proxmox_api::testing::{FakeProxmox, TaskTime};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::choices::Choices;
use super::network::{Doom, Life, Network, Weather};
use crate::mortal::Mortal;
use crate::{CLUSTER, changes, netbox, proxmox};

/// When every run begins: as the clock of the NetBox fake.
const BEGIN: u64 = 1_767_600_000;

thread_local! {
    /// When the run of this thread began, by tokio's clock.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
    /// How many seconds the clock of this thread's bridge is ahead.
    static AHEAD: Cell<i32> = const { Cell::new(0) };
}

/// The simulated time, as the bridge's clock has it.
fn simulated() -> SystemTime {
    let passed = BEGAN.get().map_or(Duration::ZERO, |began| began.elapsed());
    let right = SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN) + passed;
    let wrong_by = Duration::from_secs(AHEAD.get().unsigned_abs().into());
    if AHEAD.get() < 0 { right - wrong_by } else { right + wrong_by }
}

/// What runs, and what it runs between.
pub(super) struct World {
    /// Decides.
    pub choices: Choices,
    /// One side.
    pub netbox: Arc<FakeNetBox>,
    /// The other.
    pub proxmox: Arc<FakeProxmox>,
    /// How it is on the ways to both.
    pub weather: Weather,
    /// Where the bridge is killed, if it is at a write.
    pub doom: Doom,
    /// Deliveries that are on their way.
    pub on_their_way: Vec<Vec<NewEvent>>,
    /// What people did, for the rules.
    pub done: Done,
    /// How often the bridge was killed.
    pub kills: u32,
    /// How often its clock jumped.
    pub jumps: u32,
    /// The guests that had an owner when it was last looked, by owner.
    pub last: BTreeMap<(RecordId, String), u32>,
    /// The second disks that there were then, by record and slot.
    pub disks: BTreeMap<(u64, &'static str), String>,
    /// The VMIDs of guests that were once ready.
    pub finished: BTreeSet<u32>,
    began: Instant,
    passed: Duration,
    store: Arc<MemoryStore>,
    running: Option<Running>,
    heard: usize,
}

/// What people did so far, as far as it allows something to be destroyed.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Guests of others as they are, by VMID.
    pub foreign: BTreeMap<u32, String>,
    /// Slots of which a disk was deleted, by record.
    pub removed: BTreeSet<(u64, String)>,
    /// Records that were deleted and are there again, as they were, and since when.
    pub undeleted: BTreeMap<u64, Duration>,
}

/// One life of the bridge.
struct Running {
    service: Service,
    life: Life,
    task: JoinHandle<()>,
}

impl World {
    /// With the bridge running, and a guest that is none of its own.
    pub(super) async fn new(choices: Choices) -> Self {
        // The same in every run of this process; a second time it is refused.
        let _ = clock::replace(simulated);
        let began = Instant::now();
        BEGAN.set(Some(began));
        AHEAD.set(0);
        let netbox = Arc::new(netbox().await);
        let proxmox = Arc::new(proxmox().await);
        proxmox.task_time("*", TaskTime::Real(Duration::from_secs(3)));
        proxmox.add_guest(100, "pet", |guest| guest.disk("scsi0", "ceph", 4_096).running());
        let mut world = Self {
            choices,
            netbox,
            proxmox,
            weather: Weather::default(),
            doom: Doom::default(),
            on_their_way: Vec::new(),
            done: Done::default(),
            kills: 0,
            jumps: 0,
            last: BTreeMap::new(),
            disks: BTreeMap::new(),
            finished: BTreeSet::new(),
            began,
            passed: Duration::ZERO,
            store: Arc::default(),
            running: None,
            heard: 0,
        };
        world.note_foreign(100);
        world.start();
        // The end of NetBox's change log is noted at the first start: what is before it is nobody's cause.
        world.pass(Duration::from_secs(2)).await;
        world
    }

    /// From now on this guest must stay as it is.
    pub(super) fn note_foreign(&mut self, vmid: u32) {
        let guest = self.proxmox.guest(vmid).map(|guest| format!("{guest:?}"));
        self.done.foreign.insert(vmid, guest.unwrap_or_default());
    }

    /// The bridge begins a life, unless it lives.
    pub(super) fn start(&mut self) {
        if self.running.is_some() {
            return;
        }
        let life = Life::default();
        let to_netbox = self.way(&life, self.netbox.transport());
        let to_proxmox = self.way(&life, self.proxmox.transport());
        let netbox =
            netbox_api::Client::builder(self.netbox.url()).token(self.netbox.token().into()).transport(to_netbox);
        let client =
            proxmox_api::Client::builder(self.proxmox.url()).token(self.proxmox.token_string()).transport(to_proxmox);
        let found = self.netbox.all("virtualization/clusters").into_iter().find(|it| it["name"] == CLUSTER).unwrap();
        let netbox_cluster = Cluster { id: found["id"].as_u64().unwrap(), name: CLUSTER.into() };
        let cluster = ProxmoxCluster { setting: CLUSTER.into(), netbox_cluster, client: client.build().unwrap() };
        let inbox = Inbox::new(Mortal::new(Arc::clone(&self.store)));
        let mut bridge = Bridge::new(netbox.build().unwrap(), "netbox.example.org", vec![cluster], inbox);
        bridge.policy = Policy { configure: ConfigureWhen::Always, vmid_rest: 0, ..Policy::default() };
        bridge.task_deadline = Duration::from_secs(600);
        let service = Service::builder(bridge).owner(&format!("life {}", self.kills)).build();
        let running = service.clone();
        let task = tokio::spawn(async move { running.run(std::future::pending()).await });
        self.running = Some(Running { service, life, task });
    }

    fn way<T>(&self, life: &Life, side: T) -> Network<T> {
        let (doom, weather) = (self.doom.clone(), self.weather.clone());
        Network { side: Arc::new(side), life: life.clone(), doom, weather, choices: self.choices.clone() }
    }

    /// The clock of the bridge's machine jumps: from now on it is ahead by so many seconds, or behind.
    pub(super) fn set_clock(&mut self, ahead: i32) {
        self.jumps += u32::from(AHEAD.replace(ahead) != ahead);
    }

    /// The bridge is killed.
    pub(super) async fn kill(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.kills += 1;
        running.life.end();
        running.task.abort();
        let _ = running.task.await;
    }

    /// If its life ended at a write, the bridge begins another one.
    pub(super) async fn revive(&mut self) {
        if self.running.as_ref().is_some_and(|running| running.life.is_over()) {
            self.kill().await;
            self.start();
        }
    }

    /// Time passes, on both sides and between them.
    pub(super) async fn pass(&mut self, time: Duration) {
        tokio::time::sleep(time).await;
        let passed = self.began.elapsed();
        self.netbox.pass(passed.saturating_sub(self.passed));
        self.passed = passed;
        self.proxmox.refresh_status();
        let deliveries = self.netbox.deliveries();
        let new = deliveries[self.heard..].iter().map(|delivery| changes(&delivery.json()));
        self.on_their_way.extend(new.filter(|changes| !changes.is_empty()));
        self.heard = deliveries.len();
    }

    /// A delivery arrives; while the bridge is down it is lost.
    pub(super) async fn deliver(&self, changes: &[NewEvent]) {
        if let Some(running) = &self.running {
            let _ = running.service.accept(changes).await;
        }
    }

    /// What both sides were asked so far.
    pub(super) fn requests(&self) -> Vec<String> {
        let netbox =
            self.netbox.requests().into_iter().map(|it| format!("NetBox {} {}?{}", it.method, it.path, it.query));
        let proxmox = self.proxmox.requests().into_iter().map(|it| format!("Proxmox {} {}", it.method, it.path));
        netbox.chain(proxmox).collect()
    }

    /// Both sides agree: for another while, with a comparison in it, nothing is changed.
    ///
    /// # Errors
    /// Something is.
    pub(super) async fn stays(&mut self) -> Result<(), String> {
        let before = self.proxmox.writes();
        self.pass(Duration::from_secs(3_700)).await;
        let after = self.proxmox.writes();
        match after.len() == before.len() {
            true => Ok(()),
            false => Err(format!("both sides agreed, and then it did: {:#?}", &after[before.len()..])),
        }
    }

    /// How much simulated time has passed.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is in the inbox, or what of it is in a state.
    pub(super) async fn events(&self, state: Option<EventState>) -> Vec<StoredEvent> {
        let inbox = Inbox::new(Mortal::new(Arc::clone(&self.store)));
        inbox.store().events(state, 100).await.unwrap()
    }
}
