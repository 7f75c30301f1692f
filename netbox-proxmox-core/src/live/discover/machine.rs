//! A guest's record, and its virtual disks.

use std::collections::BTreeMap;

use netbox_api::client::{
    CustomFieldsPatch, Field, NewTag, NewVirtualDisk, NewVirtualMachine, TagRef, VirtualDiskPatch, VirtualMachinePatch,
};
use netbox_api::{CustomFields, Decimal, ObjectType, Tag};
use proxmox_api::PowerState;

use super::cards::Cards;
use super::draft::Draft;
use super::plan::{Target, World, Write};
use super::{Found, Record, RemarkKind};
use crate::live::proposed::{Attribute, Proposed, Verb};
use crate::part::Part;
use crate::record;

type Said = Vec<(RemarkKind, String)>;

/// The record; none, and why in `said`, where NetBox has no value for its type.
pub(super) fn machine(
    world: &World<'_>,
    guest: &Found,
    target: &Target<'_>,
    cards: &Cards,
    tags: &mut Tags<'_>,
    said: &mut Said,
) -> Option<(Write<NewVirtualMachine, VirtualMachinePatch>, Option<Proposed>)> {
    let (fields, known) = (&world.known.fields, target.record());
    let (names, has) = (fields.names(), known.map(|record| &record.machine));
    let none = CustomFields::default();
    let custom = has.map_or(&none, |machine| &machine.custom_fields);
    let (current, kind) = (&guest.current, guest.observed.config.kind());
    let mut draft = Draft::machine(fields, target.follows());

    let status = status(current.power.given(), has.map(|machine| machine.status.value.as_str()));
    let text = |text: Option<&str>| text.map(str::to_owned);
    let status = draft.set("status", text(has.map(|it| it.status.value.as_str())).as_ref(), text(status));
    let vcpus =
        current.cores.given().zip(current.sockets.given()).map(|(cores, sockets)| cores.saturating_mul(*sockets));
    let vcpus = vcpus.map(|vcpus| Decimal::from_hundredths(i64::from(vcpus) * 100));
    let vcpus =
        draft.set_as("vcpus", has.and_then(|it| it.vcpus).map(number).as_ref(), vcpus.map(|it| (number(it), it)));
    let memory =
        draft.set("memory", has.and_then(|it| it.memory.as_ref()), current.memory.given().map(|memory| memory.0));
    let onboot = draft.set(
        "start_on_boot",
        text(has.and_then(|it| Some(it.start_on_boot.as_ref()?.value.as_str()))).as_ref(),
        text(onboot(
            current.onboot.given().copied(),
            has.map(|it| it.start_on_boot.as_ref().map(|it| it.value.as_str())),
        )),
    );
    let described = has.is_some_and(|machine| !machine.description.is_empty());
    let description = draft.set("description", None, current.description.given().filter(|_| !described).cloned());

    let mut patch = CustomFieldsPatch::new();
    if names.kind(custom) != Some(kind) {
        match fields.vm_type(kind) {
            Ok((word, value)) => patch = draft.custom_as(patch, &names.vm_type, custom, word, value),
            Err(why) => {
                said.push((RemarkKind::Left, why));
                return None;
            }
        }
    }
    if has.is_none() {
        patch = draft.custom(patch, &names.vmid, custom, Some(&guest.observed.vmid.to_string()));
    }
    let node = current.node.given().map(ToString::to_string);
    patch = draft.custom(patch, &names.node, custom, node.as_deref());
    let gateway = cards.gateway.clone().filter(|_| !custom.get(&names.gateway).is_set());
    patch = draft.custom(patch, &names.gateway, custom, gateway.as_deref());

    let tags = match target.follows() {
        true => Field::Leave,
        false => tags.of(world, guest, known, &mut draft, said),
    };
    for (name, address) in [("primary_ip4", &cards.primary[0]), ("primary_ip6", &cards.primary[1])] {
        // It is written once the address is there.
        let _ = draft.set::<String>(name, None, address.as_ref().map(ToString::to_string));
    }
    said.extend(draft.refused.drain(..).map(|why| (RemarkKind::Left, why)));
    said.extend(draft.differs.drain(..).map(|what| (RemarkKind::Differs, what)));

    let name = has.map_or_else(|| guest.name(), |machine| machine.name.clone());
    Some(match has {
        None => {
            let new = NewVirtualMachine {
                name: name.clone(),
                status: given(status),
                start_on_boot: given(onboot),
                cluster: Some(world.cluster.id),
                vcpus: given(vcpus),
                memory: given(memory),
                description: given(description),
                tags: given(tags),
                custom_fields: patch,
                ..NewVirtualMachine::default()
            };
            (Write::Create(new), draft.proposed(Verb::Create, "virtual machine", name))
        }
        Some(machine) => {
            let start_on_boot = onboot;
            let patch = VirtualMachinePatch {
                status,
                start_on_boot,
                vcpus,
                memory,
                description,
                tags,
                custom_fields: patch,
                ..VirtualMachinePatch::default()
            };
            let shown = draft.proposed(Verb::Change, "virtual machine", name);
            let write = match patch == VirtualMachinePatch::default() {
                true => Write::Keep(machine.id),
                false => Write::Change(machine.id, patch),
            };
            (write, shown)
        }
    })
}

