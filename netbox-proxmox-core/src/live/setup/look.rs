//! Reads NetBox's side.

use serde_json::{Map, Value};

use super::object::{Kind, Object, Present};
use super::plan::{Meant, Remark};
use super::refusal::refused;
use crate::executor::{Failure, FailureKind};
use crate::live::clusters;

/// What every set-up looks at.
const ALWAYS: [Kind; 6] =
    [Kind::ClusterType, Kind::ChoiceSet, Kind::CustomField, Kind::Tag, Kind::Webhook, Kind::EventRule];

/// What one looks at that makes a user, or removes what was made.
const USERS: [Kind; 3] = [Kind::User, Kind::Permission, Kind::Token];

/// What NetBox has of all that a set-up is made of.
pub(super) async fn present(netbox: &netbox_api::Client, with_users: bool) -> Result<Present, Failure> {
    let mut present = Present::default();
    for kind in ALWAYS.into_iter().chain(USERS.into_iter().filter(|_| with_users)) {
        present.put(kind, all(netbox, kind).await?);
    }
    Ok(present)
}

/// Clusters and users besides, for a removal. Whoever may not see users has made none.
pub(super) async fn all_present(netbox: &netbox_api::Client, remarks: &mut Vec<Remark>) -> Result<Present, Failure> {
    let mut present = present(netbox, false).await?;
    present.put(Kind::Cluster, all(netbox, Kind::Cluster).await?);
    for kind in USERS {
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
    let found = netbox.get_all(kind.path(), &[]).await;
    let found = found.map_err(|error| refused(&error, "view", kind, &format!("{}s", kind.words())))?;
    Ok(found.into_iter().filter_map(|shown| Object::read(kind, shown)).collect())
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
