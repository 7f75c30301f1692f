//! What the commands that change something share: the person's consent, and the lease on the guest.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use netbox_proxmox_core::RecordId;
use netbox_proxmox_core::live::dispatch::lease::{Taken, unique_owner};
use netbox_proxmox_core::live::{Bridge, Leases};
use netbox_proxmox_examples::{Exit, Problem};

/// How often the lease is asked for again while somebody else has it: one whose process has ended ends.
const AGAIN: Duration = Duration::from_secs(1);

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

/// Does the work of a command while no one else works on the record. Nobody is asked meanwhile: others wait.
pub(crate) async fn leased(
    bridge: &Bridge,
    record: RecordId,
    command: &str,
    work: impl Future<Output = Result<Exit, Problem>>,
) -> Result<Exit, Problem> {
    let leases = Leases::new(&unique_owner(&format!("netbox-proxmox {command}")));
    let store = bridge.inbox.store();
    // A server that ended while it worked renews its lease no more; that takes a while to see.
    loop {
        match leases.take(store, record).await? {
            Taken::Yes => break,
            Taken::No => tokio::time::sleep(AGAIN).await,
            Taken::Renewed => {
                let text = format!("virtual machine {record}: the server is working on it; try again later");
                return Err(Problem::new(Exit::Conflict, text));
            }
        }
    }
    let interrupted = || format!("interrupted: what Proxmox has begun goes on; {command} again");
    let result = tokio::select! {
        result = work => result,
        () = leases.keep(store, record) => {
            let text = format!("virtual machine {record}: the server may be working on it now; {command} again");
            Err(Problem::new(Exit::Conflict, text))
        }
        _ = tokio::signal::ctrl_c() => Err(Problem::new(Exit::Failed, interrupted())),
    };
    leases.give_up(store, record).await?;
    result
}
