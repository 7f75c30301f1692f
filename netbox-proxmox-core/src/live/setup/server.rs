//! The server's own user in NetBox, with a token and the permissions that it needs and no more.

use std::collections::BTreeMap;

use serde_json::json;

use super::object::{Kind, Object, Present, Wanted};
use super::plan::Remark;
use crate::live::privileges::{Deed, NETBOX, NETBOX_BRANCHES, NETBOX_DISCOVER, Need};

/// The first name of a user that a set-up makes, by which it knows its own.
const FIRST_NAME: &str = "NetBox to Proxmox VE";

/// How its permissions are named, one for each thing that is done with objects.
fn permission_name(user: &str, of: &str) -> String {
    format!("{user}: {of}")
}

/// The object types by what is done with them; what the checks, a discovery or branches alone need is apart, so that it can be
/// disabled.
fn permissions(discover: bool, branches: bool) -> BTreeMap<String, (&'static str, Vec<&'static str>)> {
    let mut permissions: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    let more = NETBOX_DISCOVER.iter().filter(|_| discover).chain(NETBOX_BRANCHES.iter().filter(|_| branches));
    for right in NETBOX.iter().chain(more) {
        for deed in right.deeds {
            let of = match right.need {
                Need::Work => deed.as_str().to_owned(),
                Need::Checks => "check".to_owned(),
                Need::Discovery => format!("discover, {}", deed.as_str()),
                Need::Branches => format!("branches, {}", deed.as_str()),
            };
            let deed = if right.need == Need::Checks { Deed::View } else { *deed };
            permissions.entry(of).or_insert_with(|| (deed.as_str(), Vec::new())).1.push(right.object_type);
        }
    }
    permissions
}

/// The user, its permissions and its token; what it needs to `discover` guests and to plan `branches`, too.
pub(super) fn wanted(
    user: &str,
    discover: bool,
    branches: bool,
    present: &Present,
    remarks: &mut Vec<Remark>,
) -> Vec<Wanted> {
    let found = present.named(Kind::User, user);
    if found.is_some_and(|found| found.text("first_name") != FIRST_NAME) {
        remarks.push(Remark::said(format!(
            "the user {user} is there already, and no set-up made it: it keeps what it may do, and gets these permissions and \
             the server's token besides. If it is somebody's, choose another name with --user"
        )));
    }
    let mut wanted = vec![
        Wanted::new(Kind::User, user, found)
            .once("username", user)
            .once("first_name", FIRST_NAME)
            .once("is_active", true),
    ];
    for (of, (action, object_types)) in permissions(discover, branches) {
        let name = permission_name(user, &of);
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
