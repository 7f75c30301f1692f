//! What merging a branch of NetBox will do, for `plan --branch`.

use netbox_proxmox_core::live::Bridge;
use netbox_proxmox_core::live::branch::{self, BranchPlan, Counts, Overlap, Planned, PlannedAnswer, Verdict};
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem};
use serde_json::json;

use crate::steps;

/// Prints it; says whether there is anything to do or to say, and whether all could be looked up.
pub(crate) async fn print(meant: &str, bridge: &Bridge, output: &Output) -> Result<(bool, Exit), Problem> {
    let branch = branch::named(bridge, meant).await?;
    let plan = branch::plan_branch(bridge, &branch).await?;
    match output.format {
        Format::Json => {
            let mut document = json!(plan);
            document["counts"] = json!(plan.counts());
            document["verdict"] = json!(plan.verdict());
            line(&serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?)?;
        }
        Format::Table => plan.records.iter().flat_map(lines).try_for_each(|text| line(&text))?,
    }
    for (overlap, what) in plan.conflicts.iter().map(|it| (it, "conflict")).chain(of_main(&plan)) {
        output.say(&format!("{what}: {}", named(overlap)));
    }
    for (planned, why) in plan.records.iter().filter_map(|planned| Some((planned, failed(planned)?))) {
        complain(&format!("{} could not be looked up: {why}", planned.name));
    }
    output.say(&summary(&plan));
    let exit = if plan.verdict() == Verdict::Failed { Exit::Failed } else { Exit::Done };
    Ok((plan.verdict() != Verdict::NothingToDo, exit))
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

fn named(overlap: &Overlap) -> String {
    let Overlap { object_type, object, name, fields } = overlap;
    let kind = object_type.rsplit('.').next().unwrap_or(object_type);
    format!("{kind} {name} ({object}): {}", fields.join(", "))
}

fn summary(plan: &BranchPlan) -> String {
    let Counts { created, changed, destroyed, disks, lost, told, failed, drift } = plan.counts();
    let gigabytes = lost.0.div_ceil(1024);
    let apart = match drift {
        0 => String::new(),
        drift => format!(". {drift} step(s) that main wants without it are left out"),
    };
    format!(
        "branch {} (changes {}): when it is merged, {created} guest(s) made, {changed} changed, {destroyed} destroyed; {disks} \
         disk(s) with {gigabytes} GiB lost; {told} text(s) for people; {failed} record(s) not looked up; {} conflict(s){apart}",
        plan.name,
        plan.digest.branch,
        plan.conflicts.len(),
    )
}
