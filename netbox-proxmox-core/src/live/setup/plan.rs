//! From what is there to what is to be written. Pure: two looks that saw the same give the same writes.

use secrecy::SecretString;
use serde::Serialize;

use super::difference::{Write, write};
use super::object::{Kind, Object, Present, Wanted};
use super::offered::Offered;
use super::pages::{self, Address};
use super::{branching, delivery, fields, script, server};
use crate::record::FieldNames;

/// What an operator chose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The names of the custom fields.
    pub fields: FieldNames,
    /// The tag that the policy gives to guests; none: it makes none.
    pub tag: Option<String>,
    /// Where the server can be reached by NetBox: `http://bridge.example.org:8080/webhook`.
    pub receiver: Option<String>,
    /// What the webhook signs with. None: the one it has, else a new one.
    pub secret: Option<SecretString>,
    /// The name of the server's own user in NetBox; none: it makes none.
    pub user: Option<String>,
    /// Whether fields are made in which it is said how a record stands, with saved filters, links and a list on the dashboard.
    pub status_field: bool,
    /// Whether a script is uploaded that calls the server's API.
    pub script: bool,
    /// Whether that user may do what discovering guests takes, too.
    pub discover: bool,
    /// Whether NetBox's branches are to be planned: what that takes is made, too.
    pub branching: bool,
}

/// Something that a person should know, and that is no write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Whether something is left as it is that keeps the bridge from working.
    pub problem: bool,
    /// What.
    pub text: String,
}

impl Remark {
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self { problem: false, text: text.into() }
    }

    pub(super) fn problem(text: impl Into<String>) -> Self {
        Self { problem: true, text: text.into() }
    }
}

/// What is to be written, in this order, and what is to be said.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The writes.
    pub writes: Vec<Write>,
    /// What is to be said.
    pub remarks: Vec<Remark>,
    /// What the webhook signs with once the writes were made; none without a webhook.
    pub secret: Option<SecretString>,
    /// Whether nobody knew that secret before.
    pub is_new_secret: bool,
}

/// A cluster that the settings mean, and the one that NetBox has.
#[derive(Debug, Clone)]
pub(super) struct Meant {
    /// How the settings name it.
    pub(super) setting: String,
    pub(super) found: Option<u64>,
}

/// The writes. `fresh` is a secret that nobody knows yet, for a webhook that has none.
pub(super) fn plan(
    options: &Options,
    clusters: &[Meant],
    addresses: &[Address],
    offered: &Offered,
    present: &Present,
    fresh: SecretString,
) -> Plan {
    let mut remarks = Vec::new();
    let mut wanted = of_clusters(clusters, present, &mut remarks);
    wanted.extend(fields::wanted(&options.fields, options.status_field, offered, present, &mut remarks));
    if options.branching {
        wanted.extend(branching::wanted(present, &mut remarks));
    }
    wanted.extend(options.tag.as_deref().map(|tag| of_tag(tag, present)));
    let receiver = delivery::receiver(options, present);
    if options.status_field {
        wanted.extend(pages::wanted(&options.fields, addresses, receiver.as_deref(), present, &mut remarks));
    }
    let hook = delivery::wanted(options, present, fresh, &mut remarks);
    let secret = hook.iter().find_map(|wanted| wanted.secret.as_ref().map(|(_, secret)| secret.clone()));
    wanted.extend(hook);
    if let Some(user) = &options.user {
        wanted.extend(server::wanted(user, options.discover, options.branching, present, &mut remarks));
    }
    // Last: one that cannot be replaced keeps nothing else from being made.
    if options.script {
        wanted.extend(script::wanted(receiver.as_deref(), present, &mut remarks));
    }
    let writes: Vec<Write> = wanted.into_iter().filter_map(|wanted| write(present, wanted)).collect();
    let is_new_secret =
        options.secret.is_none() && writes.iter().any(|write| write.kind == Kind::Webhook && write.secret.is_some());
    Plan { writes, remarks, secret, is_new_secret }
}

const CLUSTER_TYPE: (&str, &str) = ("Proxmox VE", "proxmox-ve");

fn of_clusters(clusters: &[Meant], present: &Present, remarks: &mut Vec<Remark>) -> Vec<Wanted> {
    let missing: Vec<&Meant> = clusters.iter().filter(|meant| meant.found.is_none()).collect();
    let (numbers, missing): (Vec<&Meant>, Vec<&Meant>) =
        missing.into_iter().partition(|meant| meant.setting.parse::<u64>().is_ok());
    remarks.extend(numbers.into_iter().map(|meant| {
        let id = &meant.setting;
        Remark::problem(format!(
            "NetBox has no cluster with the id {id}, and none that is called so: set NETBOX_CLUSTER to the name of the cluster"
        ))
    }));
    if missing.is_empty() {
        return Vec::new();
    }
    let (name, slug) = CLUSTER_TYPE;
    // The predecessor's is called Proxmox.
    let is_it = |kind: &&Object| [slug, "proxmox"].contains(&kind.text("slug")) || kind.name() == name;
    let kind = Wanted::new(Kind::ClusterType, name, present.all(Kind::ClusterType).find(is_it));
    let kind = kind.once("name", name).once("slug", slug);
    let clusters = missing.into_iter().map(|meant| {
        let cluster = Wanted::new(Kind::Cluster, &meant.setting, None).once("name", meant.setting.as_str());
        cluster.link("type", Kind::ClusterType, &kind.name)
    });
    let clusters: Vec<Wanted> = clusters.collect();
    std::iter::once(kind).chain(clusters).collect()
}

fn of_tag(name: &str, present: &Present) -> Wanted {
    let slug: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let is_it = |tag: &&Object| tag.text("slug") == slug || tag.name().eq_ignore_ascii_case(name);
    let tag = Wanted::new(Kind::Tag, name, present.all(Kind::Tag).find(is_it));
    let description = format!("Guests in Proxmox VE that are managed from NetBox. {}", super::object::MADE);
    tag.once("name", name).once("slug", slug).once("description", description)
}
