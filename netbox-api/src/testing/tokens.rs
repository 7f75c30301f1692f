//! Tokens that were made over REST: their secret is in the answer to the request that made them, and never again (seen:
//! 4.7.3 of both versions; before 4.5 there is one version, whose secret is its `key`: documentation).

use serde_json::{Value, json};

use super::schema::Kind;
use super::store::{Record, Store};
use super::version::Version;

/// The column of the secret, which is not in the table.
const SECRET: &str = "secret";
/// That of a token of version 2, by which it is known.
const KEY: &str = "key";

fn is_v2(version: Version, token: &Record) -> bool {
    version.has_v2_tokens() && token.is("version", 2)
}

/// Gives a new token its secret. Made up, and the same in every run.
pub(super) fn give(token: &mut Record) {
    let id = token.id;
    token.set(KEY, format!("fakeKey{id:05}"));
    token.set(SECRET, format!("{id:040x}"));
}

/// What is in the `Authorization` header.
fn header(version: Version, token: &Record) -> String {
    let secret = token.text(SECRET);
    if is_v2(version, token) { format!("nbt_{}.{secret}", token.text(KEY)) } else { secret.to_owned() }
}

/// The token that a header names.
pub(super) fn known<'a>(store: &'a Store, version: Version, given: &str) -> Option<&'a Record> {
    let is_it = |token: &&Record| header(version, token) == given && token.value("enabled") != &json!(false);
    store.all(Kind::Token).find(is_it)
}

/// As a person sees it.
pub(super) fn display(version: Version, token: &Record) -> String {
    if is_v2(version, token) {
        return token.text(KEY).to_owned();
    }
    let secret = token.text(SECRET);
    format!("{}{}", "*".repeat(secret.len().saturating_sub(6)), &secret[secret.len().saturating_sub(6)..])
}

/// What REST shows of it at any time.
pub(super) fn shown(version: Version, token: &Record) -> Vec<(&'static str, Value)> {
    let key = if is_v2(version, token) { token.value(KEY).clone() } else { Value::Null };
    if version.has_v2_tokens() { vec![("key", key), ("token", Value::Null)] } else { Vec::new() }
}

/// What the answer shows that made it.
pub(super) fn disclosed(version: Version, token: &Record) -> (&'static str, Value) {
    let name = if version.has_v2_tokens() { "token" } else { "key" };
    (name, token.value(SECRET).clone())
}

/// Whether a user may do something to objects of a type, by the permissions there are. Their constraints are not looked at.
pub(super) fn permits(store: &Store, user: u64, object_type: &str, action: &str) -> bool {
    let lists = |permission: &Record, column: &str, item: Value| {
        permission.value(column).as_array().is_some_and(|items| items.contains(&item))
    };
    store.all(Kind::Permission).any(|permission| {
        permission.value("enabled") == &json!(true)
            && lists(permission, "users", json!(user))
            && lists(permission, "object_types", json!(object_type))
            && lists(permission, "actions", json!(action))
    })
}
