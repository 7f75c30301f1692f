//! What the handlers share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::{Dispatcher, Inbox, InboxError, NewEvent};

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
}

impl ServerState {
    /// Without a dispatcher: deliveries are stored.
    pub fn new(receiver: ReceiverSettings, fields: FieldNames, inbox: Inbox, peers: Peers) -> Self {
        Self {
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

    /// The inbox.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// From now on this dispatcher answers what is stored.
    pub(super) fn attach(&self, dispatcher: Dispatcher) {
        // Once only: there is one dispatcher for each server.
        let _ = self.dispatcher.set(dispatcher);
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