/// A number as it is shown.
fn number(decimal: Decimal) -> serde_json::Value {
    match decimal.whole() {
        Some(whole) => whole.into(),
        None => decimal.to_string().into(),
    }
}

/// What is set, if it is.
pub(super) fn given<T>(field: Field<T>) -> Option<T> {
    match field {
        Field::Set(value) => Some(value),
        Field::Leave | Field::Clear => None,
    }
}

/// The status that says the power state. Any other status of a record is a person's, such as Staged.
fn status(power: Option<&PowerState>, has: Option<&str>) -> Option<&'static str> {
    if has.is_some_and(|has| !["active", "offline", "paused"].contains(&has)) {
        return None;
    }
    match power? {
        PowerState::Running => Some("active"),
        PowerState::Stopped => Some("offline"),
        PowerState::Paused => Some("paused"),
        PowerState::Other(_) => None,
    }
}

/// Start on boot, as NetBox says it since 4.5. What is new is off unless something is said.
fn onboot(found: Option<bool>, has: Option<Option<&str>>) -> Option<&'static str> {
    match (found?, has) {
        (true, None | Some(Some("on" | "off"))) => Some("on"),
        (false, Some(Some("on" | "off"))) => Some("off"),
        _ => None,
    }
}

/// The virtual disks, each with what is shown of it.
pub(super) fn disks(
    world: &World<'_>,
    guest: &Found,
    known: Option<&Record>,
    said: &mut Said,
) -> Vec<(Write<NewVirtualDisk, VirtualDiskPatch>, Option<Proposed>)> {
    let fields = &world.known.fields;
    let (names, none) = (fields.names(), CustomFields::default());
    let mut writes = Vec::new();
    for (slot, disk) in guest.current.disks.given().into_iter().flatten() {
        let name = slot.to_string();
        let size = disk.size.map(|size| world.policy.disk_base.to_megabytes(size).0).filter(|size| *size > 0);
        let Some(size) = size else {
            let text = format!("disk {name} has no size in Proxmox (it is the host's own), and was left out");
            said.push((RemarkKind::Note, text));
            continue;
        };
        let has = known.and_then(|record| record.disks.iter().find(|it| it.name == name));
        let custom = has.map_or(&none, |disk| &disk.custom_fields);
        let mut draft = Draft::new(fields, ObjectType::VIRTUAL_DISK, false);
        let size = draft.set("size", has.map(|disk| &disk.size), Some(size));
        let storage = disk.storage.as_ref().map(ToString::to_string);
        let patch = draft.custom(CustomFieldsPatch::new(), &names.disk_storage, custom, storage.as_deref());
        let custom_fields = draft.custom(patch, &names.mount_path, custom, disk.path.as_deref());
        said.extend(draft.refused.drain(..).map(|why| (RemarkKind::Left, why)));
        let called = format!("{name} of {}", guest.name());
        writes.push(match has {
            None => {
                let size = given(size).unwrap_or_default();
                let new = NewVirtualDisk { name, size, custom_fields, ..NewVirtualDisk::default() };
                (Write::Create(new), draft.proposed(Verb::Create, "virtual disk", called))
            }
            Some(disk) => match draft.proposed(Verb::Change, "virtual disk", called) {
                Some(shown) => {
                    let patch = VirtualDiskPatch { size, custom_fields, ..VirtualDiskPatch::default() };
                    (Write::Change(disk.id, patch), Some(shown))
                }
                None => (Write::Keep(disk.id), None),
            },
        });
    }
    writes
}

