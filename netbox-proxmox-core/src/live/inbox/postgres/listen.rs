//! Hears from the other instances that something is to be done.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::super::InboxError;
use super::super::rows::failed;

/// What the database's trigger notifies of.
const CHANNEL: &str = "netbox_proxmox_inbox";

/// How long to wait after the connection was lost.
const PAUSE: Duration = Duration::from_secs(1);

/// A task that listens, until this is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    heard: Arc<Notify>,
    _task: JoinSet<()>,
}

impl Listening {
    /// Listens from now on.
    pub(super) async fn begin(pool: &PgPool) -> Result<Self, InboxError> {
        let doing = "listen to what changes";
        let mut listener = PgListener::connect_with(pool).await.map_err(failed(doing))?;
        // Or closing the pool would wait for it.
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await.map_err(failed(doing))?;
        let heard = Arc::new(Notify::new());
        let mut task = JoinSet::new();
        let tell = Arc::clone(&heard);
        task.spawn(async move {
            loop {
                match listener.try_recv().await {
                    // Nothing was heard while the connection was lost: something may have changed.
                    Ok(_) => tell.notify_one(),
                    Err(error) => {
                        tracing::warn!(%error, "not told by the inbox's database of what changes");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        });
        Ok(Self { heard, _task: task })
    }

    /// Waits until something was heard since the last time.
    pub(super) async fn heard(&self) {
        self.heard.notified().await;
    }
}
