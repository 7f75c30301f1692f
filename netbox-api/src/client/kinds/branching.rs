//! Branches of the plugin netbox-branching, as its 1.2.2 was seen on NetBox 4.7.3.

use super::{kind, read, write};

kind! {
    /// A branch: a copy of the rows in which changes are prepared. To look into it: [`Client::branch`](crate::Client::branch).
    Branch, NewBranch, BranchPatch, BranchFilter, branches at "plugins/branching/branches/" {
        must {
            /// Its name, unique.
            name: Text,
        }
        may {
            /// One line about it.
            description: Text,
            /// Markdown about it.
            comments: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// `new`, `provisioning`, `ready`, `syncing`, `migrating`, `merging`, `reverting`, `merged`, `archived`, `pending-migrations` or
            /// `failed`.
            status: Choice,
            /// Its identifier in requests, eight characters.
            schema_id: Text,
            /// Whose it is.
            owner: One,
            /// When it last took main's changes: since when main's are not seen in it.
            last_sync: Maybe,
            /// When it was merged.
            merged_time: Maybe,
            /// Who merged it.
            merged_by: One,
        }
        by { name: String, status: String, tag: String, }
        custom_fields
    }
}

impl Branch {
    /// Whether it can be looked into and written to.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status == "ready")
    }
}

kind! {
    /// What a branch changed of one object, all its changes folded into one.
    BranchChange, BranchChangeFilter, branch_changes at "plugins/branching/changes/" {
        told {
            /// The branch.
            branch: One,
            /// Kind of the object, for example `virtualization.virtualmachine`.
            object_type: Text,
            /// Id of the object: that of one made in the branch stays when it is merged.
            object_id: Number,
            /// The name of the object.
            object_repr: Text,
            /// `create`, `update` or `delete`.
            action: Choice,
            /// The fields that main changed to something else since.
            conflicts: Texts,
            /// Raw values when the branch was made, or last took main's; none for `create`.
            original_data: Snapshot,
            /// Raw values in the branch; none for `delete`.
            modified_data: Snapshot,
            /// Raw values in main now.
            current_data: Snapshot,
        }
        by { branch_id: u64, branch: String, action: String, object_type: String, object_id: u64, has_conflicts: bool, }
    }
}
