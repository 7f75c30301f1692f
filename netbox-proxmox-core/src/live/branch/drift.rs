//! What main wants without the branch is told apart: it is none of the branch's doing.

use crate::action::Action;
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::Bridge;
use crate::live::look_up::{LookUp, Looked};
use crate::plan::plan_with;
use crate::settings::Settings;

/// A plan, and the steps of it that main wants without the branch. A change of the configuration that has both becomes two of
/// them.
pub(super) async fn apart(
    bridge: &Bridge,
    record: RecordId,
    plan: Vec<Action>,
) -> Result<(Vec<Action>, Vec<Action>), Failure> {
    let Looked::Event { event, .. } = LookUp::new(bridge).record(record, Vec::new()).await? else {
        return Ok((plan, Vec::new()));
    };
    let wanted = plan_with(&event, &bridge.policy);
    let plan: Vec<Action> = plan.into_iter().flat_map(|action| split(action, &wanted)).collect();
    let drift = plan.iter().filter(|action| is_among(action, &wanted)).cloned().collect();
    Ok((plan, drift))
}

/// What main wants of a step, and what only the branch does.
fn split(action: Action, wanted: &[Action]) -> Vec<Action> {
    let Action::Configure { guest, set } = &action else { return vec![action] };
    let Some(mains) = configured(&action, wanted) else { return vec![action] };
    let branchs = set.beyond(mains);
    let both = set.beyond(&branchs);
    if both.is_empty() || branchs.is_empty() {
        return vec![action];
    }
    [both, branchs].map(|set| Action::Configure { guest: guest.clone(), set }).into()
}

fn is_among(action: &Action, wanted: &[Action]) -> bool {
    let is_part = |set: &Settings| configured(action, wanted).is_some_and(|it| set.beyond(it).is_empty());
    wanted.contains(action) || matches!(action, Action::Configure { set, .. } if is_part(set))
}

/// What is configured of the same guest.
fn configured<'a>(action: &Action, wanted: &'a [Action]) -> Option<&'a Settings> {
    let same = |it: &&Action| it.target().map(|guest| guest.record) == action.target().map(|guest| guest.record);
    wanted.iter().filter(same).find_map(|it| if let Action::Configure { set, .. } = it { Some(set) } else { None })
}
