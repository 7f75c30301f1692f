//! What the tests that cross the crates share: a laboratory of a NetBox, a Proxmox cluster and a dispatcher between
//! them, all in this process.
#![allow(clippy::unwrap_used)]

pub mod fuzz;
pub mod inside;
pub mod mortal;
pub mod simulation;
pub mod store_contract;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::live::privileges::{PROXMOX, PROXMOX_NAME};
use netbox_proxmox_core::live::{
    Answer, Backoff, Bridge, Dispatcher, Inbox, MemoryStore, NewEvent, Observer, ProxmoxCluster, Store,
};
use netbox_proxmox_core::{
    Action, Cluster, Delivery, Event, Failure, FieldNames, Outcome, Owner, Policy, Progress, RecordId,
};
use proxmox_api::testing::{Builder, FakeProxmox, Guest, GuestKind, Storage};
use serde_json::{Value, json};

/// The name of the NetBox cluster, and of the Proxmox cluster that it is.
pub const CLUSTER: &str = "pve-cluster-1";

/// The name of a second NetBox cluster, and of the Proxmox cluster that it is: see [`Lab::of_two_clusters`].
pub const OTHER_CLUSTER: &str = "pve-cluster-2";

/// The kinds of guests, for what must hold for each of them.
pub const KINDS: [GuestKind; 2] = [GuestKind::Qemu, GuestKind::Lxc];

/// The template volume that containers are created from.
pub const VZTMPL: &str = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

/// Both sides and the dispatcher between them. Deliveries are taken from NetBox by [`Lab::settle`].
pub struct Lab {
    /// NetBox.
    pub netbox: Arc<FakeNetBox>,
    /// Proxmox: nodes pve01 and pve02, local and shared storage, a template 9000 on pve01.
    pub proxmox: Arc<FakeProxmox>,
    /// The dispatcher, which runs.
    pub dispatcher: Dispatcher,
    /// What it did.
    pub seen: Arc<Seen>,
    /// Whether every delivery comes twice.
    pub twice: AtomicBool,
    next: AtomicUsize,
    run: tokio::task::JoinHandle<()>,
}

/// What the dispatcher did: its plans and answers, in order.
#[derive(Default)]
pub struct Seen {
    /// The plans.
    pub plans: Mutex<Vec<Vec<Action>>>,
    /// What the executor was asked for, plan by plan, each with whether it was not so already.
    pub asked: Mutex<Vec<(RecordId, Vec<Asked>)>>,
    /// The answers.
    pub answers: Mutex<Vec<Answer>>,
}

/// An action, and whether it was not so already.
pub type Asked = (Action, bool);

struct Watch(Arc<Seen>);

/// Listens to the executor for the plan with this index.
struct Listens(Arc<Seen>, usize);

impl Progress for Listens {
    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        let asked = (action.clone(), *result != Ok(Outcome::Unchanged));
        self.0.asked.lock().unwrap()[self.1].1.push(asked);
    }
}

impl Observer for Watch {
    fn progress(&self, record: RecordId) -> Box<dyn Progress> {
        let mut asked = self.0.asked.lock().unwrap();
        asked.push((record, Vec::new()));
        Box::new(Listens(self.0.clone(), asked.len() - 1))
    }

    fn planned(&self, _record: RecordId, _event: &Event, plan: &[Action]) {
        self.0.plans.lock().unwrap().push(plan.to_vec());
    }

    fn end(&self, _record: RecordId, answer: &Answer) {
        self.0.answers.lock().unwrap().push(answer.clone());
    }
}

/// A NetBox with the cluster, whose deliveries are held.
pub async fn netbox() -> FakeNetBox {
    netbox_of(&[CLUSTER]).await
}

/// The same with these clusters.
pub async fn netbox_of(clusters: &[&str]) -> FakeNetBox {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret");
    let netbox = clusters.iter().fold(netbox, |netbox, name| netbox.cluster(name));
    let netbox = netbox.custom_field("proxmox_mount_path", "virtualization.virtualdisk", "text").start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    netbox
}

/// A Proxmox cluster with a template, and a token that may do everything.
pub async fn proxmox() -> FakeProxmox {
    described().token("bridge@pve!lab", "proxmox-secret").start().await
}

