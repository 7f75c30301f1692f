//! Branches of netbox-branching and the jobs that do something with them (seen: branching 1.2.2 on NetBox 4.7.3).

use super::models::PLAIN;
use super::schema::{Kind, Literal, Model, OnDelete, anything, choice, object_id, object_type, reference, text};

const STATUS: &[(&str, &str)] = &[
    ("new", "New"),
    ("provisioning", "Provisioning"),
    ("ready", "Ready"),
    ("merged", "Merged"),
    ("archived", "Archived"),
    ("failed", "Failed"),
];

const JOB_STATUS: &[(&str, &str)] = &[("pending", "Pending"), ("completed", "Completed"), ("errored", "Errored")];

const NOTIFICATIONS: &[(&str, &str)] = &[("always", "Always")];

/// Their columns.
pub(super) static BRANCHING: &[Model] = &[
    Model {
        kind: Kind::Branch,
        app: "netbox_branching",
        model: "branch",
        path: "plugins/branching/branches",
        ui: "plugins/branching/branches",
        class: "Branch",
        verbose: "branch",
        columns: &[
            text("name", 100).required(),
            choice("status", STATUS, Literal::Text("new")),
            reference("owner", Kind::User, OnDelete::SetNull),
            text("description", 200),
            text("schema_id", 8),
            anything("last_sync"),
            anything("merged_time"),
            reference("merged_by", Kind::User, OnDelete::SetNull),
            text("comments", 10_000),
        ],
        brief: &["name", "status", "description"],
        unique: &[&["name"]],
        events: false,
        ..PLAIN
    },
    Model {
        kind: Kind::Job,
        app: "core",
        model: "job",
        path: "core/jobs",
        ui: "core/jobs",
        class: "Job",
        verbose: "job",
        columns: &[
            object_type("object_type"),
            object_id("object_id"),
            text("name", 200),
            choice("status", JOB_STATUS, Literal::Text("pending")),
            anything("scheduled"),
            anything("interval"),
            anything("started"),
            anything("completed"),
            anything("execution_time"),
            reference("user", Kind::User, OnDelete::SetNull),
            anything("data"),
            text("error", 2000),
            text("job_id", 36),
            text("queue_name", 100),
            choice("notifications", NOTIFICATIONS, Literal::Text("always")),
            anything("log_entries"),
        ],
        brief: &["name"],
        order: &["-created"],
        natural_key: "id",
        taggable: false,
        custom_fields: false,
        events: false,
        writable: false,
        ..PLAIN
    },
];
