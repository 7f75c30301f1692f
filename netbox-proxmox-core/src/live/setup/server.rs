//! The server's own user in NetBox, with a token and the permissions that it needs and no more.

use std::collections::BTreeMap;

use serde_json::json;

use super::object::{Kind, Object, Present, Wanted};
use crate::live::privileges::{Deed, NETBOX, Need};

/// How its permissions are named, one for each thing that is done with objects.
fn permission_name(user: &str, of: &str) -> String {
    format!("{user}: {of}")
}

/// The object types by what is done with them; what the checks alone need is apart, so that it can be disabled.
fn permissions() -> BTreeMap<&'static str, (&'static str, Vec<&'static str>)> {
    let mut permissions: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for right in NETBOX {
        for deed in right.deeds {
            let of = match right.need {
                Need::Work => deed.as_str(),
                Need::Checks => "check",
            };
            let deed = if right.need == Need::Checks { Deed::View } else { *deed };
            permissions.entry(of).or_insert_with(|| (deed.as_str(), Vec::new())).1.push(right.object_type);
        }
    }
    permissions
}

/// The user, its permissions and its token.
pub(super) fn wanted(user: &str, present: &Present) -> Vec<Wanted> {
    let found = present.named(Kind::User, user);
    let mut wanted = vec![
        Wanted::new(Kind::User, user, found)
            .once("username", user)
            .once("first_name", "NetBox to Proxmox VE")
            .once("is_active", true),
    ];
    for (of, (action, object_types)) in permissions() {
        let name = permission_name(user, of);
        let permission = Wanted::new(Kind::Permission, &name, present.named(Kind::Permission, &name))
            .once("name", name.as_str())
            .always("object_types", json!(object_types))
            .always("actions", json!([action]))
            .once("enabled", true)
            .link_listed("users", Kind::User, user);
        wanted.push(permission);
    }
    let is_its = |token: &&Object| token.is_ours() && found.is_some_and(|user| token.number("user") == Some(user.id));
    let token = present.all(Kind::Token).find(is_its);
    let mut token = Wanted::new(Kind::Token, format!("of {user}"), token);
    if token.found.is_some() {
        token = token.always("write_enabled", true);
    } else {
        token = token.once("write_enabled", true).link("user", Kind::User, user);
    }
    wanted.push(token);
    wanted
}
