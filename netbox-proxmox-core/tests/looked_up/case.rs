//! The events that the tests begin with: a guest that is as NetBox says, and a record whose guest is absent.

use std::collections::BTreeMap;

use netbox_proxmox_core::event::{Deletion, KnownDisk, StorageFacts};
use netbox_proxmox_core::marker::MarkerState;
use netbox_proxmox_core::{
    Action, Change, Context, Current, CurrentDisk, CurrentInterface, Event, Guest, GuestDisk, GuestType, Intent,
    Megabytes, MiB, Ownership, Part, Policy, PowerState, RecordId, Report, ReportKey, Status, Template, TemplateFacts,
    plan_with,
};

use crate::common::{OWNER, detailed, lab, lines, node, slot, storage, vmid};

pub(crate) const RECORD: RecordId = OWNER.record;

/// The template volume that the container of `web01` is created from.
pub(crate) const VZTMPL: &str = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst";

/// An event and the policy to plan it by.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) event: Event,
    pub(crate) policy: Policy,
}

/// What NetBox says of `web01`.
fn web01() -> Guest {
    Guest {
        birth: Some(OWNER.birth),
        cluster: Some(lab()),
        node: Part::Given(node("pve01")),
        storage: Part::Given(storage("local-lvm")),
        template: Part::Given(Template::Guest(vmid(9000))),
        vcpus: Part::Given(2),
        memory: Part::Given(MiB(2048)),
        ipv4: Part::Given("192.0.2.10/24".parse().unwrap()),
        ipv6: Part::None,
        disks: Part::Given(vec![disk(1, "scsi0", 20_000)]),
        ..Guest::new(RECORD, "web01", Status::Active)
    }
}

/// The same in Proxmox.
fn guest_101() -> Current {
    Current {
        node: Part::Given(node("pve01")),
        name: Part::Given("web01".into()),
        power: Part::Given(PowerState::Running),
        protection: Part::Given(false),
        sockets: Part::Given(1),
        cores: Part::Given(2),
        memory: Part::Given(MiB(2048)),
        balloon: Part::None,
        ssh_keys: Part::None,
        ipconfig: Part::Given(BTreeMap::from([(0, "ip=192.0.2.10/24,gw=192.0.2.1".parse().unwrap())])),
        cloud_init: Part::Given(true),
        disks: Part::Given(BTreeMap::from([(slot("scsi0"), volume("local-lvm:vm-101-disk-0", 20_480))])),
        other_drives: vec![slot("ide2")],
        root: Part::Given(slot("scsi0")),
        tags: Part::Given(vec!["netbox".into()]),
        interfaces: Part::Given(BTreeMap::from([(0, card("BC:24:11:00:00:10"))])),
        onboot: Part::Given(false),
        description: Part::None,
        ..Current::new(Some(vmid(101)), GuestType::Qemu)
    }
}

/// What NetBox says of `web01` where it is a container.
fn web01_container() -> Guest {
    Guest {
        kind: Some(GuestType::Lxc),
        template: Part::Given(Template::Volume(VZTMPL.into())),
        disks: Part::Given(vec![disk(1, "rootfs", 20_000)]),
        ..web01()
    }
}

/// The same in Proxmox, as a look-up sees a container.
fn container_101() -> Current {
    Current {
        node: Part::Given(node("pve01")),
        name: Part::Given("web01".into()),
        power: Part::Given(PowerState::Running),
        protection: Part::Given(false),
        sockets: Part::Given(1),
        cores: Part::Given(2),
        memory: Part::Given(MiB(2048)),
        swap: Part::Given(MiB(512)),
        interfaces: Part::Given(BTreeMap::from([(0, card("BC:24:11:00:00:10"))])),
        ipconfig: Part::Given(BTreeMap::from([(0, "ip=192.0.2.10/24,gw=192.0.2.1".parse().unwrap())])),
        disks: Part::Given(BTreeMap::from([(slot("rootfs"), volume("local-lvm:vm-101-disk-0", 20_480))])),
        root: Part::Given(slot("rootfs")),
        tags: Part::Given(vec!["netbox".into()]),
        onboot: Part::Given(false),
        description: Part::None,
        ..Current::new(Some(vmid(101)), GuestType::Lxc)
    }
}

