//! Webhook deliveries: which a request causes, and their exact bytes.

use serde_json::{Map, Value, json};

use super::change_log::Origin;
use super::changes::{Action, Change};
use super::clock::Moment;
use super::conditions;
use super::json::python;
use super::models::model;
use super::schema::Kind;
use super::store::Record;
use super::write::Work;
use crate::signature::sign;

/// How sending went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The receiver's final HTTP status (redirects are followed, as a GET without body).
    Answered(u16),
    /// No answer: refused, closed, or not in time.
    Failed(String),
}

/// One delivery, made and signed, sent or not.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Counts all deliveries from 0; what [`FakeNetBox::deliver`](super::FakeNetBox::deliver) takes.
    pub number: usize,
    /// Where to.
    pub url: String,
    /// The headers in their order, `X-Hook-Signature` among them if the webhook has a secret.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte what the signature covers.
    pub body: Vec<u8>,
    /// "created", "updated" or "deleted".
    pub event: String,
    /// "virtualization.virtualmachine" …
    pub object_type: String,
    /// The object's id.
    pub object_id: u64,
    /// `X-Request-ID` of the request that caused it.
    pub request_id: String,
    /// What became of it so far; empty while it waits, is held or was lost.
    pub attempts: Vec<Attempt>,
    pub(super) method: String,
    pub(super) timeout: std::time::Duration,
}

impl Delivery {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header's value, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `X-Hook-Signature`, none without a secret.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        self.header("X-Hook-Signature")
    }

    /// The status of the last attempt, none if there was no attempt or no answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.attempts.last() {
            Some(Attempt::Answered(status)) => Some(*status),
            _ => None,
        }
    }

    /// "virtualmachine-updated", short for a list of what happened.
    #[must_use]
    pub fn what(&self) -> String {
        let model = self.object_type.rsplit('.').next().unwrap_or_default();
        format!("{model}-{}", self.event)
    }
}

