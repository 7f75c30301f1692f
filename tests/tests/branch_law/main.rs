//! The law of `plan --branch`: what it lists is what the executor is asked for once the branch is merged, no more, no less, each
//! guest's in that order, in whatever order the deliveries come, lost and doubled; and the guests end as NetBox says.
//!
//! One thing is known to break it, and is left out: a machine that is made in the branch with an address on its only card, primary, which then is primary
//! no longer. Answered together both make no difference; alone, the address is set by the creation and taken away by the change.
//!
//! `PROPTEST_CASES=500` looks at more worlds than a test run does.
#![allow(clippy::unwrap_used)]

mod branch;
mod post;
mod scene;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netbox_api::client::{Branch, BranchAction};
use netbox_proxmox_core::live::branch::{BranchPlan, PlannedAnswer, plan_branch};
use netbox_proxmox_core::live::{Answer, Found, Reconcile};
use netbox_proxmox_core::{Action, RecordId, Vmid};
use netbox_proxmox_tests::{Asked, Lab};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};

use crate::branch::Inside;
use crate::scene::{Scene, scene};

fn config() -> ProptestConfig {
    let seeds = FileFailurePersistence::WithSource("proptest-regressions");
    let cases = std::env::var("PROPTEST_CASES").map_or(24, |cases| cases.parse().unwrap());
    ProptestConfig {
        failure_persistence: Some(Box::new(seeds)),
        max_shrink_iters: 300,
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_listed_is_what_is_asked_for(scene in scene()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(holds(&scene))?;
    }
}

async fn holds(scene: &Scene) -> Result<(), TestCaseError> {
    let lab = scene.lab().await;
    let branch = Inside::of(&lab, scene).await;
    if scene.heard {
        lab.settle().await;
        prop_assert!(asked(&lab).is_empty(), "a branch was heard, and nothing is merged");
    }
    drop(lab.take());
    let plan = plan_branch(lab.dispatcher.bridge(), &branch).await.unwrap();

    lab.seen.answers.lock().unwrap().clear();
    act(&lab, &branch, "merge").await;
    post::bring(&lab, &scene.fates).await;
    let asked = asked(&lab);
    let listed = listed(&plan, &asked);
    let records: BTreeSet<RecordId> = asked.keys().chain(listed.keys()).copied().collect();
    for record in records {
        let (plans, listed) =
            (asked.get(&record).cloned().unwrap_or_default(), listed.get(&record).cloned().unwrap_or_default());
        let all = texts(plans.concat(), vmid(&plans));
        let done = |of: &[(String, bool)]| -> Vec<String> {
            of.iter().filter(|(_, done)| *done).map(|(text, _)| text.clone()).collect()
        };
        let mut more = without(&done(&all), &listed);
        // What is told of a change itself is told again, if the change log had brought it before its delivery came.
        more.retain(|text| !(text.starts_with("report Remark") && listed.contains(text)));
        prop_assert!(more.is_empty(), "more than was listed: {more:#?}\nlisted: {listed:#?}");
        // Of what is listed something may be so already: a guest that is to be stopped is, if it does not run.
        let less = without(&listed, &all.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>());
        prop_assert!(less.is_empty(), "less than was listed: {less:#?}\nasked for: {all:#?}");
        // What is heard of one after the other may take several plans.
        for plan in &plans {
            let plan = done(&texts(plan.clone(), vmid(&plans)));
            prop_assert!(is_in_order(&plan, &listed), "{plan:#?} is not in the order of {listed:#?}");
        }
    }
    prop_assert_eq!(&parked(&plan), &told(&lab));
    as_netbox_says(&lab, "merge").await?;

    if act(&lab, &branch, "revert").await {
        post::bring(&lab, &scene.fates).await;
        as_netbox_says(&lab, "revert").await?;
    }
    Ok(())
}

/// Merges or reverts; says whether it could be done.
async fn act(lab: &Lab, branch: &Branch, verb: &str) -> bool {
    // A person looks at it first.
    lab.netbox.pass(Duration::from_secs(60));
    let netbox = &lab.dispatcher.bridge().netbox;
    // The sum of the disks, which nobody saves, counts as changed on both sides in the fake (believed of NetBox).
    let how = BranchAction::commit().acknowledge_conflicts();
    let job = match verb {
        "merge" => netbox.branches().merge(branch.id, how).await,
        _ => netbox.branches().revert(branch.id, how).await,
    };
    netbox.jobs().ended(job.unwrap().id, Duration::ZERO).await.unwrap().is_completed()
}

type ByRecord<T> = BTreeMap<RecordId, Vec<T>>;

/// What the executor was asked for since this was last asked: the plans of each record.
fn asked(lab: &Lab) -> ByRecord<Vec<Asked>> {
    let mut asked: ByRecord<Vec<Asked>> = ByRecord::new();
    for (record, mut plan) in std::mem::take(&mut *lab.seen.asked.lock().unwrap()) {
        let plans = asked.entry(record).or_default();
        for (action, done) in &mut plan {
            // One that is put off is asked for again and again until then.
            let is_put_off = matches!(action, Action::Destroy { not_before: Some(_), .. });
            *done &= !is_put_off || !plans.iter().flatten().any(|(other, _)| other == action);
        }
        plans.push(plan);
    }
    asked.retain(|_, plans| plans.iter().any(|plan| !plan.is_empty()));
    asked
}

/// What is listed of each record.
fn listed(plan: &BranchPlan, asked: &ByRecord<Vec<Asked>>) -> ByRecord<String> {
    let mut listed = ByRecord::new();
    for planned in &plan.records {
        assert!(!matches!(planned.answer, PlannedAnswer::Failed { .. }), "{planned:?}");
        let steps = planned.steps().into_iter().map(|step| (step.clone(), true)).collect();
        let vmid = asked.get(&planned.record).and_then(|plans| vmid(plans));
        let steps: Vec<String> = texts(steps, vmid).into_iter().map(|(text, _)| text).collect();
        if !steps.is_empty() {
            listed.insert(planned.record, steps);
        }
    }
    listed
}

/// The VMID that a guest was given: a plan of its creation does not know it yet.
fn vmid(plans: &[Vec<Asked>]) -> Option<Vmid> {
    plans.iter().flatten().find_map(|(action, _)| action.target()?.vmid)
}

/// Everything of them that people or Proxmox can see; a change of a configuration value by value.
fn texts(actions: Vec<Asked>, vmid: Option<Vmid>) -> Vec<(String, bool)> {
    let known = |action: Action| match vmid {
        Some(vmid) => action.with_vmid(vmid),
        None => action,
    };
    let text = |action: Action| match action {
        Action::Report(report) => vec![format!("report {:?} {}", report.kind, report.text)],
        // The time until which it is put off is that of the plan.
        Action::Destroy { guest, not_before, .. } => {
            vec![format!("destroy {guest}, put off: {}", not_before.is_some())]
        }
        Action::Configure { guest, set } => {
            let mut all = Vec::new();
            values(&format!("configure {guest}:"), &json!(set), &mut all);
            all
        }
        action => vec![format!("{action} {action:?}")],
    };
    actions
        .into_iter()
        .flat_map(|(action, done)| text(known(action)).into_iter().map(move |text| (text, done)))
        .collect()
}

/// The single values of a JSON.
fn values(path: &str, of: &Value, all: &mut Vec<String>) {
    match of {
        Value::Object(fields) => {
            let of_card = fields.get("index").map_or_else(String::new, |index| format!(" of {index}"));
            let fields = fields.iter().filter(|(name, _)| *name != "index");
            fields.for_each(|(name, value)| values(&format!("{path} {name}{of_card}"), value, all));
        }
        Value::Array(items) => items.iter().for_each(|item| values(path, item, all)),
        value => all.push(format!("{path} {value}")),
    }
}

/// Each as often as it is among the first more than among the others.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let (mut left, mut others) = (all.to_vec(), others.to_vec());
    left.retain(|text| match others.iter().position(|other| other == text) {
        Some(index) => {
            others.swap_remove(index);
            false
        }
        None => true,
    });
    left
}