/// A card on the default bridge.
pub(crate) fn card(mac: &str) -> CurrentInterface {
    CurrentInterface { mac: Some(mac.into()), bridge: Some("vmbr0".into()), ..CurrentInterface::default() }
}

/// The template: one CPU, 1 GiB, a root disk of 10 GiB.
pub(crate) fn template() -> TemplateFacts {
    let config = Current {
        template: true,
        name: Part::Given("debian-12-cloud".into()),
        power: Part::Given(PowerState::Stopped),
        cores: Part::Given(1),
        memory: Part::Given(MiB(1024)),
        ipconfig: Part::Given(BTreeMap::from([(0, "ip=dhcp".parse().unwrap())])),
        disks: Part::Given(BTreeMap::from([(slot("scsi0"), volume("local-lvm:base-9000-disk-0", 10_240))])),
        tags: Part::Given(vec![]),
        vmid: Some(vmid(9000)),
        ..guest_101()
    };
    TemplateFacts { vmid: vmid(9000), node: node("pve01"), config, storages: vec![storage("local-lvm")] }
}

/// A container template: one CPU, 512 MiB, a root disk of 8 GiB, its address by DHCP.
pub(crate) fn container_template() -> TemplateFacts {
    let config = Current {
        template: true,
        name: Part::Given("debian-12-ct".into()),
        power: Part::Given(PowerState::Stopped),
        cores: Part::Given(1),
        memory: Part::Given(MiB(512)),
        ipconfig: Part::Given(BTreeMap::from([(0, "ip=dhcp".parse().unwrap())])),
        disks: Part::Given(BTreeMap::from([(slot("rootfs"), volume("local-lvm:base-9100-disk-0", 8_192))])),
        tags: Part::Given(vec![]),
        vmid: Some(vmid(9100)),
        ..container_101()
    };
    TemplateFacts { vmid: vmid(9100), node: node("pve01"), config, storages: vec![storage("local-lvm")] }
}

/// A virtual disk in NetBox.
pub(crate) fn disk(id: u64, name: &str, size: u64) -> GuestDisk {
    GuestDisk { id, slot: slot(name), size: Megabytes(size), storage: None, path: None }
}

/// The same with a storage.
pub(crate) fn disk_on(id: u64, name: &str, size: u64, on: &str) -> GuestDisk {
    GuestDisk { storage: Some(storage(on)), ..disk(id, name, size) }
}

/// The same with a path at which the container mounts it.
pub(crate) fn disk_at(id: u64, name: &str, size: u64, path: &str) -> GuestDisk {
    GuestDisk { path: Some(path.into()), ..disk(id, name, size) }
}

/// A disk in Proxmox, by its volume and size in MiB.
pub(crate) fn volume(volume: &str, mib: u64) -> CurrentDisk {
    let id = volume.split_once(':').map(|(id, _)| storage(id));
    CurrentDisk { volume: volume.to_owned(), storage: id, size: Some(MiB(mib)), path: None }
}

/// The same, mounted at a path.
pub(crate) fn mounted(text: &str, mib: u64, path: &str) -> CurrentDisk {
    CurrentDisk { path: Some(path.into()), ..volume(text, mib) }
}

pub(crate) fn store(id: &str, shared: bool, nodes: &[&str], images: bool) -> StorageFacts {
    StorageFacts {
        id: storage(id),
        shared,
        nodes: nodes.iter().map(|name| node(name)).collect(),
        images,
        rootdir: images,
        files: false,
    }
}

pub(crate) fn intent(number: u32, root_size: Option<u64>) -> Intent {
    Intent { owner: OWNER, vmid: vmid(number), allocated: true, upid: None, root_size: root_size.map(Megabytes) }
}

fn context() -> Context {
    Context {
        looked_up: true,
        managed: Some(true),
        storages: Part::Given(vec![
            store("local-lvm", false, &["pve01", "pve02"], true),
            store("ceph-pool", true, &["pve01", "pve02"], true),
            store("iso", false, &["pve01", "pve02"], false),
            store("fast01", false, &["pve01"], true),
        ]),
        nodes: Part::Given(vec![node("pve01"), node("pve02")]),
        now: Some(1_800_000_000),
        ..Context::default()
    }
}

