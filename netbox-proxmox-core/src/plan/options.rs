//! Options of Proxmox's that have a custom field of their own: see [`GuestOption`].

use super::draft::Draft;
use crate::event::Aspect;
use crate::option::GuestOption;
use crate::part::Part;
use crate::settings::Settings;

pub(super) fn plan(draft: &mut Draft<'_>, set: &mut Settings) {
    let kind = draft.current.kind;
    for option in GuestOption::ALL.into_iter().filter(|option| option.is_of(kind)) {
        one(draft, set, option);
    }
}

/// An empty field leaves what the guest has; only somebody who cleared it has it removed.
fn one(draft: &mut Draft<'_>, set: &mut Settings, option: GuestOption) {
    let found = draft.current.option(option);
    let wanted = match wanted(draft, option) {
        Some(wanted) if found == Part::Given(wanted.clone()) => return,
        Some(wanted) => Some(wanted),
        None if found.is_none() || !draft.event.caused(|change| change.cleared_option(option)) => return,
        None => None,
    };
    let shown = match found {
        Part::Given(found) => found,
        Part::None => "none".to_owned(),
        Part::Unknown => "not known".to_owned(),
    };
    let text = wanted.clone().unwrap_or_else(|| "none".to_owned());
    let by_policy = if draft.guest.options.contains_key(&option) || wanted.is_none() { "" } else { " (by `[policy]`)" };
    let field = format!("{}{by_policy}", draft.event.context.fields.of_option(option));
    if option.is_of_cloud_init() && !draft.cloud_init(&field, &text) {
        return;
    }
    let change = |_: &mut Draft<'_>| _ = set.options.insert(option, wanted);
    if option.is_gated() {
        draft.gated(Aspect::Option(option), &field, text, shown, change);
    } else {
        change(draft);
    }
}

/// What it shall be: as the record says, or of a guest that is being created as the policy says. A clone inherits its
/// template's protection, and could then never be removed.
fn wanted(draft: &Draft<'_>, option: GuestOption) -> Option<String> {
    let of_policy = || match option {
        GuestOption::Protection => Some("0".to_owned()),
        _ => draft.policy.option(option).map(str::to_owned),
    };
    draft.guest.options.get(&option).cloned().or_else(|| of_policy().filter(|_| draft.creating))
}
