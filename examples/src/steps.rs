//! How the steps of a plan are shown: what is there, what it will be, and what is lost or only said in a colour of its own.

use anstyle::{AnsiColor, Style};
use netbox_proxmox_core::live::Inbox;
use netbox_proxmox_core::{Action, Current, Value};

use crate::exit::Problem;

const BEFORE: Style = AnsiColor::Red.on_default();
const AFTER: Style = AnsiColor::Green.on_default();
const LOST: Style = AnsiColor::Red.on_default().bold();
const SAID: Style = AnsiColor::Yellow.on_default();

/// A step with its name, beside what the guest has now, if there is one.
pub fn named(action: &Action, current: Option<&Current>) -> String {
    format!("{} {}", action.name(), what(action, current))
}

/// The same without its name.
pub fn what(action: &Action, current: Option<&Current>) -> String {
    let values = current.map(|current| action.values(current)).unwrap_or_default();
    match action {
        Action::Report(report) if report.is_for_a_person() => painted(SAID, &report.text),
        Action::Report(report) => report.text.clone(),
        Action::Destroy { .. } | Action::RemoveDisk { .. } => painted(LOST, &plain(action)),
        action => match action.target().filter(|_| values.iter().any(|value| value.before.is_some())) {
            Some(guest) => format!("{guest}: {}", values.iter().map(beside).collect::<Vec<_>>().join(", ")),
            None => plain(action),
        },
    }
}

fn plain(action: &Action) -> String {
    let text = action.to_string();
    text.strip_prefix(action.name()).unwrap_or(&text).trim_start().to_owned()
}

fn beside(value: &Value) -> String {
    let before = value.before.as_deref().map(|before| painted(BEFORE, before));
    Value { before, after: painted(AFTER, &value.after), ..value.clone() }.to_string()
}

fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The same with its name, without colours.
pub fn uncoloured(action: &Action, current: Option<&Current>) -> String {
    anstream::adapter::strip_str(&named(action, current)).to_string()
}

/// Whether a plan does anything, or says what people were not told before.
///
/// # Errors
/// The inbox cannot be read.
pub async fn are_news(plan: &[Action], inbox: &Inbox) -> Result<bool, Problem> {
    for action in plan {
        let Action::Report(report) = action else { return Ok(true) };
        if !inbox.reported(&report.key()).await?.is_some_and(|state| state.is_told()) {
            return Ok(true);
        }
    }
    Ok(false)
}