/// With the storage that the template volume is on, which takes no volumes of containers, and one that takes them but
/// no disks of VMs.
fn container_context() -> Context {
    let mut context = context();
    let Part::Given(storages) = &mut context.storages else { panic!("the storages are known") };
    storages.push(store("local", false, &["pve01", "pve02"], false));
    storages.push(StorageFacts { rootdir: true, ..store("ct-store", false, &["pve01", "pve02"], false) });
    storages.push(StorageFacts { rootdir: false, ..store("vm-store", false, &["pve01", "pve02"], true) });
    context
}

impl Case {
    /// A guest of ours that is exactly as its record says, running, in status Active. No cause: a reconcile.
    pub(crate) fn existing() -> Self {
        let desired = Guest { vmid: Part::Given(vmid(101)), ..web01() };
        let ownership = Ownership::Ours { state: MarkerState::Ready };
        let context = Context { ownership, ..context() };
        let event = Event { cause: Vec::new(), desired: Some(desired), current: Some(guest_101()), context };
        Self { event, policy: Policy::default() }
    }

    /// The same, stopped, in status Staged.
    pub(crate) fn staged() -> Self {
        Self::existing().status("staged").power("stopped")
    }

    /// A record without a VMID, in status Active, and no guest. No cause: a reconcile.
    pub(crate) fn absent() -> Self {
        let desired = Guest { vmid: Part::None, ..web01() };
        let context = Context { template: Part::Given(template()), ..context() };
        let event = Event { cause: Vec::new(), desired: Some(desired), current: None, context };
        Self { event, policy: Policy::default() }
    }

    /// A container of ours that is exactly as its record says, running, in status Active. No cause: a reconcile.
    pub(crate) fn container() -> Self {
        let desired = Guest { vmid: Part::Given(vmid(101)), ..web01_container() };
        let ownership = Ownership::Ours { state: MarkerState::Ready };
        let context = Context { ownership, ..container_context() };
        let event = Event { cause: Vec::new(), desired: Some(desired), current: Some(container_101()), context };
        Self { event, policy: Policy::default() }
    }

    /// The same, stopped, in status Staged.
    pub(crate) fn staged_container() -> Self {
        Self::container().status("staged").power("stopped")
    }

    /// A record of a container without a VMID, in status Active, and no guest; `pve01` has the template volume.
    pub(crate) fn absent_container() -> Self {
        let desired = Guest { vmid: Part::None, ..web01_container() };
        let context = Context { volume_nodes: Part::Given(vec![node("pve01")]), ..container_context() };
        let event = Event { cause: Vec::new(), desired: Some(desired), current: None, context };
        Self { event, policy: Policy::default() }
    }

    /// The same, to be cloned from the container template 9100.
    pub(crate) fn container_to_clone() -> Self {
        let mut case = Self::absent_container().desired(|guest| {
            guest.template = Part::Given(Template::Guest(vmid(9100)));
        });
        case.event.context.volume_nodes = Part::Unknown;
        case.event.context.template = Part::Given(container_template());
        case
    }

    /// A record that is gone from NetBox and from its change log's point of view deleted; its guest is ours.
    pub(crate) fn gone() -> Self {
        let mut case = Self::existing();
        case.event.desired = None;
        case.event.context.deletion = Some(Deletion::Confirmed);
        case
    }

    pub(crate) fn desired(mut self, change: impl FnOnce(&mut Guest)) -> Self {
        change(self.event.desired.as_mut().unwrap());
        self
    }

    pub(crate) fn current(mut self, change: impl FnOnce(&mut Current)) -> Self {
        change(self.event.current.as_mut().unwrap());
        self
    }

    pub(crate) fn context(mut self, change: impl FnOnce(&mut Context)) -> Self {
        change(&mut self.event.context);
        self
    }

    /// Changes what is known of the template.
    pub(crate) fn template(self, change: impl FnOnce(&mut TemplateFacts)) -> Self {
        let mut facts = template();
        change(&mut facts);
        self.context(|context| context.template = Part::Given(facts))
    }

    /// Changes what is known of the container template.
    pub(crate) fn container_template(self, change: impl FnOnce(&mut TemplateFacts)) -> Self {
        let mut facts = container_template();
        change(&mut facts);
        self.context(|context| context.template = Part::Given(facts))
    }

    pub(crate) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub(crate) fn cause(mut self, change: Change) -> Self {
        self.event.cause.push(change);
        self
    }

