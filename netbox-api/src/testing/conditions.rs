//! Conditions of event rules. They fail closed: a path that leads nowhere, or a wrong comparison, and the rule does not fire (seen: 4.7.3).

use serde_json::Value;

/// Whether an event rule with these conditions fires for this delivery.
pub(super) fn fires(conditions: &Value, data: &Value, snapshots: &Value) -> bool {
    conditions.is_null() || evaluate(conditions, data, snapshots).unwrap_or(false)
}

fn evaluate(condition: &Value, data: &Value, snapshots: &Value) -> Option<bool> {
    let each =
        |list: &Value| list.as_array()?.iter().map(|one| evaluate(one, data, snapshots)).collect::<Option<Vec<bool>>>();
    if let Some(list) = condition.get("and") {
        return Some(each(list)?.into_iter().all(|holds| holds));
    }
    if let Some(list) = condition.get("or") {
        return Some(each(list)?.into_iter().any(|holds| holds));
    }
    let attribute = condition.get("attr")?.as_str()?;
    let wanted = condition.get("value").unwrap_or(&Value::Null);
    let holds = match condition.get("op").and_then(Value::as_str).unwrap_or("eq") {
        op @ ("changed" | "unchanged") => {
            let side =
                |side: &str| snapshots.get(side).filter(|side| !side.is_null()).and_then(|side| at(side, attribute));
            (side("prechange") != side("postchange")) == (op == "changed")
        }
        op => {
            let found = match attribute.strip_prefix("snapshots.") {
                Some(path) => at(snapshots, path)?,
                None => at(data, attribute)?,
            };
            compare(op, found, wanted)?
        }
    };
    Some(holds != condition.get("negate").and_then(Value::as_bool).unwrap_or(false))
}

/// Follows `custom_fields.proxmox_vm_type.value`; through a null it leads nowhere.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| value.get(step))
}

fn compare(op: &str, found: &Value, wanted: &Value) -> Option<bool> {
    let ordering = || found.as_f64()?.partial_cmp(&wanted.as_f64()?);
    match op {
        "eq" => Some(found == wanted || (found.is_number() && wanted.is_number() && found.as_f64() == wanted.as_f64())),
        "gt" => ordering().map(std::cmp::Ordering::is_gt),
        "gte" => ordering().map(std::cmp::Ordering::is_ge),
        "lt" => ordering().map(std::cmp::Ordering::is_lt),
        "lte" => ordering().map(std::cmp::Ordering::is_le),
        "in" => wanted.as_array().map(|list| list.contains(found)),
        "contains" => match found {
            Value::Array(list) => Some(list.contains(wanted)),
            Value::String(text) => Some(text.contains(wanted.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::fires;
    use serde_json::{Value, json};

    #[test]
    fn selections_are_compared_by_their_value() {
        let data = json!({"status": {"value": "active"}, "custom_fields": {"kind": {"value": "vm"}, "other": null}});
        let fires = |condition: Value| {
            fires(&condition, &data, &json!({"prechange": {"status": "staged"}, "postchange": {"status": "active"}}))
        };
        assert!(!fires(json!({"attr": "custom_fields.kind", "value": "vm"})));
        assert!(fires(json!({"attr": "custom_fields.kind.value", "value": "vm"})));
        assert!(
            !fires(json!({"attr": "custom_fields.other.value", "value": "x", "negate": true})),
            "through null: closed"
        );
        assert!(fires(
            json!({"and": [{"attr": "status", "op": "changed"}, {"attr": "status.value", "value": "active"}]})
        ));
        assert!(!fires(json!({"attr": "name", "op": "unchanged", "negate": true})));
        assert!(fires(json!({"attr": "snapshots.prechange.status", "value": "staged"})));
    }
}
