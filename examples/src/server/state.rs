//! What the handlers share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::checks::{Check, blocking};
use netbox_proxmox_core::live::status::{ClusterStatus, Status};
use netbox_proxmox_core::live::{Dispatcher, Inbox, InboxError, NewEvent};

use tokio::sync::Notify;

use super::health::Readiness;
use crate::config::ReceiverSettings;
use crate::metrics::Metrics;

/// The two sides, to see whether they can be reached.
#[derive(Debug, Clone)]
pub struct Peers {
    /// NetBox.
    pub netbox: netbox_api::Client,
    /// The Proxmox clusters with what they are called.
    pub proxmox: Vec<(String, proxmox_api::Client)>,
}

/// What the handlers share.
pub struct ServerState {
    pub(super) receiver: ReceiverSettings,
    pub(super) fields: FieldNames,
    pub(super) inbox: Inbox,
    pub(super) peers: Peers,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: tokio::sync::Mutex<Option<Readiness>>,
    dispatcher: OnceLock<Dispatcher>,
    waits_for: Mutex<Option<String>>,
    /// What the status page tells that is known without asking, and the checks that were last made.
    known: Mutex<(Status, Vec<Check>)>,
    /// The checks are to be made again, as something has changed.
    pub(super) look_again: Notify,
}

impl ServerState {
    /// Without a dispatcher: deliveries are stored.
    pub fn new(receiver: ReceiverSettings, fields: FieldNames, inbox: Inbox, peers: Peers) -> Self {
        let clusters = peers.proxmox.iter().map(|(name, client)| {
            let addresses = client.at_each_endpoint().into_iter().map(|(address, _)| address).collect();
            ClusterStatus { name: name.clone(), addresses }
        });
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: now(),
            netbox: peers.netbox.url().to_owned(),
            clusters: clusters.collect(),
            ..Status::default()
        };
        Self {
            known: Mutex::new((status, Vec::new())),
            look_again: Notify::new(),
            receiver,
            fields,
            inbox,
            peers,
            metrics: Arc::default(),
            readiness: tokio::sync::Mutex::default(),
            dispatcher: OnceLock::new(),
            waits_for: Mutex::new(Some("starting".to_owned())),
        }
    }

    /// What is known of it, changed.
    pub(super) fn note(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner).0);
    }

    /// What is known of it.
    pub(super) fn status(&self) -> Status {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Checks were made.
    pub(super) fn checked(&self, checks: Vec<Check>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.0.judge(&checks);
        known.1 = checks;
    }

    /// What the checks found that keeps everything from being managed.
    pub(super) fn blocking(&self) -> Vec<String> {
        blocking(&self.known.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The inbox.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// From now on this dispatcher answers what is stored.
    pub(super) fn attach(&self, dispatcher: Dispatcher) {
        // Once only: there is one dispatcher for each server.
        let _ = self.dispatcher.set(dispatcher);
        self.look_again.notify_one();
    }

    /// What the dispatcher waits for before it can begin.
    pub(super) fn waits_for(&self, what: Option<String>) {
        *self.waits_for.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// What stands in the way of managing the guests of a cluster.
    pub(super) fn troubles(&self) -> Vec<String> {
        self.dispatcher.get().map(Dispatcher::troubles).unwrap_or_default()
    }

    /// Why nothing is answered yet.
    pub(super) fn not_begun(&self) -> Option<String> {
        match self.dispatcher.get() {
            Some(_) => None,
            None => {
                let why = self.waits_for.lock().unwrap_or_else(PoisonError::into_inner).clone();
                Some(why.unwrap_or_else(|| "starting".to_owned()))
            }
        }
    }

    /// Stores changes durably; says for each whether it is new.
    pub(super) async fn accept(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        if let Some(dispatcher) = self.dispatcher.get() {
            return dispatcher.accept(events).await;
        }
        let new = self.inbox.accept(events, now()).await?;
        // It may have begun meanwhile, and looked before these were there.
        if let Some(dispatcher) = self.dispatcher.get() {
            dispatcher.wake();
        }
        Ok(new)
    }
}