    pub(crate) fn status(self, status: &str) -> Self {
        self.desired(|guest| guest.status = status.into())
    }

    pub(crate) fn power(self, power: &str) -> Self {
        self.current(|guest| guest.power = Part::Given(power.into()))
    }

    /// The record's virtual disks.
    pub(crate) fn disks(self, disks: Vec<GuestDisk>) -> Self {
        self.desired(|guest| guest.disks = Part::Given(disks))
    }

    /// A further disk of the guest.
    pub(crate) fn with_volume(self, at: &str, found: CurrentDisk) -> Self {
        self.current(|guest| {
            let Part::Given(disks) = &mut guest.disks else { panic!("the disks are known") };
            disks.insert(slot(at), found);
        })
    }

    /// Where the server last saw a disk.
    pub(crate) fn known(self, id: u64, at: &str, volume: &str) -> Self {
        let known = KnownDisk { id, slot: slot(at), volume: volume.to_owned() };
        self.context(|context| context.known_disks.push(known))
    }

    /// A disk whose removal was begun.
    pub(crate) fn removal(self, id: u64, at: &str, volume: &str) -> Self {
        let begun = KnownDisk { id, slot: slot(at), volume: volume.to_owned() };
        self.context(|context| context.removals.push(begun))
    }

    /// A volume that is attached nowhere.
    pub(crate) fn unused(self, volume: &str) -> Self {
        self.current(|guest| guest.unused.push(volume.to_owned()))
    }

    /// The marker says that the guest is being created.
    pub(crate) fn creating(self) -> Self {
        self.context(|context| context.ownership = Ownership::Ours { state: MarkerState::Creating })
    }

    pub(crate) fn unmarked(self) -> Self {
        self.context(|context| context.ownership = Ownership::Unmarked)
    }

    pub(crate) fn of_another(self) -> Self {
        self.context(|context| context.ownership = Ownership::Another { whose: "record 7".into(), record: None })
    }

    pub(crate) fn plan(&self) -> Vec<Action> {
        plan_with(&self.event, &self.policy)
    }

    pub(crate) fn reports(&self) -> Vec<Report> {
        let report = |action| if let Action::Report(report) = action { Some(report) } else { None };
        self.plan().into_iter().filter_map(report).filter(Report::is_for_a_person).collect()
    }

    /// The plan, one action a line.
    pub(crate) fn text(&self) -> Vec<String> {
        self.plan().iter().map(detailed).collect()
    }

    /// The plan is exactly this: one action a line, of a report its field and what was wanted and found.
    #[track_caller]
    pub(crate) fn expect(&self, expected: &str) {
        assert_eq!(self.text(), lines(expected));
    }

    /// The plan is one report, and its text has these words.
    #[track_caller]
    pub(crate) fn expect_report(&self, words: &[&str]) -> Report {
        let plan = self.plan();
        let [Action::Report(report)] = &plan[..] else { panic!("one report was expected: {:#?}", self.text()) };
        for word in words {
            assert!(report.text.contains(word), "no {word:?} in: {}", report.text);
        }
        report.clone()
    }

    /// The plan has only reports, and the text of one of them has these words.
    #[track_caller]
    pub(crate) fn expect_reports_only(&self, words: &[&str]) {
        let plan = self.plan();
        assert!(plan.iter().all(|action| action.name() == "report"), "{:#?}", self.text());
        let told = self.reports().iter().any(|report| words.iter().all(|word| report.text.contains(word)));
        assert!(told, "no report with {words:?}: {:#?}", self.text());
    }

    /// The plan has only reports, so nothing changes; and once its causes are done nothing else is said or done.
    #[track_caller]
    pub(crate) fn expect_no_news_once_answered(&self) {
        self.expect_reports_only(&[]);
        let told: Vec<ReportKey> = self.reports().iter().map(Report::key).collect();
        let mut later = self.clone();
        later.event.cause.clear();
        let news = |action: &Action| !matches!(action, Action::Report(report) if told.contains(&report.key()));
        assert!(!later.plan().iter().any(news), "first {:#?}\nthen {:#?}", self.text(), later.text());
    }

    /// No action of this name is planned.
    #[track_caller]
    pub(crate) fn expect_no(&self, name: &str) {
        let found = self.plan().into_iter().find(|action| action.name() == name);
        assert_eq!(found, None);
    }
}
