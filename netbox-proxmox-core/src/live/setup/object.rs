//! The objects of NetBox's that a set-up is made of: as they are there, and as they should be.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

/// By this a set-up knows what it made: in the description, the comments or the last name, whichever a kind has.
pub(super) const MADE: &str = "Made by netbox-proxmox setup.";

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ClusterType,
    Cluster,
    ChoiceSet,
    CustomField,
    Tag,
    Webhook,
    EventRule,
    User,
    Permission,
    Token,
    SavedFilter,
    CustomLink,
    Dashboard,
    Script,
}

/// What is the same of all objects of a kind.
struct Described {
    path: &'static str,
    words: &'static str,
    model: &'static str,
    mark: &'static str,
}

impl Kind {
    fn described(self) -> Described {
        let (path, words, model, mark) = match self {
            Self::ClusterType => {
                ("virtualization/cluster-types", "cluster type", "virtualization.clustertype", "description")
            }
            Self::Cluster => ("virtualization/clusters", "cluster", "virtualization.cluster", "description"),
            Self::ChoiceSet => (
                "extras/custom-field-choice-sets",
                "custom field choice set",
                "extras.customfieldchoiceset",
                "description",
            ),
            // Its description is what people read below the field.
            Self::CustomField => ("extras/custom-fields", "custom field", "extras.customfield", "comments"),
            Self::Tag => ("extras/tags", "tag", "extras.tag", "description"),
            Self::Webhook => ("extras/webhooks", "webhook", "extras.webhook", "description"),
            Self::EventRule => ("extras/event-rules", "event rule", "extras.eventrule", "description"),
            Self::User => ("users/users", "user", "users.user", "last_name"),
            Self::Permission => ("users/permissions", "permission", "users.objectpermission", "description"),
            Self::Token => ("users/tokens", "token", "users.token", "description"),
            Self::SavedFilter => ("extras/saved-filters", "saved filter", "extras.savedfilter", "description"),
            // It has no description: a comment in its text.
            Self::CustomLink => ("extras/custom-links", "custom link", "extras.customlink", "link_text"),
            // There is one of each user. What is on it is too long to be shown.
            Self::Dashboard => ("extras/dashboard", "dashboard", "extras.dashboard", "config"),
            Self::Script => ("extras/scripts", "script", "extras.scriptmodule", "description"),
        };
        Described { path, words, model, mark }
    }

    /// Where the API has them, below `/api/`.
    pub(super) fn path(self) -> &'static str {
        self.described().path
    }

    /// What people call one.
    pub(super) fn words(self) -> &'static str {
        self.described().words
    }

    /// NetBox's permission for a deed: `extras.add_customfield`.
    pub(super) fn permission(self, deed: &str) -> String {
        let (app, model) = self.described().model.split_once('.').unwrap_or_default();
        format!("{app}.{deed}_{model}")
    }

    /// The attribute that says who made one.
    pub(super) fn mark(self) -> &'static str {
        self.described().mark
    }
}

/// An object as NetBox has it.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) id: u64,
    attributes: Map<String, Value>,
    /// A webhook's.
    pub(super) secret: Option<SecretString>,
}

/// Attributes that NetBox shows in clear, and that are no business of ours.
const HIDDEN: [&str; 4] = ["secret", "additional_headers", "key", "token"];

impl Object {
    /// From an object as REST shows it; none if it has no id.
    pub(super) fn read(kind: Kind, shown: Value) -> Option<Self> {
        let Value::Object(mut attributes) = shown else { return None };
        let id = attributes.get("id")?.as_u64()?;
        let secret = attributes.get("secret").and_then(Value::as_str).filter(|it| !it.is_empty()).map(Into::into);
        attributes.retain(|name, _| !HIDDEN.contains(&name.as_str()));
        if kind == Kind::Token {
            // An old NetBox may call it by its secret.
            let user = attributes.get("user").and_then(|user| user.get("username")?.as_str()).unwrap_or_default();
            let name = format!("of {user}");
            attributes.remove("display");
            attributes.insert("name".to_owned(), name.into());
        }
        Some(Self { kind, id, attributes, secret })
    }

