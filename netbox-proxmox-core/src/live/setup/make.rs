//! Makes the writes of a plan, one after the other.

use std::collections::BTreeMap;

use netbox_api::{Client, ErrorKind, Version};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::difference::Write;
use super::object::{Kind, Present};
use super::random;
use super::refusal::refused;
use super::script;
use crate::executor::{Failure, FailureKind};
use crate::live::proposed::{Proposed, Verb};

/// What the change log says of each write.
const MESSAGE: &str = "netbox-proxmox setup";

/// What was made that is known only now.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// How many writes were made.
    pub writes: usize,
    /// The token of the server's user, if one was made: NetBox never shows it again.
    pub token: Option<SecretString>,
}

/// Makes the writes in their order, and stops at the first that fails. `wrote` is told of each.
pub(super) async fn make(
    netbox: &Client,
    present: &Present,
    writes: &[Write],
    mut wrote: impl FnMut(&Proposed),
) -> Result<Made, Failure> {
    let mut ids: BTreeMap<(Kind, String), u64> = BTreeMap::new();
    let mut made = Made::default();
    for write in writes {
        let body = body(write, present, &ids)?;
        let deed = match write.proposed.verb {
            Verb::Create => "add",
            Verb::Change => "change",
            Verb::Delete => "delete",
        };
        let path = write.kind.path();
        let answer = match write.id {
            _ if write.kind == Kind::Script => {
                let text = body.get(script::CONTENT).and_then(Value::as_str).unwrap_or_default();
                script::upload(netbox, text, write.id.is_some()).await?;
                made.writes += 1;
                wrote(&write.proposed);
                continue;
            }
            Some(_) if write.kind == Kind::Dashboard => netbox.patch(path, &Value::Object(body), None).await,
            None if write.kind == Kind::Token => token(netbox, body).await,
            None => netbox.post(path, &Value::Object(body)).await,
            Some(id) if write.proposed.verb == Verb::Delete => netbox.delete(&format!("{path}/{id}"), None).await,
            Some(id) => netbox.patch(&format!("{path}/{id}"), &Value::Object(body), None).await,
        };
        let what = format!("{} {}", write.proposed.kind, write.proposed.name);
        let answer = answer.map_err(|error| refused(&error, deed, write.kind, &what))?;
        if let Some(id) = answer.body.get("id").and_then(Value::as_u64) {
            ids.insert((write.kind, write.proposed.name.clone()), id);
        }
        if write.kind == Kind::Token && write.id.is_none() {
            made.token = secret_of(&answer.body);
        }
        made.writes += 1;
        wrote(&write.proposed);
    }
    Ok(made)
}

fn body(write: &Write, present: &Present, ids: &BTreeMap<(Kind, String), u64>) -> Result<Map<String, Value>, Failure> {
    let mut body = write.body.clone();
    for link in &write.links {
        let made = ids.get(&(link.kind, link.name.clone())).copied();
        let id = made.or_else(|| present.named(link.kind, &link.name).map(|found| found.id));
        let id = id.ok_or_else(|| {
            let why = format!("NetBox has no {} {}, and none was made", link.kind.words(), link.name);
            Failure::new(FailureKind::Conflict, why)
        })?;
        match body.get_mut(link.attribute).and_then(Value::as_array_mut) {
            Some(list) => list.push(json!(id)),
            None if link.listed => drop(body.insert(link.attribute.to_owned(), json!([id]))),
            None => drop(body.insert(link.attribute.to_owned(), json!(id))),
        }
    }
    if let Some((attribute, secret)) = &write.secret {
        body.insert((*attribute).to_owned(), secret.expose_secret().into());
    }
    if write.kind == Kind::User && write.id.is_none() {
        // Nobody logs in as this user.
        body.insert("password".to_owned(), random::password()?.expose_secret().into());
    }
    // Users, and what belongs to them, take no message.
    if !matches!(write.kind, Kind::User | Kind::Permission | Kind::Token | Kind::Dashboard | Kind::Script) {
        body.insert("changelog_message".to_owned(), MESSAGE.into());
    }
    Ok(body)
}

/// Of version 2 where NetBox can make one: it cannot without API_TOKEN_PEPPERS, and before 4.5.
async fn token(netbox: &Client, mut body: Map<String, Value>) -> Result<netbox_api::client::Answer, netbox_api::Error> {
    if netbox.version().await? < Version::new(4, 5) {
        return netbox.post(Kind::Token.path(), &Value::Object(body)).await;
    }
    body.insert("version".to_owned(), json!(2));
    match netbox.post(Kind::Token.path(), &Value::Object(body.clone())).await {
        Err(error) if error.kind() == ErrorKind::Validation => {
            body.insert("version".to_owned(), json!(1));
            netbox.post(Kind::Token.path(), &Value::Object(body)).await
        }
        answer => answer,
    }
}

/// The token as it is sent: `nbt_KEY.SECRET`, or 40 digits, which are called `key` before NetBox 4.5.
fn secret_of(answer: &Value) -> Option<SecretString> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (answer.get("version").and_then(Value::as_u64), text("key"), text("token")) {
        (Some(2), Some(key), Some(token)) => Some(format!("nbt_{key}.{token}").into()),
        (_, _, Some(token)) => Some(token.into()),
        (_, Some(key), None) => Some(key.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_read_in_each_form() {
        let token = |answer: Value| secret_of(&answer).map(|token| token.expose_secret().to_owned());
        let v2 = json!({"version": 2, "key": "O1JPJIogGnm5", "token": "abc"});
        assert_eq!(token(v2).as_deref(), Some("nbt_O1JPJIogGnm5.abc"));
        assert_eq!(token(json!({"version": 1, "key": null, "token": "f00"})).as_deref(), Some("f00"));
        assert_eq!(token(json!({"key": "f00"})).as_deref(), Some("f00"));
        assert_eq!(token(json!({"key": null})), None);
    }
}
