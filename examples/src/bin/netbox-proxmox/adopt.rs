//! `adopt`: says that a guest which exists in Proxmox is the guest of a record in NetBox.

use clap::Args;
use netbox_proxmox_core::live::adopt::{Candidate, adopt, candidates, find};
use netbox_proxmox_core::live::guests::{self, Observed};
use netbox_proxmox_core::live::{Bridge, ProxmoxCluster};
use netbox_proxmox_core::{Event, Guest, Ownership, RecordId, plan_with};
use netbox_proxmox_examples::observe::outcome_name;
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};
use serde_json::json;

use crate::{act, look};

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// A virtual machine in NetBox, by id or name; its VMID there says which guest
    #[arg(long, value_name = "NAME|ID")]
    vm: Option<String>,
    /// Every managed virtual machine that has a VMID, and whose guest has its name
    #[arg(long)]
    all: bool,
    /// The same for those with a tag in NetBox
    #[arg(long, value_name = "SLUG")]
    tag: Option<String>,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: Of,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    act::can_ask(arguments.yes)?;
    let inbox = look::inbox_or_new(settings).await?;
    let bridge = look::bridge(settings, inbox).await?;
    let Some(vm) = arguments.of.vm.as_deref() else {
        return many(arguments, &bridge, output).await;
    };
    let record = look::record(&bridge.netbox, vm).await?;
    // A person may think for long: nobody waits for that, and what is true then is looked at again.
    let shown = unadopted(&bridge, record, vm).await?;
    if let Some(text) = &shown {
        output.say(text);
        act::consent(arguments.yes).await?;
    }
    act::leased(&bridge, record, "adopt", leased(shown.as_deref(), vm, &bridge, record, output)).await
}

/// What would be adopted; nothing where the guest is the record's already.
async fn unadopted(bridge: &Bridge, record: RecordId, vm: &str) -> Result<Option<String>, Problem> {
    let (event, cluster) = looked_up(bridge, record, vm).await?;
    let Some(guest) = &event.desired else {
        return Err(Problem::new(Exit::NotFound, format!("NetBox has no virtual machine {vm}")));
    };
    if guest.vmid.given().is_none() {
        return Err(no_vmid(bridge, &event, guest));
    }
    let found = find(bridge, cluster, guest).await?;
    let ownership = guest.owner().map(|owner| found.ownership(owner, &bridge.identities));
    match ownership {
        Some(Ownership::Ours { .. }) => Ok(None),
        ownership => Ok(Some(described(cluster, guest, &found, ownership).await?)),
    }
}

/// All that can be adopted without a doubt: shown first, then adopted one after the other.
async fn many(arguments: &Arguments, bridge: &Bridge, output: &Output) -> Result<Exit, Problem> {
    let candidates = candidates(bridge, arguments.of.tag.as_deref()).await?;
    let (mut adopt_them, mut left) = (Vec::new(), 0);
    for candidate in &candidates {
        let Candidate { guest, found, .. } = candidate;
        match found {
            _ if candidate.is_adopted(bridge) => {}
            Ok(found) if candidate.same_name() => {
                output.say(&format!(
                    "adopt {} (id {}): guest {} on {}",
                    guest.name, guest.record, found.vmid, found.node
                ));
                adopt_them.push(candidate);
            }
            Ok(found) => {
                let called = found.config.name().unwrap_or("without a name");
                let (name, record, vmid) = (&guest.name, guest.record, found.vmid);
                complain(&format!(
                    "left {name} (id {record}): guest {vmid} is called {called}. If it is the one: `netbox-proxmox adopt --vm {record}`"
                ));
                left += 1;
            }
            Err(failure) => {
                complain(&format!("left {} (id {}): {}", guest.name, guest.record, failure.why));
                left += 1;
            }
        }
    }
    let already = candidates.len() - adopt_them.len() - left;
    output.say(&format!("{} to adopt, {left} left, {already} adopted before", adopt_them.len()));
    if !adopt_them.is_empty() {
        act::consent(arguments.yes).await?;
    }
    for Candidate { guest, cluster, .. } in adopt_them {
        let Some(cluster) = bridge.cluster(*cluster) else { continue };
        let work = async {
            let outcome = adopt(bridge, cluster, guest).await?;
            let (name, vmid) = (&guest.name, guest.vmid.given().map(ToString::to_string).unwrap_or_default());
            match output.format {
                Format::Table => line(&format!("{:<10} adopt {name} (VMID {vmid})", outcome_name(&outcome)))?,
                Format::Json => line(
                    &json!({"outcome": outcome_name(&outcome), "record": guest.record, "name": name, "vmid": vmid})
                        .to_string(),
                )?,
            }
            Ok(Exit::Done)
        };
        if let Err(problem) = act::leased(bridge, guest.record, "adopt", work).await {
            complain(&format!("left {} (id {}): {problem}", guest.name, guest.record));
            left += 1;
        }
    }
    Ok(if left > 0 { Exit::Conflict } else { Exit::Done })
}

/// Adopts; where a guest was shown, only if it still is that one.
async fn leased(
    shown: Option<&str>,
    vm: &str,
    bridge: &Bridge,
    record: RecordId,
    output: &Output,
) -> Result<Exit, Problem> {
    let found = unadopted(bridge, record, vm).await?;
    if shown.is_some() && found.as_deref().is_some_and(|found| shown != Some(found)) {
        let text = format!("virtual machine {record}: the world has moved on since this was shown; adopt again");
        return Err(Problem::new(Exit::Conflict, text));
    }
    let (event, cluster) = looked_up(bridge, record, vm).await?;
    let Some((guest, vmid)) = event.desired.as_ref().and_then(|guest| Some((guest, guest.vmid.given()?))) else {
        return Err(Problem::new(Exit::Conflict, format!("virtual machine {record}: NetBox has changed; adopt again")));
    };
    let outcome = adopt(bridge, cluster, guest).await?;
    let name = outcome_name(&outcome);
    if output.format == Format::Table {
        line(&format!("{name:<10} adopt {} (VMID {vmid})", guest.name))?;
    }

    // What a plan says from now on. Adopted it is, whatever comes of this.
    let plan = match looked_up(bridge, record, vm).await {
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
    look::up(bridge, record).await?.map_err(|why| {
        let text = format!("{vm} is not managed: {why}. Change that in NetBox, then adopt again");
        Problem::new(Exit::Failed, text)
    })
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
async fn described(
    cluster: &ProxmoxCluster,
    guest: &Guest,
    found: &Observed,
    ownership: Option<Ownership>,
) -> Result<String, Problem> {
    let power = guests::power(&cluster.client, found).await?;
    let called = found.config.name().unwrap_or("without a name");
    let differs = if found.config.name() == guest.proxmox_name() { "" } else { "; the names differ" };
    let (name, record, vmid, node) = (&guest.name, guest.record, found.vmid, &found.node);
    let former = match ownership {
        Some(Ownership::Another { whose, .. }) => format!("; it belonged to {whose}, which NetBox does not have"),
        _ => String::new(),
    };
    Ok(format!(
        "virtual machine {name} (id {record} in NetBox) adopts guest {vmid} ({called}) on {node}, {}{differs}{former}\n         from then on it is kept as NetBox says, and removed when NetBox removes it, as the policy allows",
        power.as_str()
    ))
}
