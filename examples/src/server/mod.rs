//! The webhook server: receives deliveries, stores them, and answers them in the background.

mod arguments;
mod checking;
mod health;
mod page;
mod receive;
mod state;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::checks::{Kept, Surroundings};
use netbox_proxmox_core::live::dispatch::lease::unique_owner;
use netbox_proxmox_core::live::status::{Compared, Status};
use netbox_proxmox_core::live::{Dispatcher, Observer, ProxmoxCluster, Swept};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use self::arguments::Arguments;
pub use self::state::{Peers, ServerState};
use crate::config::{ClusterSettings, Settings};
use crate::connect;
use crate::exit::{Exit, Problem};
use crate::observe::{Both, Watch};

/// How long what is in hand may take once the server was told to end.
const GRACE: Duration = Duration::from_secs(20);

/// How often the inbox is looked at without a cause: another process may have released events.
const LOOK: Duration = Duration::from_secs(5);

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
    clusters: Vec<(ClusterSettings, proxmox_api::Client)>,
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
        let file = settings.inbox()?;
        let inbox = connect::inbox(&file).await?;
        let kept = Kept::Open { inbox: inbox.clone(), file: file.clone() };
        let surroundings = connect::surroundings(settings, netbox.clone(), &clusters, kept)?;
        let listener = TcpListener::bind(&receiver.listen).await;
        let failed = |error| Problem::new(Exit::Failed, format!("NETBOX_PROXMOX_LISTEN {}: {error}", receiver.listen));
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let proxmox = clusters.iter().map(|(cluster, client)| (cluster.label(), client.clone())).collect();
        let peers = Peers { netbox, proxmox };
        let state = ServerState::new(receiver, settings.fields().clone(), inbox, peers);
        state.note(|status| {
            status.inbox = file.display().to_string();
            status.policy = settings.policy().chosen();
        });
        Ok(Self {
            listener,
            address,
            state: Arc::new(state),
            settings: settings.clone(),
            clusters,
            surroundings,
            observer,
        })
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
        let Self { listener, address, state, settings, clusters, surroundings, observer } = self;
        introduce(&state.status());
        for stray in settings.strays() {
            tracing::warn!("{stray}");
        }
        tracing::info!(%address, paths = ?state.receiver.paths, "listening");
        let (send, stopped) = watch::channel(false);
        let http = axum::serve(listener, router(Arc::clone(&state))).with_graceful_shutdown(until(stopped.clone()));
        let http = tokio::spawn(http.into_future());
        let observer = Both(Watch::new(Arc::clone(&state.metrics)), observer);
        let owner = unique_owner(&format!("{}/{address}", host_name()));
        let watching = tokio::spawn(checking::watch(Arc::clone(&state), surroundings));
        let mut work = tokio::spawn(work(state, settings, clusters, observer, owner, stopped));
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
    clusters: Vec<(ClusterSettings, proxmox_api::Client)>,
    observer: impl Observer + 'static,
    owner: String,
    stopped: watch::Receiver<bool>,
) -> Result<(), Problem> {
    let mut known = Vec::new();
    for (settings, client) in &clusters {
        tokio::select! {
            cluster = named(&state, settings, client) => known.push(cluster),
            () = until(stopped.clone()) => return Ok(()),
        }
    }
    for cluster in &known {
        tracing::info!(cluster = %cluster.netbox_cluster, "managing the guests of this NetBox cluster");
    }
    let bridge = connect::bridge(&settings, state.peers.netbox.clone(), known, state.inbox.clone())?;
    let dispatcher = Dispatcher::new(bridge, observer, &owner, state.receiver.parallel);
    state.attach(dispatcher.clone());
    let look = async {
        loop {
            tokio::time::sleep(LOOK).await;
            dispatcher.wake();
        }
    };
    tokio::select! {
        () = dispatcher.run(until(stopped)) => {}
        () = look => {}
        () = catch_up(&dispatcher, &state) => {}
        () = reconcile(&dispatcher, &state) => {}
    }
    Ok(())
}

/// Reads NetBox's change log: at the start to its end, as what came while the server was away is lost; then, at an
/// interval, only what was there the time before, as younger deliveries may still be on their way.
async fn catch_up(dispatcher: &Dispatcher, state: &ServerState) {
    let mut upto = None;
    loop {
        match dispatcher.catch_up(upto).await {
            Ok(done) => {
                state.note(|status| status.caught_up = Some(now()));
                if done.new > 0 {
                    tracing::info!(new = done.new, held = done.held, "made up for lost deliveries");
                }
                upto = done.newest.or(upto);
            }
            Err(why) => tracing::warn!(%why, "NetBox's change log cannot be read"),
        }
        tokio::time::sleep(state.receiver.catch_up).await;
    }
}

/// Compares both sides at an interval. Not at the start: first comes what was lost while the server was away.
async fn reconcile(dispatcher: &Dispatcher, state: &ServerState) {
    let Some(every) = state.receiver.reconcile else { return std::future::pending().await };
    loop {
        tokio::time::sleep(every).await;
        match dispatcher.reconcile(state.receiver.parallel).await {
            Ok(swept) => {
                let Swept { compared, differ, orphans, foreign, failed } = swept;
                state.note(|status| status.compared = Some(Compared { at: now(), compared, differ, failed }));
                tracing::info!(compared, differ, orphans, foreign, failed, "compared both sides");
            }
            Err(why) => tracing::warn!(%why, "both sides cannot be compared"),
        }
    }
}

/// The NetBox cluster of a Proxmox cluster. It is asked for until it is known: what concerns its guests must not be judged
/// before.
async fn named(state: &ServerState, settings: &ClusterSettings, client: &proxmox_api::Client) -> ProxmoxCluster {
    let mut pause = Duration::from_secs(1);
    loop {
        match connect::cluster(settings, client, &state.peers.netbox, &state.inbox).await {
            Ok(cluster) => {
                state.waits_for(None);
                return cluster;
            }
            Err(problem) => {
                tracing::error!(why = %problem, "nothing is managed yet: it is not known which NetBox cluster the Proxmox cluster is; deliveries are stored meanwhile");
                state
                    .waits_for(Some(format!("it is not known which NetBox cluster the Proxmox cluster is: {problem}")));
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(30));
    }
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
