//! The write that makes an object what it should be, if there is anything to write.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::object::{Kind, Link, Present, Wanted};
use crate::live::proposed::{Attribute, Proposed, Verb};

/// A write to NetBox, shown and made.
#[derive(Clone)]
pub struct Write {
    pub(super) proposed: Proposed,
    pub(super) kind: Kind,
    /// Of an object that is there.
    pub(super) id: Option<u64>,
    pub(super) body: Map<String, Value>,
    /// Attributes whose value is known once earlier writes were made.
    pub(super) links: Vec<Link>,
    pub(super) secret: Option<(&'static str, SecretString)>,
}

impl Write {
    /// What it does, without any secret.
    pub fn proposed(&self) -> &Proposed {
        &self.proposed
    }
}

impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Write({})", self.proposed)
    }
}

/// Attributes of a new object that are always the same.
const QUIET: [&str; 16] = [
    "slug",
    "filter_logic",
    "ui_visible",
    "ui_editable",
    "shared",
    "new_window",
    "choice_colors",
    "group_name",
    "weight",
    "http_method",
    "http_content_type",
    "action_type",
    "action_object_type",
    "enabled",
    "is_active",
    "write_enabled",
];

/// The write for an object; none if it is as it should be. An attribute that this NetBox does not show is not compared:
/// an older release has none.
pub(super) fn write(present: &Present, wanted: Wanted) -> Option<Write> {
    // What says nothing to people who are asked whether it may be made.
    let is_quiet = |attribute: &str, new: &Value| {
        let is_new = wanted.found.is_none();
        is_new && (QUIET.contains(&attribute) || new.as_str() == Some(&wanted.name)) || attribute == wanted.kind.mark()
    };
    let quiet: Vec<&'static str> = wanted
        .once
        .iter()
        .chain(&wanted.always)
        .filter(|(name, new)| is_quiet(name, new))
        .map(|(name, _)| *name)
        .collect();
    let Wanted { kind, name, found, always, once, links, secret, news } = wanted;
    let mut body = Map::new();
    let mut attributes = Vec::new();
    let mut set = |attribute: &str, old: Value, new: Value| {
        // What NetBox sets by itself is not worth a line.
        if !(old.is_null() && (new.is_null() || new == json!("")) || quiet.contains(&attribute)) {
            // An empty text is as good as none.
            let old = if old == json!("") { Value::Null } else { old };
            let (old, new) = match &news {
                Some((long, news)) if *long == attribute => (Value::Null, news.clone()),
                _ => (old, new.clone()),
            };
            attributes.push(Attribute { name: attribute.to_owned(), old, new });
        }
        body.insert(attribute.to_owned(), new);
    };
    let Some(found) = found else {
        for (attribute, value) in once.into_iter().chain(always) {
            set(attribute, Value::Null, value);
        }
        attributes.extend(links.iter().map(|link| named(link, Value::Null)));
        attributes.extend(secret.iter().map(|(name, _)| hidden(name, Value::Null)));
        let proposed = Proposed { verb: Verb::Create, kind: kind.words().to_owned(), name, attributes };
        return Some(Write { proposed, kind, id: None, body, links, secret });
    };
    for (attribute, value) in always {
        if let Some(old) = found.get(attribute).filter(|old| !same(old, &value)) {
            set(attribute, old, value);
        }
    }
    let is_there = |link: &Link| {
        let target = present.named(link.kind, &link.name);
        let held = found.get(link.attribute).unwrap_or_default();
        let holds = |id: u64| match &held {
            Value::Array(items) => items.iter().any(|item| item.as_u64() == Some(id)),
            other => other.as_u64() == Some(id),
        };
        target.is_some_and(|target| holds(target.id))
    };
    let links: Vec<Link> = links.into_iter().filter(|link| !is_there(link)).collect();
    for link in &links {
        let held = found.number(link.attribute).and_then(|id| present.get(link.kind, id));
        attributes.push(named(link, held.map_or(Value::Null, |held| held.name().into())));
    }
    let held = found.secret.as_ref().map(ExposeSecret::expose_secret);
    let secret = secret.filter(|(_, secret)| held != Some(secret.expose_secret()));
    let old = if held.is_some() { json!("another") } else { Value::Null };
    attributes.extend(secret.iter().map(|(name, _)| hidden(name, old.clone())));
    if attributes.is_empty() {
        return None;
    }
    // What a list has already stays in it.
    for link in links.iter().filter(|link| link.listed) {
        body.insert(link.attribute.to_owned(), found.get(link.attribute).unwrap_or_else(|| json!([])));
    }
    let proposed = Proposed { verb: Verb::Change, kind: kind.words().to_owned(), name, attributes };
    Some(Write { proposed, kind, id: Some(found.id), body, links, secret })
}

