//! Where the demo takes place: a NetBox, a Proxmox VE cluster and the server, all in this process.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use netbox_api::testing::{FakeNetBox, Strategy, User};
use netbox_proxmox_core::live::{Bridge, EventState, branch};
use netbox_proxmox_examples::server::{Server, ServerState};
use netbox_proxmox_examples::{Problem, Settings};
use proxmox_api::testing::{FakeProxmox, Guest, Storage, TaskTime};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::watch::Watch;
use crate::look;

/// The name of the cluster, in Proxmox and in NetBox.
const CLUSTER: &str = "pve-cluster-1";
/// The template volume of the container.
pub(super) const VZTMPL: &str = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";
const SECRET: &str = "a secret that both sides know";
/// How long a change may take to be answered.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct World {
    pub(super) netbox: FakeNetBox,
    pub(super) proxmox: FakeProxmox,
    pub(super) watch: Watch,
    pub(super) server: String,
    /// The record of the guest whose life it is.
    pub(super) record: Cell<u64>,
    /// Its name.
    pub(super) name: Cell<&'static str>,
    /// What the plan of the branch lists, and what was done for the last change.
    pub(super) listed: RefCell<Vec<String>>,
    pub(super) done: RefCell<Vec<String>>,
    /// The branch in which changes are made, by id and schema id.
    branch: RefCell<Option<(u64, String)>>,
    bridge: Bridge,
    state: Arc<ServerState>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), Problem>>,
    _directory: TempDir,
}

impl World {
    pub(super) async fn begin() -> Result<Self, Problem> {
        let directory = TempDir::new()?;
        let netbox = FakeNetBox::builder()
            .token_of("netbox-proxmox", "nbt_demodemodemo.not-a-secret", netbox_api::testing::Access::Full)
            .cluster(CLUSTER)
            .custom_field("proxmox_mount_path", "virtualization.virtualdisk", "text")
            // As `setup` would read them from this Proxmox.
            .choices("proxmox_node", ["pve01", "pve02"])
            .choices("proxmox_vm_templates", ["9000"])
            .choices("proxmox_lxc_templates", [VZTMPL])
            .choices("proxmox_vm_storage", ["local-lvm"])
            .choices("proxmox_disk_storage_volume", ["local-lvm"])
            .start()
            .await;
        // Like every NetBox it has a change log, whose end the server notes when it starts.
        netbox.user("alice").create("extras/tags", json!({"name": "lab", "slug": "lab"}));
        let proxmox = FakeProxmox::builder()
            .cluster(CLUSTER)
            .node("pve01")
            .node("pve02")
            .storage(Storage::lvm_thin("local-lvm"))
            .storage(Storage::dir("local").content("iso,vztmpl"))
            .vztmpl(VZTMPL)
            .template(9000, "debian-12-cloud", |template| {
                let template = template.disk("scsi0", "local-lvm", 10_240).cloudinit("ide2", "local-lvm");
                template.cores(1).memory(1024).net("net0", "virtio,bridge=vmbr0").option("ipconfig0", "ip=dhcp")
            })
            .task_time("qmclone", TaskTime::Real(Duration::from_millis(300)))
            .start()
            .await;
        let inbox = format!("sqlite:{}", directory.path().join("inbox.sqlite").display());
        let settings = Settings::from_environment([
            ("NETBOX_URL", netbox.url().as_str()),
            ("NETBOX_TOKEN", netbox.token().as_str()),
            ("NETBOX_WEBHOOK_SECRET", SECRET),
            ("PROXMOX_URL", proxmox.url()),
            ("PROXMOX_TOKEN", proxmox.token_string()),
            ("NETBOX_PROXMOX_LISTEN", "127.0.0.1:0"),
            ("NETBOX_PROXMOX_INBOX", inbox.as_str()),
            ("NETBOX_PROXMOX_IDENTITY", "netbox.example.org"),
        ])?;
        let watch = Watch::default();
        let server = Server::bind(&settings, watch.clone()).await?;
        let (url, state) = (format!("http://{}", server.address()), server.state());
        netbox.webhook(&format!("{url}/webhook"), Some(SECRET));
        let bridge = look::bridge(&settings, state.inbox().clone()).await?;
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Ok(Self {
            netbox,
            proxmox,
            watch,
            server: url,
            record: Cell::new(0),
            name: Cell::default(),
            listed: RefCell::default(),
            done: RefCell::default(),
            branch: RefCell::default(),
            bridge,
            state,
            stop,
            running,
            _directory: directory,
        })
    }

    /// Who changes things: in the branch, while there is one.
    pub(super) fn alice(&self) -> User<'_> {
        let alice = self.netbox.user("alice");
        match &*self.branch.borrow() {
            Some((_, schema_id)) => alice.within(schema_id),
            None => alice,
        }
    }

    /// From now on changes are made in a new branch.
    pub(super) fn open_branch(&self, name: &str) {
        let made = self.alice().create("plugins/branching/branches", json!({"name": name}));
        // It has a schema once it is provisioned.
        let made = self.alice().request("GET", &format!("plugins/branching/branches/{}", made["id"]), Value::Null).body;
        let schema_id = made["schema_id"].as_str().unwrap_or_default().to_owned();
        self.branch.replace(made["id"].as_u64().map(|id| (id, schema_id)));
    }

    pub(super) fn merge_branch(&self) {
        if let Some((id, _)) = self.branch.take() {
            self.netbox.merge_branch(id, Strategy::Iterative, "alice");
        }
    }

    /// Notes what merging the branch would do; whether there is one.
    pub(super) async fn look_at_branch(&self) -> Result<bool, Problem> {
        let open = self.branch.borrow().clone();
        let Some((id, _)) = open else { return Ok(false) };
        let of = self.bridge.netbox.branches().get(id).await?.value;
        let plan = branch::plan_branch(&self.bridge, &of).await?;
        let steps = plan.records.iter().flat_map(|planned| planned.steps()).map(ToString::to_string);
        self.listed.replace(steps.collect());
        Ok(true)
    }

    /// Waits until every delivery was sent and every event answered, those that our own writes cause included.
    pub(super) async fn settled(&self) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let sent = self.netbox.deliveries().len();
            self.netbox.settled().await;
            let waiting = self.state.inbox().store().events(Some(EventState::Pending), 10).await;
            let waiting = waiting.map_err(|error| error.to_string())?;
            if waiting.is_empty() && self.netbox.deliveries().len() == sent {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                let why = waiting.into_iter().find_map(|event| event.reason).unwrap_or_default();
                return Err(format!("not answered within {} s {why}", PATIENCE.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Events that wait for a person, with why.
    pub(super) async fn parked(&self) -> Vec<String> {
        let parked = self.state.inbox().store().events(Some(EventState::Parked), 100).await.unwrap_or_default();
        parked.into_iter().map(|event| event.reason.unwrap_or_default()).collect()
    }

    /// The record as NetBox has it; null once it is gone.
    pub(super) fn record(&self) -> Value {
        self.netbox.vm(self.record.get()).unwrap_or_default()
    }

    /// The guest as Proxmox has it, by its name.
    pub(super) fn guest(&self) -> Option<Guest> {
        self.proxmox.guests().into_iter().find(|guest| guest.name() == Some(self.name.get()))
    }

    /// Ends the server, as a signal would.
    pub(super) async fn end(self) -> Result<(), String> {
        let _ = self.stop.send(());
        match self.running.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(problem)) => Err(problem.text),
            Err(error) => Err(error.to_string()),
        }
    }
}
