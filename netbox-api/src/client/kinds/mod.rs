//! Kinds of records beside those that a bridge writes: one declaration for each, from which record, writes and filter are made.
//!
//! `must` is what a new one needs, `may` what can be written as well, `told` what NetBox only tells, `by` what lists are filtered by. Fields and filters
//! are those of NetBox 4.7.3, and a test compares them with its own list; older ones lack some, which are then empty or none. Every
//! kind has `id`, `created` and `last_updated`.

mod branching;
mod core;
mod dcim;
mod devices;
mod extras;
mod ipam;
mod tenancy;
mod users;
mod virtualization;

pub use self::core::*;
pub use branching::*;
pub use dcim::*;
pub use devices::*;
pub use extras::*;
pub use ipam::*;
pub use tenancy::*;
pub use users::*;
pub use virtualization::*;

/// What a field of this form is in a record.
macro_rules! read {
    (Text) => { String };
    (Choice) => { Option<crate::Choice> };
    (One) => { Option<crate::Brief> };
    (Many) => { Vec<crate::Brief> };
    (Number) => { Option<u64> };
    (Decimal) => { Option<f64> };
    (Flag) => { Option<bool> };
    (Maybe) => { Option<String> };
    (Json) => { Option<serde_json::Value> };
    (Texts) => { Vec<String> };
    (Numbers) => { Vec<u64> };
    (Tags) => { Vec<crate::Tag> };
    (Address) => { Option<crate::PrimaryIp> };
    (Mac) => { Option<crate::MacBrief> };
    (Macs) => { Vec<crate::MacBrief> };
    (Vlan) => { Option<crate::VlanBrief> };
    (Vlans) => { Vec<crate::VlanBrief> };
    (Snapshot) => { Option<crate::Snapshot> };
}

/// What it is in a write.
macro_rules! write {
    (Text) => { String };
    (Choice) => { String };
    (One) => { u64 };
    (Many) => { Vec<u64> };
    (Number) => { u64 };
    (Decimal) => { f64 };
    (Flag) => { bool };
    (Maybe) => { String };
    (Json) => { serde_json::Value };
    (Texts) => { Vec<String> };
    (Numbers) => { Vec<u64> };
    (Tags) => { Vec<crate::client::TagRef> };
    (Address) => { u64 };
    (Mac) => { u64 };
    (Vlan) => { u64 };
    (Vlans) => { Vec<u64> };
}

macro_rules! kind {
    (
        $(#[$doc:meta])*
        $record:ident, $new:ident, $patch:ident, $filter:ident, $method:ident at $path:literal $(omit $omit:literal)? {
            must { $($(#[$must_doc:meta])* $must:ident $(as $must_wire:literal)?: $must_form:ident,)* }
            may { $($(#[$may_doc:meta])* $may:ident $(as $may_wire:literal)?: $may_form:ident,)* }
            told { $($(#[$told_doc:meta])* $told:ident $(as $told_wire:literal)?: $told_form:ident,)* }
            by { $($by:ident $(as $by_wire:literal)?: $by_type:ty,)* }
            $($custom:ident)?
        }
    ) => {
        kind! {
            $(#[$doc])*
            $record, $filter, $method at $path $(omit $omit)? {
                told {
                    $($(#[$must_doc])* $must $(as $must_wire)?: $must_form,)*
                    $($(#[$may_doc])* $may $(as $may_wire)?: $may_form,)*
                    $($(#[$told_doc])* $told $(as $told_wire)?: $told_form,)*
                }
                by { $($by $(as $by_wire)?: $by_type,)* }
                $($custom)?
            }
        }
        new! {
            #[doc = concat!("A new [`", stringify!($record), "`].")]
            $new {
                $($(#[$must_doc])* $must $(as $must_wire)?: write!($must_form),)*
                ;
                $($(#[$may_doc])* $may $(as $may_wire)?: write!($may_form),)*
            } $($custom)?
        }
        patch! {
            #[doc = concat!("A change of a [`", stringify!($record), "`].")]
            $patch {
                $($(#[$must_doc])* $must $(as $must_wire)?: write!($must_form),)*
                $($(#[$may_doc])* $may $(as $may_wire)?: write!($may_form),)*
            } $($custom)?
        }
        writable!($record, $new, $patch);
    };
    (
        $(#[$doc:meta])*
        $record:ident, $filter:ident, $method:ident at $path:literal $(omit $omit:literal)? {
            told { $($(#[$told_doc:meta])* $told:ident $(as $told_wire:literal)?: $told_form:ident,)* }
            by { $($by:ident $(as $by_wire:literal)?: $by_type:ty,)* }
            $($custom:ident)?
        }
    ) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = concat!("`", $path, "`")]
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $record {
            /// Its id.
            #[serde(deserialize_with = "crate::tolerant::integer")]
            pub id: u64,
            $(
                $(#[$told_doc])*
                #[serde(default, deserialize_with = "crate::tolerant::read" $(, rename = $told_wire)?)]
                pub $told: read!($told_form),
            )*
            $(
                /// Its custom fields.
                #[serde(default)]
                pub $custom: crate::CustomFields,
            )?
            /// When it was created.
            #[serde(default)]
            pub created: Option<String>,
            /// When it was last saved.
            #[serde(default)]
            pub last_updated: Option<String>,
        }
        filter! {
            #[doc = concat!("Which records of kind [`", stringify!($record), "`].")]
            $filter {
                /// Ids.
                id: Vec<u64>,
                $(
                    #[doc = concat!("`", stringify!($by), "`: any of these; of tags all.")]
                    $by $(as $by_wire)?: Vec<$by_type>,
                )*
                $(
                    /// Custom fields.
                    $custom: crate::client::CustomFieldFilter,
                )?
            }
        }
        resource!($record, $path, $filter $(, omit $omit)?);
        impl crate::Client {
            #[doc = concat!("`", $path, "`")]
            #[must_use]
            pub fn $method(&self) -> crate::Endpoint<$record> {
                crate::Endpoint::new(self)
            }
        }
    };
}
use {kind, read, write};
