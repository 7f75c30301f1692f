//! What the commands that change something share: the person's consent, and the lease on the guest.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::Bridge;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_examples::{Exit, Problem};

/// How long the lease on a guest lasts without being renewed, in seconds.
const LEASE: u64 = 60;

/// Refuses to begin where nobody can be asked.
pub(crate) fn can_ask(yes: bool) -> Result<(), Problem> {
    if yes || std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Problem::new(Exit::Usage, "there is no terminal to ask on: give --yes"))
}

/// Asks on standard error, unless the answer is given.
pub(crate) async fn consent(yes: bool) -> Result<(), Problem> {
    if yes {
        return Ok(());
    }
    write!(std::io::stderr(), "Do this? [y/N] ")?;
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(|error| Problem::new(Exit::Failed, error.to_string()))??;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Problem::new(Exit::Failed, "not confirmed: nothing was done")),
    }
}

/// Does the work of a command while no one else works on the record.
pub(crate) async fn leased(
    bridge: &Bridge,
    record: RecordId,
    command: &str,
    work: impl Future<Output = Result<Exit, Problem>>,
) -> Result<Exit, Problem> {
    let owner = format!("netbox-proxmox {command} {}", std::process::id());
    let store = bridge.inbox.store();
    if !store.lease(record, &owner, now(), now() + LEASE).await? {
        let text = format!("virtual machine {record}: the server is working on it; try again later");
        return Err(Problem::new(Exit::Conflict, text));
    }
    let renew = async {
        loop {
            tokio::time::sleep(Duration::from_secs(LEASE / 3)).await;
            if let Err(error) = store.lease(record, &owner, now(), now() + LEASE).await {
                tracing::warn!(%error, "the lease is not renewed");
            }
        }
    };
    let interrupted = || format!("interrupted: what Proxmox has begun goes on; {command} again");
    let result = tokio::select! {
        result = work => result,
        () = renew => unreachable!("it never ends"),
        _ = tokio::signal::ctrl_c() => Err(Problem::new(Exit::Failed, interrupted())),
    };
    store.unlease(Some(record), &owner).await?;
    result
}
