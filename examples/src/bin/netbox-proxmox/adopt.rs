//! `adopt`: says that a guest which exists in Proxmox is the guest of a record in NetBox.

use clap::Args;
use netbox_proxmox_core::live::adopt::{adopt, find};
use netbox_proxmox_core::live::guests::{self, Observed};
use netbox_proxmox_core::live::{Bridge, Looked, ProxmoxCluster};
use netbox_proxmox_core::{Event, Guest, Ownership, RecordId, plan_with};
use netbox_proxmox_examples::observe::outcome_name;
use netbox_proxmox_examples::output::{Format, Output, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};
use serde_json::json;

use crate::{act, look};

#[derive(Args)]
pub(crate) struct Arguments {
    /// A virtual machine in NetBox, by id or name; its VMID there says which guest
    #[arg(long, value_name = "NAME|ID")]
    vm: String,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    act::can_ask(arguments.yes)?;
    let inbox = look::inbox(settings).await?;
    let bridge = look::bridge(settings, inbox).await?;
    let record = look::record(&bridge.netbox, &arguments.vm).await?;
    act::leased(&bridge, record, "adopt", leased(arguments, &bridge, record, output)).await
}

async fn leased(arguments: &Arguments, bridge: &Bridge, record: RecordId, output: &Output) -> Result<Exit, Problem> {
    let (event, cluster) = looked_up(bridge, record, &arguments.vm).await?;
    let Some(guest) = &event.desired else {
        return Err(Problem::new(Exit::NotFound, format!("NetBox has no virtual machine {}", arguments.vm)));
    };
    let Some(vmid) = guest.vmid.given() else { return Err(no_vmid(bridge, &event, guest)) };
    let found = find(bridge, cluster, guest).await?;
    if !matches!(found.ownership(record, &bridge.identities), Ownership::Ours { .. }) {
        output.say(&described(cluster, guest, &found).await?);
        act::consent(arguments.yes).await?;
    }
    let outcome = adopt(bridge, cluster, guest).await?;
    let name = outcome_name(&outcome);
    if output.format == Format::Table {
        line(&format!("{name:<10} adopt {} (VMID {vmid})", guest.name))?;
    }

    // What a plan says from now on. Adopted it is, whatever comes of this.
    let plan = match looked_up(bridge, record, &arguments.vm).await {
        Ok((event, _)) => Some(plan_with(&event, &bridge.policy)),
        Err(problem) => {
            output.say(&format!("what differs is not known: {problem}"));
            None
        }
    };
    match (output.format, plan) {
        (Format::Json, plan) => {
            let adopted = json!({"outcome": name, "record": record, "name": guest.name, "vmid": vmid, "plan": plan});
            line(&serde_json::to_string_pretty(&adopted).map_err(std::io::Error::from)?)?;
        }
        (Format::Table, Some(plan)) if plan.is_empty() => output.say("it is as NetBox says: nothing to do"),
        (Format::Table, Some(plan)) => {
            output.say(&format!("it differs from NetBox; `netbox-proxmox apply --vm {record}` would do:"));
            plan.iter().for_each(|action| output.say(&format!("  {action}")));
        }
        (Format::Table, None) => {}
    }
    Ok(Exit::Done)
}

/// Both sides of the record, which must be managed.
async fn looked_up<'a>(
    bridge: &'a Bridge,
    record: RecordId,
    vm: &str,
) -> Result<(Box<Event>, &'a ProxmoxCluster), Problem> {
    match look::up(bridge, record).await? {
        Looked::Event { event, cluster } => match bridge.cluster(&cluster) {
            Some(cluster) => Ok((event, cluster)),
            None => Err(Problem::new(Exit::Failed, format!("cluster {cluster} is not one of ours"))),
        },
        Looked::Unmanaged(why) => {
            let text = format!("{vm} is not managed: {why}. Change that in NetBox, then adopt again");
            Err(Problem::new(Exit::Failed, text))
        }
    }
}

/// Says what to do about it, and which guests it may be.
fn no_vmid(bridge: &Bridge, event: &Event, guest: &Guest) -> Problem {
    let same_name = event.context.same_name.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let perhaps =
        if same_name.is_empty() { String::new() } else { format!(" (a guest of this name: VMID {same_name})") };
    let (name, field) = (&guest.name, &bridge.fields.vmid);
    let text =
        format!("NetBox has no VMID for {name}: write that of its guest into {field}{perhaps}, then adopt again");
    Problem::new(Exit::Failed, text)
}

/// What would be adopted, for a person to recognise.
async fn described(cluster: &ProxmoxCluster, guest: &Guest, found: &Observed) -> Result<String, Problem> {
    let power = guests::power(&cluster.client, found).await?;
    let called = found.config.name().unwrap_or("without a name");
    let differs = if found.config.name() == guest.proxmox_name() { "" } else { "; the names differ" };
    let (name, record, vmid, node) = (&guest.name, guest.record, found.vmid, &found.node);
    Ok(format!(
        "virtual machine {name} (id {record} in NetBox) adopts guest {vmid} ({called}) on {node}, {}{differs}\n         from then on it is kept as NetBox says, and removed when NetBox removes it, as the policy allows",
        power.as_str()
    ))
}
