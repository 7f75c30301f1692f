//! The object types, column by column, as NetBox 4.7.3 has them (as far as a bridge to Proxmox meets them).

use super::models_branching::BRANCHING;
use super::models_extras::EXTRAS;
use super::models_network::NETWORK;
use super::models_users::USERS;
use super::models_virtualization::VIRTUALIZATION;
use super::schema::{Kind, Model};

/// The largest number NetBox's integer columns take.
pub(super) const MAX_INT: i64 = 2_147_483_647;

/// Every field at its usual value.
pub(super) const PLAIN: Model = Model {
    kind: Kind::Site,
    app: "",
    model: "",
    path: "",
    ui: "",
    class: "",
    verbose: "",
    columns: &[],
    brief: &["name", "description"],
    order: &["name"],
    unique: &[],
    natural_key: "name",
    taggable: true,
    custom_fields: true,
    events: true,
    writable: true,
};

/// All object types.
pub(super) fn models() -> impl Iterator<Item = &'static Model> {
    VIRTUALIZATION.iter().chain(NETWORK).chain(EXTRAS).chain(USERS).chain(BRANCHING)
}

/// The description of an object type.
///
/// # Panics
///
/// Never: a test keeps every `Kind` in the table.
pub(super) fn model(kind: Kind) -> &'static Model {
    models().find(|model| model.kind == kind).unwrap_or(&VIRTUALIZATION[0])
}

/// Finds one by "app.model".
pub(super) fn by_object_type(name: &str) -> Option<&'static Model> {
    models().find(|model| model.object_type() == name)
}

/// Finds one by its path under `/api/`, without slashes at the ends.
pub(super) fn by_path(path: &str) -> Option<&'static Model> {
    models().find(|model| model.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_describes_each_type_once() {
        for described in models() {
            assert_eq!(model(described.kind).path, described.path);
            assert_eq!(by_path(described.path).map(|found| found.kind), Some(described.kind));
            for unique in described.unique.iter().copied().flatten() {
                assert!(described.column(unique).is_some(), "{unique} of {}", described.path);
            }
        }
        assert_eq!(model(Kind::User).model, "user");
    }
}
