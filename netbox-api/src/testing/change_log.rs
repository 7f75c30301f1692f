//! The change log: a row for every object a request changed, with its state before and after.

use serde_json::{Map, Value, json};

use super::branches::BranchWords;
use super::changes::{Action, Change};
use super::models::model;
use super::schema::Kind;
use super::snapshots::for_change_log;
use super::write::Work;

/// Which request did it.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) method: String,
    /// The query, each parameter with its last value.
    pub(super) query: Map<String, Value>,
    pub(super) user: String,
    /// `changelog_message` of the body.
    pub(super) message: String,
    /// What the bodies of its deliveries say of a branch.
    pub(super) branch: BranchWords,
}

impl Work<'_> {
    /// Writes the row. A save that changed nothing leaves none, though it sends an event (seen: 4.7.3).
    pub(super) fn log(&mut self, change: &Change, after: &Value, display: &str, origin: &Origin) {
        let action = match change.action {
            Action::Create => "create",
            Action::Update if for_change_log(&change.before) == for_change_log(after) => return,
            Action::Update => "update",
            Action::Delete => "delete",
        };
        let values = json!({
            "user": self.user,
            "user_name": origin.user,
            "request_id": origin.id,
            "action": action,
            "changed_object_type": model(change.kind).object_type(),
            "changed_object_id": change.id,
            "object_repr": display,
            "message": if self.settings.version.has_messages() { origin.message.as_str() } else { "" },
            // The whole snapshots: REST shows less of them.
            "prechange_data": change.before,
            "postchange_data": after,
        });
        let time = self.clock.tick();
        let id = self.store.next_id(Kind::ObjectChange);
        let record = super::store::Record {
            id,
            created: time,
            last_updated: Some(time),
            values: values.as_object().cloned().unwrap_or_default(),
            custom_fields: Map::new(),
            tags: Vec::new(),
        };
        self.store.put(Kind::ObjectChange, record);
    }
}
