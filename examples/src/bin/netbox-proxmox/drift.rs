//! What differs between NetBox and Proxmox, of all guests: for `plan --all` and `apply --all`.

use netbox_proxmox_core::live::sweep::reconcile::creates;
use netbox_proxmox_core::live::{Bridge, Found, Reconcile, Swept};
use netbox_proxmox_core::{Action, RecordId};
use netbox_proxmox_examples::output::{Format, Output, complain, line};
use netbox_proxmox_examples::{Exit, Problem, Settings};
use serde_json::json;

use crate::steps;

/// A record that differs from its guest.
pub(crate) struct Differs {
    pub(crate) record: RecordId,
    pub(crate) name: String,
    pub(crate) creates: bool,
}

/// Prints each difference as it is found; says whether any is to be closed or was not said before, and whether all could be
/// compared.
pub(crate) async fn print(bridge: &Bridge, settings: &Settings, output: &Output) -> Result<(bool, Exit), Problem> {
    let (mut written, mut plans) = (Ok(()), Vec::new());
    let swept = sweep(bridge, settings, &mut |found| {
        match &found {
            Found::Difference { plan, .. } => plans.push(plan.clone()),
            Found::Orphan(report) => plans.push(vec![Action::Report(report.clone())]),
            Found::Same { .. } | Found::Failed { .. } => {}
        }
        let text = match output.format {
            Format::Json => document(found),
            Format::Table => words(found),
        };
        // A closed pipe ends the printing, not the comparison.
        if let (Some(text), Ok(())) = (text, &written) {
            written = line(&text);
        }
    })
    .await?;
    written?;
    output.say(&summary(&swept));
    let mut news = false;
    for plan in &plans {
        news = news || steps::are_news(plan, &bridge.inbox).await?;
    }
    Ok((news, exit(&swept)))
}

/// The records that differ; each difference is told as it is found.
pub(crate) async fn list(
    bridge: &Bridge,
    settings: &Settings,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(Vec<Differs>, Exit), Problem> {
    let mut differ = Vec::new();
    let swept = sweep(bridge, settings, &mut |found| {
        if let Found::Difference { owner, name, plan, .. } = &found {
            differ.push(Differs { record: owner.record, name: name.clone(), creates: creates(plan) });
        }
        words(found).iter().for_each(|text| say(text));
    })
    .await?;
    say(&summary(&swept));
    Ok((differ, exit(&swept)))
}

async fn sweep(bridge: &Bridge, settings: &Settings, found: &mut (dyn FnMut(Found) + Send)) -> Result<Swept, Problem> {
    let mut told = |finding: Found| {
        if let Found::Failed { what, failure } = &finding {
            complain(&format!("{what} was not compared: {}", failure.why));
        }
        found(finding);
    };
    Ok(Reconcile::new(bridge, settings.parallel()?).sweep(&mut told).await?)
}

/// A difference as lines, each with its guest.
fn words(found: Found) -> Option<String> {
    match found {
        Found::Same { .. } | Found::Failed { .. } => None,
        Found::Difference { event, plan, .. } => {
            let steps = plan.iter().map(|action| steps::named(action, event.current.as_ref()));
            Some(steps.collect::<Vec<_>>().join("\n"))
        }
        Found::Orphan(report) => Some(steps::named(&Action::Report(report), None)),
    }
}

/// The same as one line of JSON.
fn document(found: Found) -> Option<String> {
    match found {
        Found::Same { .. } | Found::Failed { .. } => None,
        Found::Difference { owner, name, plan, .. } => {
            Some(json!({"record": owner.record, "name": name, "plan": plan}).to_string())
        }
        Found::Orphan(report) => {
            Some(json!({"record": report.record, "name": report.name, "orphan": report}).to_string())
        }
    }
}

fn summary(swept: &Swept) -> String {
    let Swept { compared, differ, orphans, foreign, failed } = swept;
    format!(
        "{compared} virtual machine(s) compared: {differ} differ, {failed} could not be compared. Guests in Proxmox that \
         none of them names: {orphans} of ours, {foreign} of others"
    )
}

fn exit(swept: &Swept) -> Exit {
    if swept.failed > 0 { Exit::Failed } else { Exit::Done }
}
