//! `discover`: guests that Proxmox has become records in NetBox.

use clap::{Args, ValueEnum};
use netbox_proxmox_core::live::adopt::adopt;
use netbox_proxmox_core::live::discover::{
    Discover, NodeChoices, Plan, Remark, RemarkKind, Written, apply, apply_nodes, plan_nodes,
};
use netbox_proxmox_core::live::{Bridge, Proposed};
use netbox_proxmox_core::{Outcome, RecordId, Related};
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};
use serde_json::{Value, json};

use crate::{act, look};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Virtual machines and containers
    Guests,
    /// The nodes of the cluster
    Nodes,
}

/// What a new device in NetBox needs, by name or slug; what NetBox lacks of it is made.
#[derive(Args)]
struct Device {
    /// Of nodes: the device role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Of nodes: the device type
    #[arg(long = "type", value_name = "TYPE")]
    device_type: Option<String>,
    /// Of nodes: the manufacturer of a device type that is new
    #[arg(long, value_name = "NAME")]
    manufacturer: Option<String>,
    /// Of nodes: the site
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// The guests, or the nodes as devices; without it the guests
    #[arg(long, value_enum, default_value_t = Only::Guests)]
    only: Only,
    #[command(flatten)]
    device: Device,
    /// Only one guest, by its name or VMID in Proxmox
    #[arg(long, value_name = "NAME|VMID")]
    vm: Option<String>,
    /// Shows what would be written, and writes nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Does not ask
    #[arg(long, short)]
    yes: bool,
    /// Makes the guests their records' afterwards: from then on they are kept as NetBox says
    #[arg(long)]
    adopt: bool,
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    act::can_ask(arguments.yes || arguments.dry_run)?;
    let inbox = match arguments.dry_run {
        true => look::inbox_or_memory(settings).await?,
        false => look::inbox_or_new(settings).await?,
    };
    let bridge = look::bridge(settings, inbox).await?;
    if arguments.only == Only::Nodes {
        return nodes(arguments, &bridge, output).await;
    }
    let discover = Discover::new(&bridge, settings.parallel()?).only(arguments.vm.as_deref());
    let plan = discover.plan().await?;
    if let (Some(vm), true, true) = (&arguments.vm, plan.guests.is_empty(), plan.remarks.is_empty()) {
        let text = format!("Proxmox has no guest {vm} that is no template, or the token may not see it (VM.Audit)");
        return Err(Problem::new(Exit::NotFound, text));
    }
    plan.remarks.iter().for_each(told);
    let proposed: Vec<Proposed> = plan.proposed().cloned().collect();
    let remarks = plan.remarks.clone();
    if arguments.dry_run {
        shown(output, &proposed, &remarks)?;
        return Ok(exit(&remarks));
    }
    let adopted = if arguments.adopt { plan.guests.iter().filter(|guest| !guest.owned).count() } else { 0 };
    if !proposed.is_empty() || adopted > 0 {
        proposed.iter().for_each(|write| output.say(&write.to_string()));
        output.say(&summary(&plan, adopted));
        act::consent(arguments.yes).await?;
    }
    let written = apply(&bridge, plan).await;
    written.refused.iter().for_each(told);
    let mut failed = written.failed.clone().map(Problem::from);
    let mut adoptions = Vec::new();
    if arguments.adopt && failed.is_none() {
        for (_, record) in &written.records {
            match adopted_by(&bridge, *record).await {
                Ok(done) => adoptions.push(done),
                Err(problem) => {
                    complain(&format!("not adopted by virtual machine {record}: {problem}"));
                    failed = failed.or(Some(Problem::new(Exit::Conflict, "")));
                }
            }
        }
    }
    report(output, &proposed, &remarks, &written, &adoptions)?;
    match failed {
        Some(problem) => Err(problem),
        None => Ok(exit(remarks.iter().chain(&written.refused))),
    }
}