impl Work<'_> {
    /// Ends a request: the change log's rows, and the deliveries of every event rule that matches. `silent` skips both, as the shell does.
    pub(super) fn finish(&mut self, origin: &Origin) -> Vec<Delivery> {
        let changes = std::mem::take(&mut self.changes);
        let mut deliveries = Vec::new();
        for change in changes.into_iter() {
            let after = if change.action == Action::Delete { Value::Null } else { self.after(change.kind, change.id) };
            let (mut data, display) = self.shown(&change);
            if let Value::Object(fields) = &mut data
                && !self.settings.version.delivers_config_context()
            {
                fields.remove("config_context");
            }
            self.log(&change, &after, &display, origin);
            if model(change.kind).events {
                deliveries.extend(self.deliveries_of(&change, &data, &after, origin));
            }
        }
        deliveries
    }

    /// The snapshot after a creation or change.
    fn after(&self, kind: Kind, id: u64) -> Value {
        let mut after = self.snapshot(kind, id);
        let updated = self.store.get(kind, id).and_then(|record| record.last_updated);
        if let (Value::Object(fields), true) = (&mut after, self.settings.version.snapshots_last_updated()) {
            fields.insert("last_updated".to_owned(), json!(updated.map(Moment::snapshot)));
        }
        after
    }

    fn shown(&self, change: &Change) -> (Value, String) {
        if let Some(seen) = &change.last_seen {
            return seen.clone();
        }
        let view = self.view();
        let Some(record) = self.store.get(change.kind, change.id) else { return (Value::Null, String::new()) };
        let mut data = view.full(change.kind, record);
        if change.kind == Kind::MacAddress && change.action == Action::Create && data.contains_key("is_primary") {
            // Even where the same request makes it the primary one (seen: 4.7.3).
            data.insert("is_primary".to_owned(), json!(false));
        }
        if change.kind == Kind::VirtualMachine && change.action == Action::Update {
            // Still that of before, in the request that changes a machine's own data (seen: 4.7.3).
            let stale = change.before.get("local_context_data").filter(|context| !context.is_null()).cloned();
            data.insert("config_context".to_owned(), stale.unwrap_or_else(|| json!({})));
        }
        (Value::Object(data), view.display(change.kind, record))
    }

    fn deliveries_of(&mut self, change: &Change, data: &Value, after: &Value, origin: &Origin) -> Vec<Delivery> {
        let event = match change.action {
            Action::Create => "created",
            Action::Update => "updated",
            Action::Delete => "deleted",
        };
        let object_type = model(change.kind).object_type();
        let data = &origin.branch.in_data(data);
        let snapshots = json!({"prechange": change.before, "postchange": after});
        let lists = |rule: &Record, column: &str, name: &str| {
            rule.value(column).as_array().is_some_and(|list| list.contains(&json!(name)))
        };
        let matching: Vec<Record> = self
            .store
            .all(Kind::EventRule)
            .filter(|rule| rule.value("enabled") == &json!(true) && rule.text("action_object_type") == "extras.webhook")
            .filter(|rule| {
                lists(rule, "object_types", &object_type) && lists(rule, "event_types", &format!("object_{event}"))
            })
            .filter(|rule| conditions::fires(rule.value("conditions"), data, &snapshots))
            .filter_map(|rule| self.store.get(Kind::Webhook, rule.number("action_object_id")?).cloned())
            .collect();
        let timestamp = self.clock.tick().python();
        let body = python(&self.body(event, &timestamp, &object_type, data, &snapshots, origin));
        matching
            .into_iter()
            .map(|webhook| Delivery {
                number: 0,
                url: webhook.text("payload_url").to_owned(),
                headers: headers(&webhook, &body),
                body: body.clone(),
                event: event.to_owned(),
                object_type: object_type.clone(),
                object_id: change.id,
                request_id: origin.id.clone(),
                attempts: Vec::new(),
                method: webhook.text("http_method").to_owned(),
                timeout: webhook
                    .number("timeout")
                    .map_or(self.settings.webhook_timeout, std::time::Duration::from_secs),
            })
            .collect()
    }

    fn body(
        &self,
        event: &str,
        timestamp: &str,
        object_type: &str,
        data: &Value,
        snapshots: &Value,
        origin: &Origin,
    ) -> Value {
        let version = self.settings.version;
        let mut body = Map::new();
        let mut say = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        say("event", json!(event));
        say("timestamp", json!(timestamp));
        if version.delivers_object_type() {
            say("object_type", json!(object_type));
        }
        if version.delivers_model() {
            say("model", json!(object_type.rsplit('.').next()));
        }
        if version.delivers_username() {
            say("username", json!(origin.user));
            say("request_id", json!(origin.id));
        }
        say("data", data.clone());
        if version.delivers_request() {
            let mut request =
                json!({"id": origin.id, "path": origin.path, "method": origin.method, "user": origin.user});
            if version.delivers_query() {
                request["path_info"] = json!(origin.path);
                request["GET"] = json!(origin.query);
            }
            say("request", request);
        }
        say("snapshots", snapshots.clone());
        if let Some(branch) = &origin.branch.context {
            say("context", json!({"active_branch": branch}));
        }
        Value::Object(body)
    }
}

fn headers(webhook: &Record, body: &[u8]) -> Vec<(String, String)> {
    let host = url::Url::parse(webhook.text("payload_url")).ok().and_then(|url| {
        let host = url.host_str()?.to_owned();
        Some(url.port().map_or(host.clone(), |port| format!("{host}:{port}")))
    });
    let mut headers = vec![
        ("Host".to_owned(), host.unwrap_or_default()),
        ("Accept-Encoding".to_owned(), "identity".to_owned()),
        ("User-Agent".to_owned(), "python-urllib3/2.8.0".to_owned()),
        ("Content-Type".to_owned(), webhook.text("http_content_type").to_owned()),
        ("Content-Length".to_owned(), body.len().to_string()),
    ];
    for line in webhook.text("additional_headers").lines() {
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    if !webhook.text("secret").is_empty() {
        headers.push(("X-Hook-Signature".to_owned(), sign(webhook.text("secret").as_bytes(), body)));
    }
    headers
}
