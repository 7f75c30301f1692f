//! What NetBox does by itself.

use super::{kind, read, write};

kind! {
    /// Something that a worker does.
    Job, JobFilter, jobs at "core/jobs/" {
        told {
            /// Its name, `Merge branch`.
            name: Text,
            /// `pending`, `scheduled`, `running`, `completed`, `errored` or `failed`.
            status: Choice,
            /// Kind of the object it is for.
            object_type: Text,
            /// Id of the object it is for.
            object_id: Number,
            /// Who asked for it.
            user: One,
            /// When it is to be done.
            scheduled: Maybe,
            /// Minutes until it is done again.
            interval: Number,
            /// When it began.
            started: Maybe,
            /// When it ended.
            completed: Maybe,
            /// What it tells: of scripts and branches with a `log`.
            data: Json,
            /// Why it failed.
            error: Text,
            /// Its id in the queue, a UUID.
            job_id: Maybe,
        }
        by { name: String, status: String, object_id: u64, user: u64, }
    }
}

impl Job {
    /// Whether it is over, well or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.status.as_ref().is_some_and(|status| ["completed", "errored", "failed"].contains(&status.as_str()))
    }

    /// Whether it did what it was to do.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status == "completed")
    }
}

kind! {
    /// Where NetBox takes files from.
    DataSource, NewDataSource, DataSourcePatch, DataSourceFilter, data_sources at "core/data-sources/" {
        must {
            /// Its name, unique.
            name: Text,
            /// `local`, `git`, `amazon-s3` or a plugin's.
            source_type as "type": Choice,
            /// Where it is.
            source_url: Text,
        }
        may {
            /// Whether it is used.
            enabled: Flag,
            /// Names of files to be left out, a line each.
            ignore_rules: Text,
            /// One line about it.
            description: Text,
            /// Markdown about it.
            comments: Text,
        }
        told {
            /// What it is at.
            status: Choice,
            /// Number of its files.
            file_count: Number,
        }
        by { name: String, source_type as "type": String, enabled: bool, status: String, }
        custom_fields
    }
}
