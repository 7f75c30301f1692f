//! What a removal takes away: what a set-up made and nothing depends on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::difference::Write;
use super::object::{Kind, Object, Present};
use super::pages;
use super::plan::{Plan, Remark};
use crate::live::proposed::{Attribute, Proposed, Verb};

/// The deletions, in an order in which NetBox takes them. `values`: how many objects have a value in a field of ours, by
/// the field's id; such a field goes only `with_values`.
pub(super) fn removal(present: &Present, values: &BTreeMap<u64, usize>, with_values: bool) -> Plan {
    let mut plan = Plan::default();
    for kind in [Kind::Token, Kind::Permission, Kind::User, Kind::EventRule] {
        plan.writes.extend(ours(present, kind).map(|object| deletion(object, None)));
    }
    for kind in [Kind::SavedFilter, Kind::CustomLink] {
        plan.writes.extend(ours(present, kind).map(|object| deletion(object, None)));
    }
    plan.writes.extend(present.all(Kind::Dashboard).filter_map(cleared));
    plan.remarks.extend(present.all(Kind::Script).map(|script| {
        Remark::said(format!(
            "script {} stays: NetBox's API cannot remove it. Delete it in NetBox (Customization, Scripts)",
            script.name()
        ))
    }));
    let used = |hook: &Object| {
        let rules = present.all(Kind::EventRule).filter(|rule| !rule.is_ours());
        rules.filter(|rule| rule.number("action_object_id") == Some(hook.id)).count()
    };
    keep_or_remove(present, Kind::Webhook, &mut plan, |hook| match used(hook) {
        0 => Ok(None),
        rules => Err(format!("{rules} event rules that somebody else made send to it")),
    });
    keep_or_remove(present, Kind::CustomField, &mut plan, |field| match values.get(&field.id).copied().unwrap_or(0) {
        0 => Ok(None),
        count if with_values => Ok(Some(count)),
        count => {
            Err(format!("{count} objects have a value in it, which would be lost: --remove-values takes those, too"))
        }
    });
    let gone: Vec<u64> = plan.writes.iter().filter(|it| it.kind == Kind::CustomField).filter_map(|it| it.id).collect();
    keep_or_remove(present, Kind::ChoiceSet, &mut plan, |set| {
        let users = present.all(Kind::CustomField).filter(|field| field.number("choice_set") == Some(set.id));
        match users.filter(|field| !gone.contains(&field.id)).map(Object::name).next() {
            None => Ok(None),
            Some(field) => Err(format!("custom field {field} uses it")),
        }
    });
    keep_or_remove(present, Kind::Tag, &mut plan, |tag| match tag.number("tagged_items") {
        None | Some(0) => Ok(None),
        Some(count) => Err(format!("{count} objects have it")),
    });
    // The second is in NetBox's documentation, and was not recorded: without it devices would lose their cluster unasked.
    let of_cluster = [("virtualmachine_count", "virtual machines"), ("device_count", "devices")];
    keep_or_remove(present, Kind::Cluster, &mut plan, |cluster| {
        let counted = of_cluster.map(|(count, what)| (cluster.number(count).unwrap_or(0), what));
        match counted.into_iter().find(|(count, _)| *count > 0) {
            None => Ok(None),
            Some((count, what)) => Err(format!("{count} {what} are in it")),
        }
    });
    let gone = plan.writes.iter().filter(|it| it.kind == Kind::Cluster).count() as u64;
    keep_or_remove(present, Kind::ClusterType, &mut plan, |kind| match kind.number("cluster_count") {
        Some(count) if count > gone => Err(format!("{} clusters are of it", count - gone)),
        _ => Ok(None),
    });
    plan
}

/// A dashboard without our list on it.
fn cleared(dashboard: &Object) -> Option<Write> {
    let body = pages::without_widget(dashboard)?;
    let list = Attribute { name: "layout".to_owned(), old: json!("a list of what differs"), new: Value::Null };
    let (kind, name) = (dashboard.kind.words().to_owned(), dashboard.name().to_owned());
    let proposed = Proposed { verb: Verb::Change, kind, name, attributes: vec![list] };
    Some(Write { proposed, kind: dashboard.kind, id: Some(dashboard.id), body, links: vec![], secret: None })
}