    /// An attribute as it would be written; none where this NetBox has no such attribute.
    pub(super) fn get(&self, name: &str) -> Option<Value> {
        self.attributes.get(name).map(plain)
    }

    /// An attribute as it is read.
    pub(super) fn raw(&self, name: &str) -> Option<Value> {
        self.attributes.get(name).cloned()
    }

    pub(super) fn text(&self, name: &str) -> &str {
        let value = self.attributes.get(name);
        value.and_then(|value| value.get("value").unwrap_or(value).as_str()).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        plain(self.attributes.get(name)?).as_u64()
    }

    /// The texts of a list.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let items = self.attributes.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// The name by which people know it.
    pub(super) fn name(&self) -> &str {
        let named = ["name", "username", "display"].into_iter().map(|name| self.text(name));
        named.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
    }

    /// Whether a set-up made it.
    pub(super) fn is_ours(&self) -> bool {
        self.text(self.kind.mark()).contains(MADE)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.kind.words(), self.name(), self.id)
    }
}

/// What is written for what is read: a choice's value, another object's id.
fn plain(shown: &Value) -> Value {
    match shown {
        Value::Object(fields) => fields.get("value").or_else(|| fields.get("id")).unwrap_or(shown).clone(),
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

/// What NetBox has of the kinds that a set-up looks at.
#[derive(Debug, Clone, Default)]
pub(super) struct Present(BTreeMap<Kind, Vec<Object>>);

impl Present {
    pub(super) fn put(&mut self, kind: Kind, objects: Vec<Object>) {
        self.0.insert(kind, objects);
    }

    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.0.get(&kind).into_iter().flatten()
    }

    pub(super) fn get(&self, kind: Kind, id: u64) -> Option<&Object> {
        self.all(kind).find(|object| object.id == id)
    }

    /// The one of that name.
    pub(super) fn named(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.all(kind).find(|object| object.name() == name)
    }
}

/// Another object that an attribute names; perhaps one that is only about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) attribute: &'static str,
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Whether the attribute is a list of such.
    pub(super) listed: bool,
}

/// An object as it should be.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// As it is now.
    pub(super) found: Option<Object>,
    /// What it should have in any case, and what only one that is made gets.
    pub(super) always: Vec<(&'static str, Value)>,
    pub(super) once: Vec<(&'static str, Value)>,
    pub(super) links: Vec<Link>,
    pub(super) secret: Option<(&'static str, SecretString)>,
    /// What people are shown of an attribute that is too long for them: what is new in it.
    pub(super) news: Option<(&'static str, Value)>,
}

impl Wanted {
    /// One that is there, or is to be made under this name, with the mark of what a set-up made.
    pub(super) fn new(kind: Kind, name: impl Into<String>, found: Option<&Object>) -> Self {
        let once = vec![(kind.mark(), Value::from(MADE))];
        let name = found.map_or_else(|| name.into(), |found| found.name().to_owned());
        Self { kind, name, found: found.cloned(), always: vec![], once, links: vec![], secret: None, news: None }
    }

    pub(super) fn always(mut self, attribute: &'static str, value: impl Into<Value>) -> Self {
        self.always.push((attribute, value.into()));
        self
    }

    pub(super) fn once(mut self, attribute: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match self.once.iter_mut().find(|(known, _)| *known == attribute) {
            Some((_, known)) => *known = value,
            None => self.once.push((attribute, value)),
        }
        self
    }

    pub(super) fn link(mut self, attribute: &'static str, kind: Kind, name: impl Into<String>) -> Self {
        self.links.push(Link { attribute, kind, name: name.into(), listed: false });
        self
    }

    /// The same where the attribute is a list.
    pub(super) fn link_listed(mut self, attribute: &'static str, kind: Kind, name: impl Into<String>) -> Self {
        self.links.push(Link { attribute, kind, name: name.into(), listed: true });
        self
    }

    pub(super) fn showing(mut self, attribute: &'static str, news: impl Into<Value>) -> Self {
        self.news = Some((attribute, news.into()));
        self
    }

    pub(super) fn secret(mut self, attribute: &'static str, secret: SecretString) -> Self {
        self.secret = Some((attribute, secret));
        self
    }
}