/// A Proxmox cluster with a template, without a token.
pub fn described() -> Builder {
    FakeProxmox::builder()
        .cluster(CLUSTER)
        .node("pve01")
        .node("pve02")
        .storage(Storage::lvm_thin("local-lvm"))
        .storage(Storage::rbd("ceph"))
        .storage(Storage::dir("local").content("iso,vztmpl"))
        .vztmpl(VZTMPL)
        .container_template(9100, "debian-12-ct", |template| {
            template
                .node("pve01")
                .disk("rootfs", "local-lvm", 4_096)
                .net("net0", "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:91:00,ip=dhcp,firewall=1")
                .cores(1)
                .memory(512)
                .option("features", "nesting=1")
                .option("protection", "1")
                .description("the template's notes")
        })
        .template(9000, "debian-12-cloud", |template| {
            template
                .node("pve01")
                .disk("scsi0", "local-lvm", 10_240)
                .cloudinit("ide2", "local-lvm")
                .net("net0", "virtio=BC:24:11:00:90:00,bridge=vmbr0")
                .cores(1)
                .memory(1024)
                .option("protection", "1")
                .tags("golden")
                .description("the template's notes")
        })
}

/// A bridge between them.
pub fn bridge(netbox: &FakeNetBox, proxmox: &FakeProxmox, store: impl Store + 'static) -> Bridge {
    bridge_of(netbox, &[(CLUSTER, proxmox)], store)
}

/// A bridge between a NetBox and these clusters.
pub fn bridge_of(netbox: &FakeNetBox, clusters: &[(&str, &FakeProxmox)], store: impl Store + 'static) -> Bridge {
    let nb = netbox_api::Client::builder(netbox.url()).token(netbox.token().into()).build().unwrap();
    let cluster = |(name, proxmox): &(&str, &FakeProxmox)| {
        let client = proxmox_api::Client::builder(proxmox.url()).token(proxmox.token_string()).build().unwrap();
        let found = netbox.all("virtualization/clusters").into_iter().find(|it| it["name"] == *name).unwrap();
        let netbox_cluster = Cluster { id: found["id"].as_u64().unwrap(), name: (*name).into() };
        ProxmoxCluster { setting: (*name).into(), netbox_cluster, client }
    };
    let clusters = clusters.iter().map(cluster).collect();
    let mut bridge = Bridge::new(nb, "netbox.example.org", clusters, Inbox::new(store));
    bridge.backoff = Backoff { first: 0, most: 0 };
    bridge.task_deadline = Duration::from_secs(20);
    bridge
}

/// The fields of a record as people usually make one: `web01`, to be cloned from the template, or `ct01`, to be created
/// from the template volume onto `local-lvm`; staged; and with what is given.
pub fn record(kind: GuestKind, fields: Value) -> Value {
    let (name, custom) = match kind {
        GuestKind::Lxc => {
            let storage = "local-lvm";
            let custom =
                json!({"proxmox_lxc_templates": VZTMPL, "proxmox_vm_type": "lxc", "proxmox_vm_storage": storage});
            ("ct01", custom)
        }
        _ => ("web01", json!({"proxmox_vm_templates": "9000", "proxmox_vm_type": "vm"})),
    };
    let mut record = json!({"name": name, "status": "staged", "cluster": {"name": CLUSTER}, "custom_fields": custom});
    merge(&mut record, fields);
    record
}

/// The fields of a disk beside the root disk, in the first slot that a guest of this kind has for one.
pub fn second_disk(kind: GuestKind, id: u64, size: u64) -> Value {
    match kind {
        GuestKind::Lxc => {
            let custom = json!({"proxmox_mount_path": "/srv"});
            json!({"virtual_machine": id, "name": "mp0", "size": size, "custom_fields": custom})
        }
        _ => json!({"virtual_machine": id, "name": "scsi1", "size": size}),
    }
}

/// The slot of [`second_disk`].
pub fn second_slot(kind: GuestKind) -> &'static str {
    if kind == GuestKind::Lxc { "mp0" } else { "scsi1" }
}

/// Where the addresses of the first interface are in a guest's configuration.
pub fn address_option(kind: GuestKind) -> &'static str {
    if kind == GuestKind::Lxc { "net0" } else { "ipconfig0" }
}

impl Lab {
    /// With the default policy.
    pub async fn new() -> Self {
        Self::with(Policy::default()).await
    }

    /// With a policy.
    pub async fn with(policy: Policy) -> Self {
        Self::between(netbox().await, proxmox().await, policy)
    }

    /// With a token of Proxmox that has what a set-up gives it and nothing else.
    pub async fn with_the_role_of_setup() -> Self {
        let name = [PROXMOX_NAME];
        let rights: Vec<_> =
            PROXMOX.iter().map(|right| (right.path, right.privileges)).chain([("/", &name[..])]).collect();
        let proxmox = described().limited_token("bridge@pve!limited", "proxmox-secret", &rights);
        Self::between(netbox().await, proxmox.start().await, Policy::default())
    }

    /// Between two sides that a test made.
    pub fn between(netbox: FakeNetBox, proxmox: FakeProxmox, policy: Policy) -> Self {
        let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
        bridge.policy = policy;
        Self::over(netbox.into(), proxmox.into(), bridge)
    }

