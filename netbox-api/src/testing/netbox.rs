//! The handle on a running NetBox.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::builder::Builder;
use super::delivery::Delivery;
use super::faults::Fault;
use super::models::{model, models};
use super::request::{Identity, Received};
use super::schema::Kind;
use super::server::{Guard, Shared};
use super::state::Job;
use super::store::Record;
use super::user::User;

/// The object types whose events a webhook of [`FakeNetBox::webhook`] gets.
const WATCHED: [&str; 5] = [
    "virtualization.virtualmachine",
    "virtualization.virtualdisk",
    "virtualization.vminterface",
    "ipam.ipaddress",
    "dcim.macaddress",
];

/// A running NetBox. Clones are handles on the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct FakeNetBox {
    shared: Arc<Shared>,
    /// None in the hands of a hook, which would otherwise keep itself alive.
    _guard: Option<Arc<Guard>>,
}

impl std::fmt::Debug for FakeNetBox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FakeNetBox").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl FakeNetBox {
    /// Starts building one.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn new(shared: Arc<Shared>, guard: Guard) -> Self {
        Self { shared, _guard: Some(Arc::new(guard)) }
    }

    pub(super) fn without_guard(shared: Arc<Shared>) -> Self {
        Self { shared, _guard: None }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    #[cfg(feature = "client")]
    pub(super) fn shared_handle(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Its address: "http://127.0.0.1:PORT".
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.lock().settings.url.clone()
    }

    /// The first token.
    #[must_use]
    pub fn token(&self) -> String {
        self.shared.lock().settings.tokens.first().map(|token| token.value.clone()).unwrap_or_default()
    }

    // --- deliveries

    /// Registers a webhook (POST, signed if there is a secret) and an event rule that calls it for every event of virtual machines, disks,
    /// interfaces, IP and MAC addresses. Two of them send every event twice. Returns the webhook's id. Others can be made over REST.
    pub fn webhook(&self, url: &str, secret: Option<&str>) -> u64 {
        let count = self.shared.lock().store.all(Kind::Webhook).count() + 1;
        let shell = self.shell();
        let webhook = json!({"name": format!("webhook {count}"), "payload_url": url, "secret": secret.unwrap_or_default(), "ssl_verification": false});
        let id = shell.create("extras/webhooks", webhook)["id"].clone();
        let rule = json!({"name": format!("rule {count}"), "object_types": WATCHED,
            "event_types": ["object_created", "object_updated", "object_deleted"],
            "action_type": "webhook", "action_object_type": "extras.webhook", "action_object_id": id});
        shell.create("extras/event-rules", rule);
        id.as_u64().unwrap_or_default()
    }

    /// All deliveries made so far, whatever became of them.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.lock().deliveries.clone()
    }

    /// From now on new deliveries are made but not sent.
    pub fn hold(&self) {
        self.shared.lock().mode.held = true;
    }

    /// The deliveries that are held, in their order.
    #[must_use]
    pub fn held(&self) -> Vec<Delivery> {
        let state = self.shared.lock();
        state.held.iter().filter_map(|number| state.deliveries.get(*number).cloned()).collect()
    }

    /// Ends holding: what was held is sent, in order.
    pub fn release(&self) {
        let mut state = self.shared.lock();
        state.mode.held = false;
        let held = std::mem::take(&mut state.held);
        for number in held {
            state.enqueue(Job { number, done: None });
        }
        drop(state);
        self.shared.wake();
    }

    /// Sends a delivery: one that was held or lost, or another time one that was sent, with the same bytes. Returns the receiver's status,
    /// none if it did not answer. Delivering several in any order is calling this in that order.
    ///
    /// # Panics
    ///
    /// If there is no delivery of that number.
    pub async fn deliver(&self, number: usize) -> Option<u16> {
        let (done, answered) = oneshot::channel();
        {
            let mut state = self.shared.lock();
            assert!(number < state.deliveries.len(), "there is no delivery {number}, only {}", state.deliveries.len());
            state.held.retain(|held| *held != number);
            state.enqueue(Job { number, done: Some(done) });
        }
        self.shared.wake();
        answered.await.ok().flatten()
    }

    /// Sends all that are held, in order. Returns the receiver's statuses.
    pub async fn deliver_all(&self) -> Vec<Option<u16>> {
        let numbers = std::mem::take(&mut self.shared.lock().held);
        let mut statuses = Vec::new();
        for number in numbers {
            statuses.push(self.deliver(number).await);
        }
        statuses
    }

    /// Whether each delivery is sent twice, as with a retry whose answer was lost.
    pub fn double(&self, double: bool) {
        self.shared.lock().mode.double = double;
    }

    /// Loses the deliveries of which this is true. They can still be sent with [`FakeNetBox::deliver`].
    pub fn lose(&self, loses: impl FnMut(&Delivery) -> bool + Send + 'static) {
        self.shared.lock().mode.loses = Some(Box::new(loses));
    }

    /// Loses no more.
    pub fn lose_none(&self) {
        self.shared.lock().mode.loses = None;
    }

    /// Waits that long (of real time) before each delivery.
    pub fn delay(&self, time: Duration) {
        self.shared.lock().mode.delay = time;
    }

    /// Lets time pass, of its own.
    pub fn pass(&self, time: Duration) {
        self.shared.lock().clock.pass(time);
    }

    /// How many workers run, and how many jobs have failed, as it says itself. Whether deliveries are sent is another matter:
    /// [`FakeNetBox::hold`].
    pub fn jobs(&self, workers: u64, failed: u64) {
        let mode = &mut self.shared.lock().mode;
        (mode.workers, mode.failed_jobs) = (workers, failed);
    }

    /// Waits until everything that was queued has been answered, or failed. What is held or lost is not waited for.
    pub async fn settled(&self) {
        let mut pending = self.shared.lock().pending.subscribe();
        // The sender lives as long as this handle.
        let _ = pending.wait_for(|pending| *pending == 0).await;
    }

    // --- what comes in over HTTP

    /// The requests that came in over HTTP, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shared.lock().received.clear();
    }

    /// Adds a fault; the first one that matches a request strikes it.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// Runs this with every HTTP request before it is executed, to change something in the moment between a client's reading and writing.
    pub fn on_request(&self, hook: impl Fn(&FakeNetBox, &Received) + Send + Sync + 'static) {
        self.shared.lock().hook = Some(Arc::new(hook));
    }

    // --- what others do

    /// Works as this user, who may do everything.
    #[must_use]
    pub fn user(&self, name: &str) -> User<'_> {
        User::new(self, Identity::User(name.to_owned()))
    }

    /// Works as `netbox shell` does: the same checks, but no events and no change log.
    #[must_use]
    pub fn shell(&self) -> User<'_> {
        User::new(self, Identity::Shell)
    }

    fn alice(&self) -> User<'_> {
        self.user("alice")
    }

    /// [`User::create_vm`] by the user `alice`.
    #[track_caller]
    pub fn create_vm(&self, fields: Value) -> Value {
        self.alice().create_vm(fields)
    }

    /// [`User::update_vm`] by the user `alice`.
    #[track_caller]
    pub fn update_vm(&self, id: u64, fields: Value) -> Value {
        self.alice().update_vm(id, fields)
    }

    /// [`User::delete_vm`] by the user `alice`.
    #[track_caller]
    pub fn delete_vm(&self, id: u64) {
        self.alice().delete_vm(id);
    }

    /// [`User::create_disk`] by the user `alice`.
    #[track_caller]
    pub fn create_disk(&self, fields: Value) -> Value {
        self.alice().create_disk(fields)
    }

    /// [`User::update_disk`] by the user `alice`.
    #[track_caller]
    pub fn update_disk(&self, id: u64, fields: Value) -> Value {
        self.alice().update_disk(id, fields)
    }

    /// [`User::delete_disk`] by the user `alice`.
    #[track_caller]
    pub fn delete_disk(&self, id: u64) {
        self.alice().delete_disk(id);
    }

    /// [`User::create_interface`] by the user `alice`.
    #[track_caller]
    pub fn create_interface(&self, fields: Value) -> Value {
        self.alice().create_interface(fields)
    }

    /// [`User::update_interface`] by the user `alice`.
    #[track_caller]
    pub fn update_interface(&self, id: u64, fields: Value) -> Value {
        self.alice().update_interface(id, fields)
    }

    /// [`User::delete_interface`] by the user `alice`.
    #[track_caller]
    pub fn delete_interface(&self, id: u64) {
        self.alice().delete_interface(id);
    }

    /// [`User::create_ip`] by the user `alice`.
    #[track_caller]
    pub fn create_ip(&self, fields: Value) -> Value {
        self.alice().create_ip(fields)
    }

    /// [`User::update_ip`] by the user `alice`.
    #[track_caller]
    pub fn update_ip(&self, id: u64, fields: Value) -> Value {
        self.alice().update_ip(id, fields)
    }

    /// [`User::delete_ip`] by the user `alice`.
    #[track_caller]
    pub fn delete_ip(&self, id: u64) {
        self.alice().delete_ip(id);
    }

    /// [`User::create_mac`] by the user `alice`.
    #[track_caller]
    pub fn create_mac(&self, fields: Value) -> Value {
        self.alice().create_mac(fields)
    }

    /// Renames a cluster, as the user `alice`: an entry of the change log, an event for rules that watch clusters, and none of the virtual
    /// machines, whose `cluster.name` is the new one from then on (believed).
    #[track_caller]
    pub fn rename_cluster(&self, id: u64, name: &str) -> Value {
        self.alice().update("virtualization/clusters", id, json!({"name": name}))
    }

    /// [`User::give_address`] by the user `alice`.
    #[track_caller]
    pub fn give_address(&self, vm: u64, address: &str) -> Value {
        self.alice().give_address(vm, address)
    }

    // --- looking without asking

    /// A virtual machine as REST shows it.
    #[must_use]
    pub fn vm(&self, id: u64) -> Option<Value> {
        let state = self.shared.lock();
        let record = state.store.get(Kind::VirtualMachine, id)?;
        Some(Value::Object(state.settings.view(&state.store, &state.settings.url).full(Kind::VirtualMachine, record)))
    }

    /// The virtual machine of that name, in any cluster.
    #[must_use]
    pub fn vm_named(&self, name: &str) -> Option<Value> {
        self.rows(Kind::VirtualMachine, |vm| vm.text("name") == name).into_iter().next()
    }

    /// The disks of a virtual machine.
    #[must_use]
    pub fn disks(&self, vm: u64) -> Vec<Value> {
        self.rows(Kind::VirtualDisk, |disk| disk.is("virtual_machine", vm))
    }

    /// The interfaces of a virtual machine.
    #[must_use]
    pub fn interfaces(&self, vm: u64) -> Vec<Value> {
        self.rows(Kind::VmInterface, |interface| interface.is("virtual_machine", vm))
    }

    /// All journal entries, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Value> {
        self.rows(Kind::JournalEntry, |_| true)
    }

    /// The change log, oldest first.
    #[must_use]
    pub fn object_changes(&self) -> Vec<Value> {
        self.rows(Kind::ObjectChange, |_| true)
    }

    /// All objects of a type ("extras/tags"), by id.
    ///
    /// # Panics
    ///
    /// If there is no such type.
    #[must_use]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let known = models().find(|model| model.path == path.trim_matches('/'));
        self.rows(known.unwrap_or_else(|| panic!("no objects at {path}")).kind, |_| true)
    }

    fn rows(&self, kind: Kind, wanted: impl Fn(&Record) -> bool) -> Vec<Value> {
        let state = self.shared.lock();
        let view = state.settings.view(&state.store, &state.settings.url);
        debug_assert_eq!(model(kind).kind, kind);
        state
            .store
            .all(kind)
            .filter(|record| wanted(record))
            .map(|record| Value::Object(view.full(kind, record)))
            .collect()
    }
}
