//! What merging a branch of NetBox will do, for `plan --branch`.

use netbox_proxmox_core::live::branch::{
    self, Brakes, BranchPlan, Counts, Delta, HeldRecord, Overlap, Planned, PlannedAnswer, RecordDifference, Verdict,
};
use netbox_proxmox_core::live::{Brake, Bridge};
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem};
use serde::Serialize;
use serde_json::json;

use crate::saved::SavedBranch;
use crate::steps;

/// What merging the branch that is meant will do.
pub(crate) async fn plan(meant: &str, bridge: &Bridge) -> Result<BranchPlan, Problem> {
    let branch = branch::named(bridge, meant).await?;
    Ok(branch::plan_branch(bridge, &branch).await?)
}

/// Prints it; says whether there is anything to do or to say, and whether all could be looked up.
pub(crate) fn print(plan: &BranchPlan, output: &Output) -> Result<(bool, Exit), Problem> {
    match output.format {
        Format::Json => {
            let mut document = json!(plan);
            document["counts"] = json!(plan.counts());
            document["verdict"] = json!(plan.verdict());
            // In the words of the server's log, once they are done.
            for (index, planned) in plan.records.iter().enumerate() {
                let steps = planned.steps().into_iter().map(ToString::to_string);
                document["records"][index]["steps"] = steps.collect();
            }
            show(&document)?;
        }
        Format::Table => plan.records.iter().flat_map(lines).try_for_each(|text| line(&text))?,
    }
    for (overlap, what) in plan.conflicts.iter().map(|it| (it, "conflict")).chain(of_main(plan)) {
        output.say(&format!("{what}: {}", of_overlap(overlap)));
    }
    plan.brakes.held.iter().for_each(|held| output.say(&format!("held: {}", of_held(held, &plan.brakes))));
    if let Some(behind) = behind(plan) {
        output.say(&behind);
    }
    for (planned, why) in plan.records.iter().filter_map(|planned| Some((planned, failed(planned)?))) {
        complain(&format!("{} could not be looked up: {why}", planned.name));
    }
    output.say(&summary(plan));
    let exit = if plan.verdict() == Verdict::Failed { Exit::Failed } else { Exit::Done };
    Ok((plan.verdict() != Verdict::NothingToDo, exit))
}

/// Prints how it differs from an earlier one: what is gone with `-`, what is new with `+`.
pub(crate) fn compare(plan: &BranchPlan, earlier: &SavedBranch, output: &Output) -> Result<Exit, Problem> {
    let earlier = earlier.earlier_than(plan)?;
    let difference = plan.difference(earlier);
    match output.format {
        Format::Json => show(&difference)?,
        Format::Table => {
            for RecordDifference { name, steps, failed, .. } in &difference.records {
                failed.iter().try_for_each(|why| line(&format!("? {name} could not be looked up: {why}")))?;
                delta(steps, |action| action.to_string())?;
            }
            delta(&difference.conflicts, |overlap| format!("conflict: {}", of_overlap(overlap)))?;
            delta(&difference.held, |held| format!("held: {}", of_held(held, &plan.brakes)))?;
            delta(&difference.behind, |record| format!("{} was changed in main, too", name_of(*record, plan)))?;
        }
    }
    let made = format!("of the branch's changes {}, the saved plan of {}", plan.digest.branch, earlier.digest.branch);
    match difference.is_empty() {
        true => output.say(&format!("branch {}: the same is planned, {made}", plan.name)),
        false => output.say(&format!("branch {}: something else is planned, {made}", plan.name)),
    }
    Ok(match plan.verdict() {
        Verdict::Failed => Exit::Failed,
        _ if difference.is_empty() => Exit::Done,
        _ => Exit::Conflict,
    })
}

fn show(document: &impl Serialize) -> Result<(), Problem> {
    line(&serde_json::to_string_pretty(document).map_err(std::io::Error::from)?)
}

fn delta<T>(of: &Delta<T>, shown: impl Fn(&T) -> String) -> Result<(), Problem> {
    of.gone.iter().try_for_each(|it| line(&format!("- {}", shown(it))))?;
    of.new.iter().try_for_each(|it| line(&format!("+ {}", shown(it))))
}

/// The steps of a record, and what people will be told of it.
fn lines(planned: &Planned) -> Vec<String> {
    match &planned.answer {
        PlannedAnswer::Plan { .. } => {
            planned.steps().into_iter().map(|step| steps::named(step, planned.current.as_deref())).collect()
        }
        PlannedAnswer::Parked { reports } => reports.iter().map(|report| format!("parked {}", report.text)).collect(),
        PlannedAnswer::Ignored { .. } | PlannedAnswer::Failed { .. } => Vec::new(),
    }
}

fn failed(planned: &Planned) -> Option<&str> {
    match &planned.answer {
        PlannedAnswer::Failed { why } => Some(why),
        _ => None,
    }
}

fn of_main(plan: &BranchPlan) -> impl Iterator<Item = (&Overlap, &'static str)> {
    plan.moved_on.iter().map(|overlap| (overlap, "changed in main meanwhile"))
}

fn of_overlap(overlap: &Overlap) -> String {
    let Overlap { object_type, object, name, fields } = overlap;
    let kind = object_type.rsplit('.').next().unwrap_or(object_type);
    format!("{kind} {name} ({object}): {}", fields.join(", "))
}

fn of_held(held: &HeldRecord, brakes: &Brakes) -> String {
    let why = match (&brakes.restored, held.brake) {
        (Some(seen), Brake::Restored) => format!("NetBox seems to have been restored or exchanged: {seen}"),
        (_, Brake::Agreement) => "another one than who deletes it has to agree that its guest is destroyed".to_owned(),
        _ => format!("{} guests are destroyed within an hour by then", brakes.limit),
    };
    format!("{} waits for a person, as {why}", held.name)
}

fn name_of(record: netbox_proxmox_core::RecordId, plan: &BranchPlan) -> String {
    let planned = plan.records.iter().find(|planned| planned.record == record);
    planned.map_or_else(|| format!("virtual machine {record}"), |planned| planned.name.clone())
}

fn behind(plan: &BranchPlan) -> Option<String> {
    let behind = &plan.behind;
    let since = behind.since.as_deref().unwrap_or_default();
    let names: Vec<String> = behind.records.iter().map(|record| name_of(*record, plan)).collect();
    let what = match names.as_slice() {
        [] => "nothing that the branch changes".to_owned(),
        names => {
            format!("{} among them, of which the plan is not exact: sync the branch and plan again", names.join(", "))
        }
    };
    (behind.changes > 0).then(|| format!("behind: main was changed {} time(s) since {since}, {what}", behind.changes))
}

fn summary(plan: &BranchPlan) -> String {
    let Counts { created, changed, destroyed, disks, lost, told, held, failed, drift } = plan.counts();
    let gigabytes = lost.0.div_ceil(1024);
    let apart = match drift {
        0 => String::new(),
        drift => format!(". {drift} step(s) that main wants without it are left out"),
    };
    format!(
        "branch {} (changes {}): when it is merged, {created} guest(s) made, {changed} changed, {destroyed} destroyed; {disks} \
         disk(s) with {gigabytes} GiB lost; {told} text(s) for people; {held} record(s) held; {failed} record(s) not looked up; {} \
         conflict(s){apart}",
        plan.name,
        plan.digest.branch,
        plan.conflicts.len(),
    )
}
