//! What a NetBox has when it starts.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::FakeNetBox;
use super::clock::{Clock, Moment};
use super::custom_fields::OPEN;
use super::schema::Kind;
use super::server::{Shared, start};
use super::settings::{Access, Settings, Token};
use super::state::State;
use super::version::Version;
use super::write::Work;

/// The token when none is given.
const TOKEN: &str = "nbt_fakeNetBox01.not-a-secret-not-a-secret-not-a-secret-0";
/// The site of clusters of which nothing else is said.
const SITE: &str = "Lab";
/// The moment at which it starts when none is given.
const START: &str = "2026-01-05T08:00:00.000123Z";

/// A custom field of the bridge to Proxmox, and its choice set or "".
struct Field(&'static str, &'static str, &'static str, u32, &'static str, &'static str);

/// Name, label, group, weight, type, choice set, in the order of their making.
const CUSTOM_FIELDS: &[Field] = &[
    Field("proxmox_node", "Proxmox node", "Proxmox (common)", 100, "select", "proxmox-cluster-nodes"),
    Field("proxmox_vm_type", "Proxmox VM Type", "Proxmox (common)", 200, "select", "proxmox-vm-type"),
    Field("proxmox_vmid", "Proxmox Virtual machine ID (vmid)", "Proxmox (common)", 300, "text", ""),
    Field("proxmox_vm_storage", "Proxmox VM Storage", "Proxmox (common)", 400, "select", "proxmox-vm-storage"),
    Field("proxmox_public_ssh_key", "Proxmox public SSH key", "Proxmox (common)", 500, "longtext", ""),
    Field("proxmox_vm_templates", "Proxmox VM Templates", "Proxmox VM", 100, "select", "proxmox-vm-templates"),
    Field("proxmox_lxc_templates", "Proxmox LXC Templates", "Proxmox LXC", 100, "select", "proxmox-lxc-templates"),
    Field(
        "proxmox_disk_storage_volume",
        "Proxmox Disk Storage Volume",
        "Proxmox (common)",
        100,
        "select",
        "proxmox-vm-storage",
    ),
];

/// The choice sets, in the order of their making.
const CHOICE_SETS: &[&str] = &[
    "proxmox-vm-type",
    "proxmox-cluster-nodes",
    "proxmox-vm-templates",
    "proxmox-lxc-templates",
    "proxmox-vm-storage",
];

/// Builds a [`FakeNetBox`].
#[derive(Debug)]
pub struct Builder {
    settings: Settings,
    start: String,
    /// Name and site.
    clusters: Vec<(String, String)>,
    tags: Vec<String>,
    custom_fields: bool,
    more_fields: Vec<(String, String, String)>,
    choices: Vec<(String, Vec<(String, String)>)>,
    defaults: Vec<(String, Value)>,
}

impl Default for Builder {
    fn default() -> Self {
        let settings = Settings {
            version: Version::default(),
            url: String::new(),
            tokens: Vec::new(),
            prefer_ipv4: false,
            page_size: 50,
            max_page_size: 1000,
            pace: Duration::from_millis(25),
            latency: Duration::from_millis(5),
            webhook_timeout: Duration::from_secs(60),
        };
        Self {
            settings,
            start: START.to_owned(),
            clusters: Vec::new(),
            tags: Vec::new(),
            custom_fields: true,
            more_fields: Vec::new(),
            choices: Vec::new(),
            defaults: Vec::new(),
        }
    }
}

impl Builder {
    /// A token of the user `admin`, who may do everything. Version 1 or 2: the prefix `nbt_` decides.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.token_of("admin", token, Access::Full)
    }

    /// A token of another user, or with fewer rights.
    #[must_use]
    pub fn token_of(mut self, user: &str, token: &str, access: Access) -> Self {
        self.settings.tokens.push(Token { value: token.to_owned(), user: user.to_owned(), access });
        self
    }

    /// A cluster (of the type "Proxmox", in the site "Lab"). Without any there is `pve-cluster-1`.
    #[must_use]
    pub fn cluster(self, name: &str) -> Self {
        self.cluster_in_site(name, SITE)
    }

    /// A cluster in a site, which is made if it is not there. The names of clusters are unique within a site and within a group, so two
    /// sites may have clusters of one name (source).
    #[must_use]
    pub fn cluster_in_site(mut self, name: &str, site: &str) -> Self {
        self.clusters.push((name.to_owned(), site.to_owned()));
        self
    }

    /// A tag.
    #[must_use]
    pub fn tag(mut self, name: &str) -> Self {
        self.tags.push(name.to_owned());
        self
    }

    /// Adds a custom field: `"proxmox_mount_path", "virtualization.virtualdisk", "text"`.
    #[must_use]
    pub fn custom_field(mut self, name: &str, object_type: &str, kind: &str) -> Self {
        self.more_fields.push((name.into(), object_type.into(), kind.into()));
        self
    }

    /// None of the bridge's custom fields exist: a NetBox before its setup.
    #[must_use]
    pub fn without_custom_fields(mut self) -> Self {
        self.custom_fields = false;
        self
    }

    /// The only choices of a selection field, each its own label. Fields not mentioned accept any choice, as no NetBox would;
    /// `proxmox_vm_type` has `vm` and `lxc`.
    #[must_use]
    pub fn choices<'a>(self, field: &str, choices: impl IntoIterator<Item = &'a str>) -> Self {
        self.labelled_choices(field, choices.into_iter().map(|choice| (choice, choice)))
    }

    /// The only choices of a selection field, with their labels.
    #[must_use]
    pub fn labelled_choices<'a>(mut self, field: &str, choices: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let choices = choices.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned())).collect();
        self.choices.push((field.to_owned(), choices));
        self
    }

    /// The default of a custom field.
    #[must_use]
    pub fn default_of(mut self, field: &str, value: Value) -> Self {
        self.defaults.push((field.to_owned(), value));
        self
    }

    /// Another release than 4.7.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.settings.version = version;
        self
    }

    /// `primary_ip` is the IPv4 address where there are both (PREFER_IPV4).
    #[must_use]
    pub fn prefer_ipv4(mut self) -> Self {
        self.settings.prefer_ipv4 = true;
        self
    }

    /// How many results a page has when nobody asks (PAGINATE_COUNT, 50), and at most (MAX_PAGE_SIZE, 1000).
    #[must_use]
    pub fn page_size(mut self, default: usize, most: usize) -> Self {
        (self.settings.page_size, self.settings.max_page_size) = (default, most);
        self
    }

    /// When its clock starts ("2026-01-05T08:00:00Z"). The clock moves with requests only.
    #[must_use]
    pub fn starting_at(mut self, moment: &str) -> Self {
        moment.clone_into(&mut self.start);
        self
    }

    /// How long after its cause a delivery leaves (5 ms of real time; NetBox itself takes about 100 ms).
    #[must_use]
    pub fn latency(mut self, time: Duration) -> Self {
        self.settings.latency = time;
        self
    }

    /// How long a delivery waits for its answer (WEBHOOK_DEFAULT_TIMEOUT, 60 s of real time).
    #[must_use]
    pub fn webhook_timeout(mut self, time: Duration) -> Self {
        self.settings.webhook_timeout = time;
        self
    }

    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// If it cannot listen, or what was built contradicts itself.
    #[allow(clippy::unused_async)] // So that it can take its time one day.
    pub async fn start(mut self) -> FakeNetBox {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener.local_addr().expect("a bound address");
        self.settings.url = format!("http://{address}");
        if self.settings.tokens.is_empty() {
            self = self.token(TOKEN);
        }
        let moment = Moment::parse(&self.start).expect("a start like 2026-01-05T08:00:00Z");
        let mut state = State::new(self.settings.clone(), Clock::starting(moment));
        for user in self.settings.tokens.iter().map(|token| token.user.clone()) {
            state.user(&user);
        }
        let mut work = state.work(1);
        self.seed(&mut work);
        let shared = Arc::new(Shared::new(state));
        let guard = start(Arc::clone(&shared), listener).expect("a thread for the server");
        FakeNetBox::new(shared, guard)
    }

    fn seed(&self, work: &mut Work<'_>) {
        let named = |name: &str| json!({"name": name, "slug": name.to_lowercase().replace(' ', "-")});
        make(work, Kind::Site, &named(SITE));
        let kind = make(work, Kind::ClusterType, &named("Proxmox"));
        let default = [("pve-cluster-1".to_owned(), SITE.to_owned())];
        let clusters = if self.clusters.is_empty() { &default[..] } else { &self.clusters };
        for (name, site) in clusters {
            let known = work.store.all(Kind::Site).find(|known| known.text("name") == site).map(|known| known.id);
            let site = known.unwrap_or_else(|| make(work, Kind::Site, &named(site)));
            make(
                work,
                Kind::Cluster,
                &json!({"name": name, "type": kind, "scope_type": "dcim.site", "scope_id": site}),
            );
        }
        for name in &self.tags {
            make(work, Kind::Tag, &named(name));
        }
        if self.custom_fields {
            self.seed_custom_fields(work);
        }
        for (name, object_type, kind) in &self.more_fields {
            make(work, Kind::CustomField, &json!({"name": name, "object_types": [object_type], "type": kind}));
        }
    }

    fn seed_custom_fields(&self, work: &mut Work<'_>) {
        for name in CHOICE_SETS {
            self.make_choice_set(work, name);
        }
        for Field(name, label, group, weight, kind, set) in CUSTOM_FIELDS {
            let object = if name.starts_with("proxmox_disk") { "virtualdisk" } else { "virtualmachine" };
            let field = json!({"name": name, "label": label, "object_types": [format!("virtualization.{object}")], "type": kind,
                "group_name": group, "weight": weight, "filter_logic": "exact",
                "default": self.defaults.iter().find(|(known, _)| known == name).map(|(_, default)| default),
                "choice_set": CHOICE_SETS.iter().position(|known| known == set).map(|index| index + 1)});
            make(work, Kind::CustomField, &field);
        }
    }

    /// Two fields may share a set; the choices given for either are its choices.
    fn make_choice_set(&self, work: &mut Work<'_>, name: &str) {
        let uses = |field: &str| CUSTOM_FIELDS.iter().any(|Field(known, .., set)| *known == field && *set == name);
        let given = self.choices.iter().find(|(field, _)| uses(field)).map(|(_, choices)| choices.clone());
        let fixed = [("vm".to_owned(), "Virtual Machine".to_owned()), ("lxc".to_owned(), "LXC Container".to_owned())];
        let choices = given.or_else(|| (name == "proxmox-vm-type").then(|| fixed.to_vec()));
        let id = make(work, Kind::ChoiceSet, &json!({"name": name, "extra_choices": [["any", "any"]]}));
        work.store.edit(Kind::ChoiceSet, id, |set| {
            set.set(OPEN, choices.is_none());
            let pairs = choices.unwrap_or_default();
            set.set("extra_choices", pairs.iter().map(|(value, label)| json!([value, label])).collect::<Value>());
        });
    }
}

fn make(work: &mut Work<'_>, kind: Kind, body: &Value) -> u64 {
    let made = work.create(kind, body.as_object().expect("an object"));
    made.unwrap_or_else(|refused| panic!("{body}: {refused:?}"))
}
