//! What the handlers share.

use std::sync::{Arc, OnceLock};

use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::service::{Board, Service};
use netbox_proxmox_core::live::status::{ClusterStatus, Status};
use netbox_proxmox_core::live::{Inbox, InboxError, NewEvent};

use tokio::sync::Semaphore;

use super::api;
use super::health::Readiness;
use super::in_flight::InFlight;
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
    /// The room for bodies.
    pub(super) in_flight: InFlight,
    /// The room for what is asked through the API.
    pub(super) asking: Arc<Semaphore>,
    /// What is known without asking.
    pub(super) board: Board,
    service: OnceLock<Service>,
}

impl ServerState {
    /// Without a service: deliveries are stored.
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
        let board = Board::new(status);
        board.wait_for(Some("starting".to_owned()));
        Self {
            board,
            in_flight: InFlight::new(receiver.body_limit),
            asking: Arc::new(Semaphore::new(api::AT_ONCE)),
            receiver,
            fields,
            inbox,
            peers,
            metrics: Arc::default(),
            readiness: tokio::sync::Mutex::default(),
            service: OnceLock::new(),
        }
    }

    /// The inbox.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// What answers, once it does.
    pub(super) fn service(&self) -> Option<&Service> {
        self.service.get()
    }

    /// From now on this service answers what is stored.
    pub(super) fn attach(&self, service: Service) {
        // Once only: there is one service for each server.
        let _ = self.service.set(service);
        self.board.look_again();
    }

    /// What stands in the way of managing the guests of a cluster.
    pub(super) fn troubles(&self) -> Vec<String> {
        self.service.get().map(|service| service.dispatcher().troubles()).unwrap_or_default()
    }

    /// Why nothing is answered yet.
    pub(super) fn not_begun(&self) -> Option<String> {
        match self.service.get() {
            Some(_) => None,
            None => Some(self.board.waits_for().unwrap_or_else(|| "starting".to_owned())),
        }
    }

    /// Something was delivered that was made in a branch.
    pub(super) fn heard_of_a_branch(&self) {
        if let Some(service) = self.service.get() {
            service.heard_of_a_branch();
        }
    }

    /// Stores changes durably; says for each whether it is new.
    pub(super) async fn accept(&self, events: &[NewEvent]) -> Result<Vec<bool>, InboxError> {
        if let Some(service) = self.service.get() {
            return service.accept(events).await;
        }
        let new = self.inbox.accept(events, now()).await?;
        // It may have begun meanwhile, and looked before these were there.
        if let Some(service) = self.service.get() {
            service.dispatcher().wake();
        }
        Ok(new)
    }
}