/// The nodes as devices.
async fn nodes(arguments: &Arguments, bridge: &Bridge, output: &Output) -> Result<Exit, Problem> {
    let Device { role, device_type, manufacturer, site } = &arguments.device;
    let (role, device_type) = (role.clone(), device_type.clone());
    let choices = NodeChoices { role, device_type, manufacturer: manufacturer.clone(), site: site.clone() };
    let plan = plan_nodes(bridge, &choices).await?;
    plan.remarks.iter().for_each(told);
    let (proposed, remarks) = (plan.proposed.clone(), plan.remarks.clone());
    if arguments.dry_run {
        shown(output, &proposed, &remarks)?;
        return Ok(exit(&remarks));
    }
    if !proposed.is_empty() {
        proposed.iter().for_each(|write| output.say(&write.to_string()));
        act::consent(arguments.yes).await?;
    }
    let written = apply_nodes(bridge, plan).await;
    written.refused.iter().for_each(told);
    report(output, &proposed, &remarks, &written, &[])?;
    match written.failed.clone() {
        Some(failure) => Err(failure.into()),
        None => Ok(exit(remarks.iter().chain(&written.refused))),
    }
}

/// Adopts the guest of a record under its lease; gives the record's id where the guest was not its own before.
async fn adopted_by(bridge: &Bridge, record: RecordId) -> Result<(RecordId, Outcome), Problem> {
    let machine = bridge.netbox.virtual_machines().get(record.0).await?.value;
    let guest = bridge.fields.guest(&machine, &Related::default());
    let cluster = guest.cluster.as_ref().and_then(|it| bridge.cluster(it.id));
    let cluster = cluster.ok_or_else(|| Problem::new(Exit::Conflict, "it is in another cluster now"))?;
    let mut outcome = Outcome::Unchanged;
    let work = async {
        outcome = adopt(bridge, cluster, &guest).await?;
        Ok(Exit::Done)
    };
    act::leased(bridge, record, "adopt", work).await?;
    Ok((record, outcome))
}

/// What a dry run prints: a write a line, or everything as JSON.
fn shown(output: &Output, proposed: &[Proposed], remarks: &[Remark]) -> Result<(), Problem> {
    match output.format {
        Format::Json => json_of(&json!({"proposed": proposed, "remarks": remarks})),
        Format::Table => proposed.iter().try_for_each(|write| line(&write.to_string())),
    }
}

fn report(
    output: &Output,
    proposed: &[Proposed],
    remarks: &[Remark],
    written: &Written,
    adoptions: &[(RecordId, Outcome)],
) -> Result<(), Problem> {
    let adopted = adoptions.iter().filter(|(_, outcome)| *outcome != Outcome::Unchanged).count();
    if output.format == Format::Json {
        let Written { made, changed, refused, .. } = written;
        return json_of(&json!({
            "proposed": proposed, "remarks": remarks, "created": made, "changed": changed, "refused": refused, "adopted": adopted,
        }));
    }
    for (verb, counts) in [("created", &written.made), ("changed", &written.changed)] {
        for (kind, count) in counts.iter().filter(|(_, count)| **count > 0) {
            line(&format!("{verb:<10} {count} {kind}"))?;
        }
    }
    if adopted > 0 {
        line(&format!("{:<10} {adopted} guest(s)", "adopted"))?;
    }
    if written.made.is_empty() && written.changed.is_empty() && adopted == 0 {
        output.say("NetBox has everything that was found: nothing was written");
    }
    Ok(())
}

fn json_of(value: &Value) -> Result<(), Problem> {
    line(&serde_json::to_string_pretty(value).map_err(std::io::Error::from)?)
}

fn told(remark: &Remark) {
    let word = match remark.kind {
        RemarkKind::Left => "left",
        RemarkKind::Differs => "differs",
        RemarkKind::Note => "note",
    };
    complain(&format!("{word:<8} {}: {}", remark.about, remark.text));
}

fn summary(plan: &Plan, adopted: usize) -> String {
    let adopted = if adopted > 0 { format!("; {adopted} guest(s) to adopt") } else { String::new() };
    let (objects, guests) = (plan.proposed().count(), plan.guests.len());
    format!("{objects} object(s) to write, of {guests} guest(s) that were found{adopted}")
}

/// What a person has to do something about is a conflict.
fn exit<'a>(remarks: impl IntoIterator<Item = &'a Remark>) -> Exit {
    let left = remarks.into_iter().any(|remark| remark.kind != RemarkKind::Note);
    if left { Exit::Conflict } else { Exit::Done }
}