fn ours(present: &Present, kind: Kind) -> impl Iterator<Item = &Object> {
    present.all(kind).filter(|object| object.is_ours())
}

fn keep_or_remove(
    present: &Present,
    kind: Kind,
    plan: &mut Plan,
    judge: impl Fn(&Object) -> Result<Option<usize>, String>,
) {
    for object in ours(present, kind) {
        match judge(object) {
            Ok(values) => plan.writes.push(deletion(object, values)),
            Err(why) => {
                let text = format!("{} {} stays: {why}", kind.words(), object.name());
                plan.remarks.push(Remark::said(text));
            }
        }
    }
}

fn deletion(object: &Object, values: Option<usize>) -> Write {
    let attributes = values.map(|count| Attribute { name: "values".to_owned(), old: json!(count), new: json!(0) });
    let proposed = Proposed {
        verb: Verb::Delete,
        kind: object.kind.words().to_owned(),
        name: object.name().to_owned(),
        attributes: attributes.into_iter().collect(),
    };
    Write { proposed, kind: object.kind, id: Some(object.id), body: Default::default(), links: vec![], secret: None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::object::MADE;
    use super::*;

    fn present() -> Present {
        let read = |kind: Kind, shown: Vec<serde_json::Value>| {
            (kind, shown.into_iter().map(|it| Object::read(kind, it).unwrap()).collect::<Vec<_>>())
        };
        let mut present = Present::default();
        for (kind, objects) in [
            read(
                Kind::CustomField,
                vec![
                    json!({"id": 1, "name": "proxmox_node", "comments": MADE, "choice_set": {"id": 5}}),
                    json!({"id": 2, "name": "proxmox_vmid", "comments": MADE}),
                    json!({"id": 3, "name": "theirs", "comments": ""}),
                ],
            ),
            read(Kind::ChoiceSet, vec![json!({"id": 5, "name": "nodes", "description": MADE})]),
            read(Kind::Webhook, vec![json!({"id": 7, "name": "netbox-proxmox", "description": MADE})]),
            read(
                Kind::EventRule,
                vec![
                    json!({"id": 8, "name": "netbox-proxmox", "description": MADE, "action_object_id": 7}),
                    json!({"id": 9, "name": "by hand", "description": "", "action_object_id": 7}),
                ],
            ),
        ] {
            present.put(kind, objects);
        }
        present
    }

    fn shown(plan: &Plan) -> Vec<String> {
        plan.writes.iter().map(|write| write.proposed.to_string()).collect()
    }

    #[test]
    fn what_has_values_or_is_used_stays_and_what_others_made_always() {
        let plan = removal(&present(), &BTreeMap::from([(1, 4)]), false);
        assert_eq!(shown(&plan), ["delete event rule netbox-proxmox", "delete custom field proxmox_vmid"]);
        assert_eq!(plan.remarks.len(), 3, "{:?}", plan.remarks);
    }

    #[test]
    fn a_cluster_goes_only_if_nothing_is_in_it() {
        let with = |counts: serde_json::Value| {
            let mut cluster = json!({"id": 1, "name": "lab", "description": MADE});
            cluster.as_object_mut().unwrap().extend(counts.as_object().unwrap().clone());
            let mut present = Present::default();
            present.put(Kind::Cluster, vec![Object::read(Kind::Cluster, cluster).unwrap()]);
            let plan = removal(&present, &BTreeMap::new(), true);
            (plan.writes.len(), plan.remarks.into_iter().map(|it| it.text).collect::<Vec<_>>())
        };
        assert_eq!(with(json!({"virtualmachine_count": 0, "device_count": 0})), (1, vec![]));
        for (count, what) in [("virtualmachine_count", "virtual machines"), ("device_count", "devices")] {
            let (writes, said) = with(json!({count: 2}));
            assert_eq!(writes, 0, "{what}");
            assert!(said[0].ends_with(&format!("2 {what} are in it")), "{said:?}");
        }
    }

    #[test]
    fn values_go_when_that_is_said() {
        let plan = removal(&present(), &BTreeMap::from([(1, 4)]), true);
        let field = "delete custom field proxmox_node: values 4 → 0";
        assert!(shown(&plan).contains(&field.to_owned()), "{:?}", shown(&plan));
        assert!(shown(&plan).contains(&"delete custom field choice set nodes".to_owned()));
    }
}