    /// Between a NetBox of two clusters and both; gives the second one's Proxmox, [`OTHER_CLUSTER`].
    pub async fn of_two_clusters() -> (Self, FakeProxmox) {
        let (netbox, first) = (netbox_of(&[CLUSTER, OTHER_CLUSTER]).await, proxmox().await);
        let second = described().cluster(OTHER_CLUSTER).token("bridge@pve!lab", "proxmox-secret").start().await;
        let clusters = [(CLUSTER, &first), (OTHER_CLUSTER, &second)];
        let bridge = bridge_of(&netbox, &clusters, MemoryStore::default());
        (Self::over(netbox.into(), first.into(), bridge), second)
    }

    /// Over a bridge between two sides.
    pub fn over(netbox: Arc<FakeNetBox>, proxmox: Arc<FakeProxmox>, bridge: Bridge) -> Self {
        let seen = Arc::new(Seen::default());
        let (dispatcher, run) = start(bridge, seen.clone());
        Self { netbox, proxmox, dispatcher, seen, twice: AtomicBool::new(false), next: AtomicUsize::new(0), run }
    }

    /// Ends the dispatcher wherever it is, as SIGKILL would, and starts another over this bridge.
    pub async fn restart(&mut self, bridge: Bridge) {
        self.run.abort();
        let _ = (&mut self.run).await;
        (self.dispatcher, self.run) = start(bridge, self.seen.clone());
    }

    /// The changes of the deliveries that NetBox made and nobody has taken yet.
    pub fn take(&self) -> Vec<NewEvent> {
        let deliveries = self.netbox.deliveries();
        let from = self.next.swap(deliveries.len(), Ordering::SeqCst);
        deliveries[from..].iter().flat_map(|delivery| changes(&delivery.json())).collect()
    }

    /// Hands over deliveries until NetBox makes no more and everything was answered.
    pub async fn settle(&self) {
        loop {
            let events = self.take();
            if events.is_empty() {
                break;
            }
            let _ = self.dispatcher.accept(&events).await.unwrap();
            if self.twice.load(Ordering::SeqCst) {
                let new = self.dispatcher.accept(&events).await.unwrap();
                assert!(new.iter().all(|new| !new), "a second delivery is known");
            }
            tokio::time::timeout(Duration::from_secs(60), self.dispatcher.idle()).await.expect("the dispatcher ends");
        }
    }

    /// Creates a virtual machine in NetBox with the usual fields and what is given, and lets it be answered.
    pub async fn create(&self, fields: Value) -> u64 {
        self.create_of(GuestKind::Qemu, fields).await
    }

    /// The same for a container, from the template volume onto `local-lvm`.
    pub async fn create_container(&self, fields: Value) -> u64 {
        self.create_of(GuestKind::Lxc, fields).await
    }

    /// The same for a guest of either kind.
    pub async fn create_of(&self, kind: GuestKind, fields: Value) -> u64 {
        let id = self.netbox.create_vm(record(kind, fields))["id"].as_u64().unwrap();
        self.settle().await;
        id
    }

    /// Changes a virtual machine in NetBox, and lets it be answered.
    pub async fn update(&self, id: u64, fields: Value) {
        self.netbox.update_vm(id, fields);
        self.settle().await;
    }

    /// The record as what owns a guest.
    pub fn owner(&self, id: u64) -> Owner {
        let created = self.netbox.vm(id).expect("NetBox has the record")["created"].as_str().unwrap().to_owned();
        Owner { record: RecordId(id), birth: created.parse().unwrap() }
    }

    /// The marker of a record's guest.
    pub fn marker(&self, id: u64, vmid: u32) -> String {
        let birth = self.owner(id).birth;
        format!("netbox-proxmox: netbox.example.org record {id} vmid {vmid} ready born {birth}")
    }

    /// The first Proxmox cluster, as the bridge has it.
    pub fn cluster(&self) -> &ProxmoxCluster {
        &self.dispatcher.bridge().clusters[0]
    }

    /// The VMID that NetBox says.
    pub fn vmid(&self, id: u64) -> Option<u32> {
        let said = &self.netbox.vm(id)?["custom_fields"]["proxmox_vmid"];
        said.as_str().map_or_else(|| said.to_string(), str::to_owned).parse().ok()
    }

    /// The texts of the journal that leave something to a person.
    pub fn journal(&self) -> Vec<String> {
        self.entries(|kind| kind != "success")
    }

    /// The texts of the journal that say what went as it should.
    pub fn news(&self) -> Vec<String> {
        self.entries(|kind| kind == "success")
    }

