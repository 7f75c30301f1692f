//! What NetBox should have where branches are planned: the fields of a branch, their choices, and the gate before a merge.

use serde_json::{Value, json};

use super::object::{Kind, Object, Present, Wanted};
use super::plan::Remark;
use crate::executor::Failure;
use crate::live::branch::fields::{APPROVED, BRANCH, DIGEST, PLAN, SUMMARY, Stand};

/// The gate, a module of Python's that NetBox loads: it permits the merge of a branch that is planned as it is.
pub const GATE: &str = include_str!("gate.py");

/// The name under which NetBox finds the gate: that of its file without `.py`.
pub const GATE_MODULE: &str = "proxmox_gate";

/// What belongs into NetBox's configuration. The second line makes deliveries say that they were made in a branch, which those by REST
/// do not by themselves (seen: netbox-branching 1.2.2).
pub const GATE_SETTINGS: &str = "\
PLUGINS_CONFIG = {'netbox_branching': {'merge_validators': ['proxmox_gate.planned']}}
EVENTS_PIPELINE = ['netbox_branching.events.add_branch_context', 'extras.events.process_event_queue']";

/// Where branches are, below `/api/`.
pub(super) const PATH: &str = "plugins/branching/branches";

const CHOICES: &str = "proxmox-plan";

/// A field of a branch: its name, type, label and help.
struct Field(&'static str, &'static str, &'static str, &'static str);

const FIELDS: [Field; 4] = [
    Field(
        PLAN,
        "select",
        "Proxmox plan",
        "How the plan of what a merge does in Proxmox stands. The journal has the plan.",
    ),
    Field(SUMMARY, "text", "Proxmox plan, in one line", "Guests made, changed and destroyed, and what is lost."),
    Field(
        DIGEST,
        "text",
        "Proxmox plan is of",
        "The branch's changes and the plan: the gate before a merge compares it.",
    ),
    Field(
        APPROVED,
        "boolean",
        "Proxmox plan approved",
        "Another person than the branch's owner and authors agrees to what the policy's brakes would hold.",
    ),
];

/// Whether NetBox has branches.
///
/// # Errors
/// It does not say.
pub(super) async fn is_there(netbox: &netbox_api::Client) -> Result<bool, Failure> {
    match netbox.get(PATH, &[("limit", "1"), ("brief", "1")]).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), netbox_api::ErrorKind::NotFound | netbox_api::ErrorKind::NotNetBox) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The set of choices and the fields.
pub(super) fn wanted(present: &Present, remarks: &mut Vec<Remark>) -> Vec<Wanted> {
    let named = |name| present.named(Kind::CustomField, name);
    let wrong = |field: &&Field| named(field.0).is_some_and(|found| found.text("type") != field.1);
    if let Some(field) = FIELDS.iter().find(wrong) {
        remarks.push(Remark::problem(format!(
            "custom field {} exists with the type {}, which cannot be used (it should be {}): rename it, and run this again. No \
             field of branches is made",
            field.0,
            named(field.0).map_or("", |found| found.text("type")),
            field.1
        )));
        return Vec::new();
    }
    let set = choices(present.named(Kind::ChoiceSet, CHOICES));
    let fields = FIELDS.iter().enumerate().map(|(at, field)| one(field, at, named(field.0)));
    std::iter::once(set).chain(fields).collect()
}

fn choices(found: Option<&Object>) -> Wanted {
    let ours = Stand::ALL.map(|stand| json!([stand.value(), stand.label()]));
    let colours: Value =
        Stand::ALL.into_iter().map(|stand| (stand.value().to_owned(), json!(stand.colour()))).collect();
    let set = Wanted::new(Kind::ChoiceSet, CHOICES, found).once("name", CHOICES).once("choice_colors", colours);
    // What a person renamed stays; only what is missing is added.
    let mut pairs = match found.and_then(|found| found.get("extra_choices")) {
        Some(Value::Array(pairs)) => pairs,
        _ => Vec::new(),
    };
    let missing: Vec<Value> =
        ours.into_iter().filter(|ours| pairs.iter().all(|known| known.get(0) != ours.get(0))).collect();
    if missing.is_empty() {
        return set;
    }
    let news: Vec<Value> = missing.iter().filter_map(|pair| pair.get(1).cloned()).collect();
    pairs.extend(missing);
    set.always("extra_choices", pairs).showing("extra_choices", news)
}

fn one(field: &Field, at: usize, found: Option<&Object>) -> Wanted {
    let Field(name, kind, label, help) = *field;
    let mut object_types = found.map(|found| found.list("object_types")).unwrap_or_default();
    if !object_types.iter().any(|known| known == BRANCH) {
        object_types.push(BRANCH.to_owned());
    }
    let weight = 100 + 10 * at;
    let wanted = Wanted::new(Kind::CustomField, name, found)
        .once("name", name)
        .once("type", kind)
        .once("label", label)
        .once("description", help)
        .once("group_name", "Proxmox")
        .once("weight", weight)
        .once("filter_logic", "exact")
        // People read them; REST writes them all the same (NetBox's documentation).
        .once("ui_editable", if name == APPROVED { "yes" } else { "no" })
        .always("object_types", json!(object_types));
    if name == PLAN { wanted.link("choice_set", Kind::ChoiceSet, CHOICES) } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_fit_and_the_gate_reads_what_is_written() {
        for Field(name, _, label, help) in FIELDS {
            assert!(label.len() <= 50 && help.len() <= 200, "{name}");
        }
        for named in [PLAN, DIGEST, Stand::Planned.value(), Stand::NothingToDo.value()] {
            assert!(GATE.contains(&format!("\"{named}\"")), "{named}");
        }
        for refused in [Stand::Refused, Stand::Stale, Stand::Failed] {
            assert!(!GATE.contains(&format!("\"{}\"", refused.value())));
        }
        assert!(GATE_SETTINGS.contains(&format!("{GATE_MODULE}.planned")) && GATE.contains("def planned(branch):"));
    }
}