fn named(link: &Link, old: Value) -> Attribute {
    Attribute { name: link.attribute.to_owned(), old, new: link.name.clone().into() }
}

/// That a secret is set, not what it is.
fn hidden(attribute: &str, old: Value) -> Attribute {
    Attribute { name: attribute.to_owned(), old, new: json!("set") }
}

/// Whether two values mean the same: lists of object types have no order, and an empty text is as good as none.
fn same(old: &Value, new: &Value) -> bool {
    let words = |value: &Value| -> Option<Vec<String>> {
        let items = value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned));
        let mut words: Vec<String> = items.collect::<Option<_>>()?;
        words.sort();
        Some(words)
    };
    let is_empty = |value: &Value| value.is_null() || value == "";
    match (words(old), words(new)) {
        (Some(old), Some(new)) => old == new,
        _ => old == new || is_empty(old) && is_empty(new),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::object::Object;
    use super::*;

    fn object(kind: Kind, shown: Value) -> Object {
        Object::read(kind, shown).unwrap()
    }

    #[test]
    fn only_what_differs_is_written() {
        let found = object(
            Kind::CustomField,
            json!({"id": 3, "name": "proxmox_node", "label": "Node", "type": {"value": "select", "label": "Selection"},
                "object_types": ["b.b", "a.a"], "comments": "by hand"}),
        );
        let wanted = |label: &str| {
            let wanted = Wanted::new(Kind::CustomField, "proxmox_node", Some(&found));
            wanted.always("object_types", json!(["a.a", "b.b"])).always("label", label).always("nosuch", "x")
        };
        assert!(write(&Present::default(), wanted("Node")).is_none());
        let write = write(&Present::default(), wanted("Proxmox node")).unwrap();
        assert_eq!(write.proposed.to_string(), r#"change custom field proxmox_node: label "Node" → "Proxmox node""#);
        assert_eq!((write.id, Value::Object(write.body)), (Some(3), json!({"label": "Proxmox node"})));
    }

    #[test]
    fn what_is_made_carries_the_mark_and_never_shows_its_secret() {
        let wanted =
            Wanted::new(Kind::Webhook, "bridge", None).once("name", "bridge").secret("secret", "hunter2".into());
        let write = write(&Present::default(), wanted).unwrap();
        assert_eq!(write.proposed.to_string(), r#"create webhook bridge: secret "set""#);
        assert!(write.body["description"].as_str().unwrap().contains(super::super::object::MADE));
        assert!(!format!("{write:?} {:?}", write.body).contains("hunter2"));
    }

    #[test]
    fn a_secret_is_compared_and_another_object_is_known_by_its_id() {
        let mut present = Present::default();
        present.put(Kind::Webhook, vec![object(Kind::Webhook, json!({"id": 7, "name": "bridge"}))]);
        let rule = |id: u64| object(Kind::EventRule, json!({"id": 1, "name": "bridge", "action_object_id": id}));
        let wanted = |found: &Object| {
            Wanted::new(Kind::EventRule, "bridge", Some(found)).link("action_object_id", Kind::Webhook, "bridge")
        };
        assert!(write(&present, wanted(&rule(7))).is_none());
        assert_eq!(write(&present, wanted(&rule(8))).unwrap().links.len(), 1);
        let hook = object(Kind::Webhook, json!({"id": 7, "name": "bridge", "secret": "one"}));
        let with = |secret: &str| Wanted::new(Kind::Webhook, "bridge", Some(&hook)).secret("secret", secret.into());
        assert!(write(&present, with("one")).is_none());
        let change = write(&present, with("two")).unwrap();
        assert_eq!(change.proposed.to_string(), r#"change webhook bridge: secret "another" → "set""#);
    }
}