/// Whether a plan is a part of what is listed, with others before, between and after.
fn is_in_order(plan: &[String], listed: &[String]) -> bool {
    let mut rest = listed.iter();
    plan.iter().all(|text| rest.any(|it| it == text))
}

/// What waits for a person, as a plan says it.
fn parked(plan: &BranchPlan) -> Vec<String> {
    let reports = plan.records.iter().filter_map(|planned| match &planned.answer {
        PlannedAnswer::Parked { reports } => Some(reports),
        _ => None,
    });
    let mut texts: Vec<String> = reports.flatten().map(|report| report.text.clone()).collect();
    texts.sort();
    texts
}

/// What people were told that waits for them.
fn told(lab: &Lab) -> Vec<String> {
    let answers = lab.seen.answers.lock().unwrap();
    let mut texts: Vec<String> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Parked(report) => Some(report.text.clone()),
            Answer::Held(held) => Some(held.reason()),
            Answer::Failed { failure, .. } => Some(failure.why.clone()),
            Answer::Applied(_) | Answer::Ignored(_) => None,
        })
        .collect();
    texts.sort();
    texts.dedup();
    texts
}

/// Nothing differs that people were not told of.
async fn as_netbox_says(lab: &Lab, after: &str) -> Result<(), TestCaseError> {
    let bridge = lab.dispatcher.bridge();
    let mut found = Vec::new();
    Reconcile::new(bridge, 4).unasked().sweep(&mut |finding| found.push(finding)).await.unwrap();
    for finding in found {
        match finding {
            Found::Difference { name, plan, .. } => {
                for action in plan {
                    let Action::Report(report) = &action else {
                        return Err(TestCaseError::fail(format!("{name} differs after the {after}: {action}")));
                    };
                    let reported = bridge.inbox.reported(&report.key()).await.unwrap();
                    prop_assert!(
                        reported.is_some_and(|state| state.is_told()),
                        "nobody was told after the {after}: {report:?}: {reported:?}"
                    );
                }
            }
            Found::Failed { what, failure } => {
                return Err(TestCaseError::fail(format!("{what}, after the {after}: {failure}")));
            }
            Found::Same { .. } | Found::Orphan(_) => {}
        }
    }
    Ok(())
}
