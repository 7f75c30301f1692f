//! Users, their tokens, and what they may do (seen: 4.7.3).

use super::models::{MAX_INT, PLAIN};
use super::schema::{
    Kind, Literal, Model, OnDelete, anything, flag, int, null, object_types, reference, references, text,
};

/// What nobody is shown: a user's password, a token's secret.
pub(super) const SECRET: &[&str] = &["password", "secret"];

/// Their columns.
pub(super) static USERS: &[Model] = &[
    Model {
        kind: Kind::User,
        app: "users",
        model: "user",
        path: "users/users",
        ui: "users/users",
        class: "User",
        verbose: "user",
        columns: &[
            text("username", 150).required(),
            text("password", 128).required(),
            text("first_name", 150),
            text("last_name", 150),
            text("email", 254),
            flag("is_active", true),
        ],
        brief: &["username"],
        order: &["username"],
        unique: &[&["username"]],
        natural_key: "username",
        taggable: false,
        custom_fields: false,
        events: false,
        ..PLAIN
    },
    Model {
        kind: Kind::Permission,
        app: "users",
        model: "objectpermission",
        path: "users/permissions",
        ui: "users/permissions",
        class: "ObjectPermission",
        verbose: "permission",
        columns: &[
            text("name", 100).required(),
            text("description", 200),
            flag("enabled", true),
            object_types("object_types"),
            anything("actions").required(),
            anything("constraints"),
            references("users", Kind::User),
        ],
        taggable: false,
        custom_fields: false,
        events: false,
        ..PLAIN
    },
    Model {
        kind: Kind::Token,
        app: "users",
        model: "token",
        path: "users/tokens",
        ui: "users/tokens",
        class: "Token",
        verbose: "token",
        columns: &[
            int("version", 1, 2).default(Literal::Int(2)),
            reference("user", Kind::User, OnDelete::Cascade).required(),
            text("description", 200),
            null("expires"),
            flag("enabled", true),
            flag("write_enabled", true),
            int("pepper_id", 0, MAX_INT),
        ],
        brief: &["description"],
        order: &["-created"],
        natural_key: "id",
        taggable: false,
        custom_fields: false,
        events: false,
        ..PLAIN
    },
];