/// NetBox's tags, by what they are in Proxmox, and those that it lacks.
pub(super) struct Tags<'a> {
    known: BTreeMap<String, &'a Tag>,
    slugs: Vec<&'a str>,
    made: BTreeMap<String, NewTag>,
}

impl<'a> Tags<'a> {
    pub(super) fn new(tags: &'a [Tag]) -> Self {
        let known =
            tags.iter().flat_map(|tag| record::tags_of(std::slice::from_ref(tag)).into_iter().map(move |it| (it, tag)));
        let slugs = tags.iter().map(|tag| tag.slug.as_str()).collect();
        Self { known: known.collect(), slugs, made: BTreeMap::new() }
    }

    /// Those that NetBox lacks.
    pub(super) fn made(self) -> Vec<(NewTag, Proposed)> {
        let shown = |tag: &NewTag| {
            let slug =
                Attribute { name: "slug".to_owned(), old: serde_json::Value::Null, new: tag.slug.clone().into() };
            Proposed { verb: Verb::Create, kind: "tag".to_owned(), name: tag.name.clone(), attributes: vec![slug] }
        };
        self.made.into_values().map(|tag| (tag.clone(), shown(&tag))).collect()
    }

    /// All tags of a record, if it lacks some of its guest's; none is taken from it.
    fn of(
        &mut self,
        world: &World<'_>,
        guest: &Found,
        known: Option<&Record>,
        draft: &mut Draft<'_>,
        said: &mut Said,
    ) -> Field<Vec<TagRef>> {
        let Part::Given(found) = &guest.current.tags else { return Field::Leave };
        let ours = [&world.policy.tag, &world.policy.removal_tag];
        let is_ours = |tag: &String| ours.iter().any(|it| it.as_ref() == Some(tag));
        let has = known.map_or(&[][..], |record| record.machine.tags.as_slice());
        let mut names: Vec<String> = has.iter().map(|tag| tag.name.clone()).collect();
        let mut refs: Vec<TagRef> = has.iter().map(|tag| TagRef::Id(tag.id)).collect();
        let before = names.clone();
        let has = record::tags_of(has);
        for tag in record::tags(found.iter().map(String::as_str)) {
            if !world.policy.sync_tags || is_ours(&tag) || has.contains(&tag) {
                continue;
            }
            match self.tag(&tag) {
                Ok((name, tag)) => {
                    names.push(name);
                    refs.push(tag);
                }
                Err(why) => said.push((RemarkKind::Left, why)),
            }
        }
        if names == before {
            return Field::Leave;
        }
        draft.set_as("tags", Some(&before).filter(|before| !before.is_empty()), Some((names, refs)))
    }

    fn tag(&mut self, tag: &str) -> Result<(String, TagRef), String> {
        if let Some(known) = self.known.get(tag) {
            return Ok((known.name.clone(), TagRef::Id(known.id)));
        }
        let slug: String =
            tag.chars().map(|c| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '-' }).collect();
        let of_another = self.made.values().any(|it| it.slug == slug && it.name != tag);
        if of_another || self.slugs.contains(&slug.as_str()) {
            return Err(format!("tag {tag} was left out, as another one in NetBox has its slug {slug}"));
        }
        let new = NewTag { name: tag.to_owned(), slug, ..NewTag::default() };
        self.made.entry(tag.to_owned()).or_insert(new);
        Ok((tag.to_owned(), TagRef::name(tag)))
    }
}
