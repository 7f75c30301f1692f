//! Users and their groups, to be read.

use super::{kind, read};

kind! {
    /// A user.
    User, UserFilter, users at "users/users/" {
        told {
            /// The name with which the user logs in.
            username: Text,
            /// First name.
            first_name: Text,
            /// Last name.
            last_name: Text,
            /// Email address.
            email: Text,
            /// Whether the user may log in.
            is_active: Flag,
            /// The user's groups.
            groups: Many,
        }
        by { username: String, email: String, is_active: bool, group_id: u64, }
    }
}

kind! {
    /// A group of users.
    Group, GroupFilter, groups at "users/groups/" {
        told {
            /// Its name, unique.
            name: Text,
            /// One line about it.
            description: Text,
            /// Number of its users.
            user_count: Number,
        }
        by { name: String, }
    }
}
