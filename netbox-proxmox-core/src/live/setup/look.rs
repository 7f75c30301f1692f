//! Reads NetBox's side.

use serde_json::{Map, Value};

use super::branching;
use super::object::{Kind, Object, Present};
use super::plan::{Meant, Options, Remark};
use super::refusal::refused;
use super::script;
use crate::executor::{Failure, FailureKind};
use crate::live::branch::fields::BRANCH;
use crate::live::clusters;

/// What every set-up looks at.
const ALWAYS: [Kind; 6] =
    [Kind::ClusterType, Kind::ChoiceSet, Kind::CustomField, Kind::Tag, Kind::Webhook, Kind::EventRule];

/// What one looks at that makes a user, or removes what was made.
const USERS: [Kind; 3] = [Kind::User, Kind::Permission, Kind::Token];

/// What one looks at that makes pages for people, or removes what was made.
const PAGES: [Kind; 3] = [Kind::SavedFilter, Kind::CustomLink, Kind::Dashboard];

/// What NetBox has of all that a set-up with these options is made of.
pub(super) async fn present(netbox: &netbox_api::Client, options: &Options) -> Result<Present, Failure> {
    let mut present = Present::default();
    let more = [
        (&USERS[..], options.user.is_some()),
        (&PAGES[..], options.status_field),
        (&[Kind::Script][..], options.script),
    ];
    let more = more.into_iter().filter(|(_, wanted)| *wanted).flat_map(|(kinds, _)| kinds);
    for kind in ALWAYS.iter().chain(more) {
        present.put(*kind, all(netbox, *kind).await?);
    }
    Ok(present)
}

/// Clusters, users and pages besides, for a removal. Whoever may not see them has made none.
pub(super) async fn all_present(netbox: &netbox_api::Client, remarks: &mut Vec<Remark>) -> Result<Present, Failure> {
    let mut present = present(netbox, &Options::default()).await?;
    present.put(Kind::Cluster, all(netbox, Kind::Cluster).await?);
    for kind in USERS.into_iter().chain(PAGES).chain([Kind::Script]) {
        match all(netbox, kind).await {
            Ok(objects) => present.put(kind, objects),
            Err(failure) if failure.kind == FailureKind::Permission => {
                let text = format!("the token may not see {}s: one that a set-up made stays", kind.words());
                remarks.push(Remark::said(text));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(present)
}

async fn all(netbox: &netbox_api::Client, kind: Kind) -> Result<Vec<Object>, Failure> {
    match kind {
        Kind::Script => return script::look(netbox).await,
        Kind::Dashboard => return dashboard(netbox).await,
        _ => {}
    }
    let found = netbox.get_all(kind.path(), &[]).await;
    let found = found.map_err(|error| refused(&error, "view", kind, &format!("{}s", kind.words())))?;
    Ok(found.into_iter().filter_map(|shown| Object::read(kind, shown)).collect())
}

/// The dashboard of the token's user, if it has one.
async fn dashboard(netbox: &netbox_api::Client) -> Result<Vec<Object>, Failure> {
    let answer = netbox.get(Kind::Dashboard.path(), &[]).await;
    let mut shown = answer.map_err(|error| refused(&error, "view", Kind::Dashboard, "the dashboard"))?.body;
    if let Some(attributes) = shown.as_object_mut() {
        attributes.insert("id".to_owned(), 0.into());
        attributes.insert("name".to_owned(), "of the token's user".into());
    }
    Ok(Object::read(Kind::Dashboard, shown).into_iter().collect())
}

/// The clusters that the settings mean.
pub(super) async fn clusters(netbox: &netbox_api::Client, settings: &[String]) -> Result<Vec<Meant>, Failure> {
    let mut meant = Vec::new();
    for setting in settings {
        let found = clusters::find(netbox, setting).await?.map(|cluster| cluster.id);
        meant.push(Meant { setting: setting.clone(), found });
    }
    Ok(meant)
}

/// How many objects have a value in a custom field.
pub(super) async fn values(
    netbox: &netbox_api::Client,
    object_types: &[String],
    field: &str,
) -> Result<usize, Failure> {
    let mut count = 0;
    for object_type in object_types {
        // A person may have given a field to other types, too.
        let path = match object_type.as_str() {
            "virtualization.virtualmachine" => "virtualization/virtual-machines",
            "virtualization.virtualdisk" => "virtualization/virtual-disks",
            "virtualization.vminterface" => "virtualization/interfaces",
            BRANCH => branching::PATH,
            _ => {
                count += 1;
                continue;
            }
        };
        let all = netbox.get_all(path, &[("fields", "id,custom_fields")]).await?;
        let is_set = |object: &&Value| {
            let fields = object.get("custom_fields").and_then(Value::as_object);
            let value = fields.and_then(|fields: &Map<String, Value>| fields.get(field));
            value.is_some_and(|value| !value.is_null() && value != "" && *value != Value::Bool(false))
        };
        count += all.iter().filter(is_set).count();
    }
    Ok(count)
}
