//! Which NetBox cluster a Proxmox cluster is, asked for until it is known: what concerns its guests must not be judged before.

use std::time::Duration;

use super::Board;
use crate::executor::Failure;
use crate::live::bridge::ProxmoxCluster;
use crate::live::checks::Candidate;
use crate::live::clusters;
use crate::live::inbox::Inbox;

/// How long to wait before it is asked for again: at first, and at most.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Asks until it is known; what is waited for meanwhile is on the board.
pub async fn named(candidate: &Candidate, netbox: &netbox_api::Client, inbox: &Inbox, board: &Board) -> ProxmoxCluster {
    let mut pause = PAUSE;
    loop {
        match once(candidate, netbox, inbox).await {
            Ok(cluster) => {
                board.wait_for(None);
                return cluster;
            }
            Err(failure) => {
                let why = failure.why;
                tracing::error!(%why, "nothing is managed yet: it is not known which NetBox cluster the Proxmox cluster is; deliveries are stored meanwhile");
                board.wait_for(Some(format!("it is not known which NetBox cluster the Proxmox cluster is: {why}")));
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn once(candidate: &Candidate, netbox: &netbox_api::Client, inbox: &Inbox) -> Result<ProxmoxCluster, Failure> {
    let setting = match &candidate.netbox_cluster {
        Some(name) => name.clone(),
        None => clusters::own_name(&candidate.client).await?,
    };
    let netbox_cluster = clusters::resolve(netbox, inbox, &setting).await?.cluster;
    Ok(ProxmoxCluster { setting, netbox_cluster, client: candidate.client.clone() })
}
