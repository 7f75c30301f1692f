//! The webhook server: receives deliveries, stores them, and answers them in the background.

mod api;
mod arguments;
mod connections;
mod health;
mod in_flight;
mod page;
mod receive;
mod serve;
mod state;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use listenfd::ListenFd;
use netbox_proxmox_core::live::Observer;
use netbox_proxmox_core::live::checks::{Kept, Surroundings};
use netbox_proxmox_core::live::dispatch::lease::unique_owner;
use netbox_proxmox_core::live::service::{Service, checking, naming};
use netbox_proxmox_core::live::status::Status;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use self::api::signed::{NONCE, SIGNATURE, TIME, sign};
pub use self::arguments::Arguments;
pub use self::serve::serve;
pub use self::state::{Peers, ServerState};
use crate::config::Settings;
use crate::connect;
use crate::exit::{Exit, Problem};
use crate::observe::{Both, Watch};

/// How long what is in hand may take once the server was told to end.
const GRACE: Duration = Duration::from_secs(20);

/// The routes. Webhook paths work with and without a slash at their end: NetBox follows a redirect as a GET without a
/// body, and the event is lost.
pub fn router(state: Arc<ServerState>) -> Router {
    let mut router = Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics));
    for path in &state.receiver.paths {
        router = router.route(path, post(receive::webhook));
        if path != "/" {
            router = router.route(&format!("{path}/"), post(receive::webhook));
        }
    }
    if !state.receiver.api_secrets.is_empty() {
        router = api::with_routes(router);
    }
    if state.receiver.status_page {
        router = router.route("/", get(page::page));
    }
    router.with_state(state)
}

/// A server that listens, and does not answer yet.
pub struct Server<O> {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<ServerState>,
    settings: Settings,
    surroundings: Surroundings,
    observer: O,
}

impl<O: Observer + 'static> Server<O> {
    /// Opens the inbox and listens. Neither NetBox nor Proxmox need to be up. `observer` is told what the dispatcher
    /// does, beside the log and the metrics.
    ///
    /// # Errors
    /// The settings cannot be right, the inbox cannot be opened, or the address is taken.
    pub async fn bind(settings: &Settings, observer: O) -> Result<Self, Problem> {
        let receiver = settings.receiver()?;
        let netbox = connect::netbox(&settings.netbox()?)?;
        let clusters = connect::clusters(settings)?;
        settings.identities()?;
        settings.task_timeout()?;
        settings.container_password()?;
        let place = settings.inbox()?;
        let inbox = connect::inbox(&place).await?;
        let kept = Kept::Open { inbox: inbox.clone(), file: place.to_string().into() };
        let surroundings = connect::surroundings(settings, netbox.clone(), &clusters, kept)?;
        let failed = |error| Problem::new(Exit::Failed, format!("NETBOX_PROXMOX_LISTEN {}: {error}", receiver.listen));
        let listener = listener(&receiver.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let proxmox = clusters.iter().map(|(cluster, client)| (cluster.label(), client.clone())).collect();
        let peers = Peers { netbox, proxmox };
        let state = ServerState::new(receiver, settings.fields().clone(), inbox, peers);
        state.board.note(|status| {
            status.inbox = place.to_string();
            status.policy = settings.policy().chosen();
        });
        Ok(Self { listener, address, state: Arc::new(state), settings: settings.clone(), surroundings, observer })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its handlers share.
    pub fn state(&self) -> Arc<ServerState> {
        Arc::clone(&self.state)
    }

    /// Serves until told to stop; then accepts no more, and finishes what is in hand, for 20 s at most. What is not
    /// finished is continued at the next start.
    ///
    /// # Errors
    /// The settings cannot be right.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Problem> {
        let Self { listener, address, state, settings, surroundings, observer } = self;
        introduce(&state.board.status());
        for stray in settings.strays() {
            tracing::warn!("{stray}");
        }
        tracing::info!(%address, paths = ?state.receiver.paths, "listening");
        let (send, stopped) = watch::channel(false);
        let http = tokio::spawn(serve(listener, Arc::clone(&state), until(stopped.clone())));
        let observer = Both(Watch::new(Arc::clone(&state.metrics)), observer);
        let owner = unique_owner(&format!("{}/{address}", host_name()));
        let watching = tokio::spawn(checking::watch(surroundings.clone(), state.board.clone()));
        let mut work = tokio::spawn(work(state, settings, surroundings, observer, owner, stopped));
        let mut early = None;
        tokio::select! {
            () = stop => tracing::info!("stopping: finishing what is in hand"),
            // Receiving what nobody will answer helps nobody.
            ended = &mut work => {
                tracing::error!("answering has ended by itself: stopping");
                early = Some(ended);
            }
        }
        send.send_replace(true);
        watching.abort();
        let both = async {
            let _ = http.await;
            let ended = match early {
                Some(ended) => ended,
                None => work.await,
            };
            ended.unwrap_or_else(|error| Err(Problem::new(Exit::Failed, error.to_string())))
        };
        match tokio::time::timeout(GRACE, both).await {
            Ok(result) => result,
            Err(_) => {
                tracing::warn!(seconds = GRACE.as_secs(), "not finished in time; it is continued at the next start");
                Ok(())
            }
        }
    }
}

/// The socket that systemd hands over, on which connections wait while the server starts again; without one, a new one.
async fn listener(address: &str) -> std::io::Result<TcpListener> {
    match ListenFd::from_env().take_tcp_listener(0)? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            tracing::info!("listening on the socket that was handed over, whatever NETBOX_PROXMOX_LISTEN says");
            TcpListener::from_std(listener)
        }
        None => TcpListener::bind(address).await,
    }
}

/// One line that says what this is.
fn introduce(status: &Status) {
    let clusters: Vec<_> = status.clusters.iter().map(ToString::to_string).collect();
    let Status { version, netbox, inbox, policy, .. } = status;
    tracing::info!(%version, %netbox, clusters = clusters.join(", "), %inbox, %policy, "netbox-proxmox-webhook starts");
}

/// Answers what the inbox holds, once it is known which NetBox cluster each Proxmox cluster is.
async fn work(
    state: Arc<ServerState>,
    settings: Settings,
    surroundings: Surroundings,
    observer: impl Observer + 'static,
    owner: String,
    stopped: watch::Receiver<bool>,
) -> Result<(), Problem> {
    let mut known = Vec::new();
    for candidate in &surroundings.clusters {
        tokio::select! {
            cluster = naming::named(candidate, &state.peers.netbox, &state.inbox, &state.board) => known.push(cluster),
            () = until(stopped.clone()) => return Ok(()),
        }
    }
    for cluster in &known {
        tracing::info!(cluster = %cluster.netbox_cluster, "managing the guests of this NetBox cluster");
    }
    let bridge = connect::bridge(&settings, state.peers.netbox.clone(), known, state.inbox.clone())?;
    let service = Service::builder(bridge)
        .observer(observer)
        .board(state.board.clone())
        .owner(&owner)
        .parallel(state.receiver.parallel)
        .catch_up(state.receiver.catch_up)
        .reconcile(state.receiver.reconcile)
        .retention(settings.retention().clone())
        .build();
    state.attach(service.clone());
    service.run(until(stopped)).await;
    Ok(())
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender is dropped only after it said so, or with everything else.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// The name of this machine.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "host".to_owned() } else { name.trim().to_owned() }
}