    fn entries(&self, of: impl Fn(&str) -> bool) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // The fake keeps a choice as it was sent or as it is answered.
        let kind = |entry: &Value| text(entry["kind"].get("value").unwrap_or(&entry["kind"]));
        self.netbox.journal().iter().filter(|it| of(&kind(it))).map(|entry| text(&entry["comments"])).collect()
    }

    /// The last plan, as text.
    pub fn last_plan(&self) -> Vec<String> {
        self.seen.plans.lock().unwrap().last().into_iter().flatten().map(ToString::to_string).collect()
    }

    /// All answers so far must be those of plans that were performed, or of echoes.
    pub fn must_have_applied(&self) {
        for answer in self.seen.answers.lock().unwrap().iter() {
            assert!(!matches!(answer, Answer::Failed { .. }), "{answer:#?}");
        }
    }

    /// The guest of a record, which must exist.
    pub fn guest(&self, id: u64) -> Guest {
        let vmid = self.vmid(id).expect("NetBox has a VMID");
        self.proxmox.guest(vmid).unwrap_or_else(|| panic!("guest {vmid} exists"))
    }

    /// The guests that are no templates.
    pub fn guests(&self) -> Vec<u32> {
        self.proxmox.guests().iter().filter(|guest| !guest.is_template()).map(|guest| guest.vmid).collect()
    }

    /// Makes records with their guests, which are alike and stopped; gives the records' ids. Their deliveries are not answered.
    pub fn pairs(&self, vmids: std::ops::RangeInclusive<u32>) -> Vec<u64> {
        let pair = |vmid: u32| {
            let (name, vmid_field) = (format!("guest-{vmid}"), json!({"proxmox_vmid": vmid.to_string()}));
            let mut fields = record(GuestKind::Qemu, json!({"custom_fields": vmid_field}));
            merge(&mut fields, json!({"name": name, "status": "offline"}));
            let id = self.netbox.create_vm(fields)["id"].as_u64().unwrap();
            let marker = self.marker(id, vmid);
            self.proxmox.add_guest(vmid, &name, |guest| guest.disk("scsi0", "ceph", 1_024).description(&marker));
            id
        };
        vmids.map(pair).collect()
    }

    /// Creates an interface of a virtual machine in NetBox, and lets it be answered; gives its id.
    pub async fn add_interface(&self, id: u64, name: &str, fields: Value) -> u64 {
        let mut interface = json!({"virtual_machine": id, "name": name});
        merge(&mut interface, fields);
        let id = self.netbox.create_interface(interface)["id"].as_u64().unwrap();
        self.settle().await;
        id
    }

    /// Creates a virtual disk in NetBox, and lets it be answered; gives its id.
    pub async fn add_disk(&self, id: u64, name: &str, size: u64) -> u64 {
        let disk = self.netbox.create_disk(json!({"virtual_machine": id, "name": name, "size": size}));
        self.settle().await;
        disk["id"].as_u64().unwrap()
    }

    /// Changes a virtual disk in NetBox, and lets it be answered.
    pub async fn update_disk(&self, id: u64, fields: Value) {
        self.netbox.update_disk(id, fields);
        self.settle().await;
    }

    /// Deletes a virtual disk in NetBox, and lets it be answered.
    pub async fn delete_disk(&self, id: u64) {
        self.netbox.delete_disk(id);
        self.settle().await;
    }

    /// Deletes a virtual machine in NetBox, and lets it be answered.
    pub async fn delete(&self, id: u64) {
        self.netbox.delete_vm(id);
        self.settle().await;
    }
}

fn start(bridge: Bridge, seen: Arc<Seen>) -> (Dispatcher, tokio::task::JoinHandle<()>) {
    let dispatcher = Dispatcher::new(bridge, Watch(seen), "lab", 4);
    let running = dispatcher.clone();
    (dispatcher, tokio::spawn(async move { running.run(std::future::pending()).await }))
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.run.abort();
    }
}

/// The changes of a delivery; none for what concerns no virtual machine.
pub fn changes(delivery: &Value) -> Vec<NewEvent> {
    let delivery: Delivery = serde_json::from_value(delivery.clone()).unwrap();
    NewEvent::from_delivery(&delivery, &FieldNames::default()).unwrap_or_default()
}

/// Puts the fields of an object into another, custom fields one by one.
fn merge(into: &mut Value, fields: Value) {
    let (Some(into), Value::Object(fields)) = (into.as_object_mut(), fields) else { return };
    for (key, value) in fields {
        match into.get_mut(&key) {
            Some(present) if present.is_object() && value.is_object() && key == "custom_fields" => {
                merge(present, value)
            }
            _ => {
                into.insert(key, value);
            }
        }
    }
}
