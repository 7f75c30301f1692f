//! `apply`: makes one guest what NetBox says, as the server would.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use netbox_proxmox_core::live::bridge::now;
use netbox_proxmox_core::live::{Bridge, LiveExecutor, Looked};
use netbox_proxmox_core::{Action, Failure, Outcome, Progress, RecordId, apply, plan_with};
use netbox_proxmox_examples::observe::outcome_name;
use netbox_proxmox_examples::output::{Format, Output, line};
use netbox_proxmox_examples::{Exit, Problem, Settings, connect};

use crate::{look, plan};

/// How long the lease on a guest lasts without being renewed, in seconds.
const LEASE: u64 = 60;

#[derive(Args)]
pub(crate) struct Arguments {
    /// A virtual machine in NetBox, by id or name
    #[arg(long, value_name = "NAME|ID")]
    vm: String,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    if !arguments.yes && !std::io::stdin().is_terminal() {
        return Err(Problem::new(Exit::Usage, "there is no terminal to ask on: give --yes"));
    }
    // The server's: a creation is stored there before it begins.
    let inbox = connect::inbox(&settings.inbox()?).await?;
    let bridge = look::bridge(settings, inbox).await?;
    let record = look::record(&bridge.netbox, &arguments.vm).await?;
    let owner = format!("netbox-proxmox apply {}", std::process::id());
    if !bridge.inbox.store().lease(record, &owner, now(), now() + LEASE).await? {
        return Err(Problem::new(
            Exit::Conflict,
            format!("{}: the server is working on it; try again later", arguments.vm),
        ));
    }
    let renew = async {
        loop {
            tokio::time::sleep(Duration::from_secs(LEASE / 3)).await;
            if let Err(error) = bridge.inbox.store().lease(record, &owner, now(), now() + LEASE).await {
                tracing::warn!(%error, "the lease is not renewed");
            }
        }
    };
    let result = tokio::select! {
        result = leased(arguments, &bridge, record, output) => result,
        () = renew => unreachable!("it never ends"),
        _ = tokio::signal::ctrl_c() => Err(Problem::new(Exit::Failed, "interrupted: what Proxmox has begun goes on; apply again")),
    };
    bridge.inbox.store().unlease(Some(record), &owner).await?;
    result
}

async fn leased(arguments: &Arguments, bridge: &Bridge, record: RecordId, output: &Output) -> Result<Exit, Problem> {
    let (event, cluster) = match look::up(bridge, record).await? {
        Looked::Event { event, cluster } => (event, cluster),
        Looked::Unmanaged(why) => {
            output.say(&format!("{} is not managed: {why}", arguments.vm));
            return Ok(Exit::Done);
        }
    };
    let steps = plan_with(&event, &bridge.policy);
    if steps.is_empty() {
        plan::show(&steps, output)?;
        return Ok(Exit::Done);
    }
    if !arguments.yes {
        for action in &steps {
            output.say(&action.to_string());
        }
        if !confirmed().await? {
            return Err(Problem::new(Exit::Failed, "not confirmed: nothing was done"));
        }
    }
    let cluster = bridge
        .cluster(&cluster)
        .ok_or_else(|| Problem::new(Exit::Failed, format!("cluster {cluster} is not one of ours")))?;
    let node = event.current.as_ref().and_then(|current| current.node.given().cloned());
    let applied = apply(steps, &LiveExecutor::new(bridge, cluster, node), &Told(*output)).await;
    if output.format == Format::Json {
        line(&serde_json::to_string_pretty(&applied).map_err(std::io::Error::from)?)?;
    }
    match applied.failed {
        None => Ok(Exit::Done),
        Some((action, failure)) => {
            let left = applied.left.len();
            let mut problem = Problem::from(failure);
            problem.text = format!("{action}: {}; {left} action(s) not reached", problem.text);
            Err(problem)
        }
    }
}

/// Asks on standard error.
async fn confirmed() -> Result<bool, Problem> {
    write!(std::io::stderr(), "Do this? [y/N] ")?;
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(|error| Problem::new(Exit::Failed, error.to_string()))??;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Tells the person how it goes, and prints what was done.
struct Told(Output);

impl Progress for Told {
    fn note(&self, _action: &Action, text: &str) {
        self.0.say(&format!("  {text}"));
    }

    fn end(&self, action: &Action, result: &Result<Outcome, Failure>) {
        if let (Ok(outcome), Format::Table) = (result, self.0.format) {
            // A closed pipe does not stop what is being done.
            let _ = line(&format!("{:<10} {action}", outcome_name(outcome)));
        }
    }
}
