//! What a change of a configuration sets, for people: each value by its option's name, beside the one that is there.

use std::fmt;

use proxmox_api::{IpConfig, IpSetting, MiB};

use crate::action::{Action, DiskRef};
use crate::current::{Current, CurrentInterface};
use crate::guest::Vlans;
use crate::marker::MarkerState;
use crate::option::GuestOption;
use crate::part::Part;
use crate::settings::{Addressing, Card, CardSettings, InterfaceSettings, Settings};

/// A value that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The option's name: `memory`, `net0`, `ipconfig0.ip`.
    pub name: String,
    /// What is there, `none` if nothing is; not given where nobody looked.
    pub before: Option<String>,
    /// What it is set to.
    pub after: String,
    /// The unit of both.
    pub unit: Option<&'static str>,
}

impl Action {
    /// What it changes of a guest that is there, beside what that has now; empty if it sets no values.
    pub fn values(&self, current: &Current) -> Vec<Value> {
        match self {
            Self::Configure { set, .. } => set.values(Some(current)),
            Self::ResizeDisk { disk, size, .. } => {
                let slot = match disk {
                    DiskRef::Root => current.root.given().copied(),
                    DiskRef::Slot(slot) => Some(*slot),
                };
                let found = slot.and_then(|slot| current.disk(slot)).and_then(|disk| disk.size);
                let name = slot.map_or_else(|| disk.to_string(), |slot| slot.to_string());
                vec![value(name, found.map(|size| size.to_string()), size)]
            }
            Self::Migrate { node, storage, .. } => {
                let storage = storage.as_ref().map(|storage| value("storage", None, storage));
                [value("node", found(&current.node), node)].into_iter().chain(storage).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Settings {
    /// What is set, beside what `current` has.
    pub(crate) fn values(&self, current: Option<&Current>) -> Vec<Value> {
        let now = |part: fn(&Current) -> Option<String>| current.and_then(part);
        let in_mib = |name, before, size: MiB| Value { unit: Some("MiB"), ..value(name, before, size.0) };
        let mut values = Vec::new();
        let mut add = |item: Option<Value>| values.extend(item);
        add(self.name.as_ref().map(|it| value("name", now(|now| found(&now.name)), it)));
        add(self.cores.map(|it| value("cores", now(|now| found(&now.cores)), it)));
        add(self.memory.map(|it| in_mib("memory", now(|now| shown(&now.memory, |size| size.0.to_string())), it)));
        add(self.balloon.map(|it| in_mib("balloon", now(|now| shown(&now.balloon, |size| size.0.to_string())), it)));
        add(self.swap.map(|it| in_mib("swap", now(|now| shown(&now.swap, |size| size.0.to_string())), it)));
        let keys = |keys: &proxmox_api::SshKeys| format!("{} key(s)", keys.keys().len());
        let known = current.and_then(|now| shown(&now.ssh_keys, keys));
        add(cleared_or(&self.ssh_keys, keys).map(|it| value("sshkeys", known, it)));
        for set in &self.interfaces {
            of_interface(set, current).into_iter().for_each(|it| add(Some(it)));
        }
        let flag = |on: &bool| u8::from(*on).to_string();
        add(self.onboot.map(|it| value("onboot", current.and_then(|now| shown(&now.onboot, flag)), flag(&it))));
        let quoted = |text: &String| format!("{text:?}");
        let known = current.and_then(|now| shown(&now.description, quoted));
        add(cleared_or(&self.description, quoted).map(|it| value("description", known, it)));
        for (option, it) in &self.options {
            let known = current.and_then(|now| match option {
                GuestOption::Protection => shown(&now.protection, flag),
                _ => {
                    let all = now.options.given()?;
                    Some(all.get(option).cloned().unwrap_or_else(nothing))
                }
            });
            add(Some(value(option.name(), known, it.as_deref().unwrap_or("cleared"))));
        }
        add((!self.add_tags.is_empty()).then(|| value("tag", None, self.add_tags.join(";"))));
        add((!self.remove_tags.is_empty()).then(|| value("untag", None, self.remove_tags.join(";"))));
        add(self.takes_from.map(|former| value("taken over from virtual machine", None, former.record)));
        let state = |state| match state {
            MarkerState::Creating => "creating",
            MarkerState::Ready => "ready",
        };
        add(self.marker.map(|it| value("marker", None, state(it))));
        values
    }
}

/// A card, and the addresses on it.
fn of_interface(set: &InterfaceSettings, current: Option<&Current>) -> Vec<Value> {
    let index = set.index;
    let card = current.and_then(|now| now.interfaces.given()).map(|all| all.get(&index));
    let now = |only: Option<&CardSettings>| {
        card.map(|card| card.map_or_else(nothing, |card| CardSettings::from(card).of_the_parts_in(only)))
    };
    let card = match &set.card {
        Card::Leave => None,
        Card::Set(parts) => Some(value(format!("net{index}"), now(Some(parts)), parts)),
        Card::Remove { .. } => Some(value(format!("net{index}"), now(None), "removed")),
    };
    let addresses =
        current.and_then(|now| now.ipconfig.given()).map(|all| all.get(&index).cloned().unwrap_or_default());
    let address =
        |name: &str, set: &Part<Addressing>, now: fn(IpConfig) -> (Option<IpSetting>, Option<std::net::IpAddr>)| {
            let known = addresses
                .clone()
                .map(now)
                .map(|(setting, gateway)| setting.map_or_else(nothing, |setting| with_gateway(setting, gateway)));
            let set = cleared_or(set, |it| with_gateway(it.address, it.gateway))?;
            Some(value(format!("ipconfig{index}.{name}"), known, set))
        };
    let v4 = address("ip", &set.ipv4, |config| (config.ip, config.gw));
    let v6 = address("ip6", &set.ipv6, |config| (config.ip6, config.gw6));
    [card, v4, v6].into_iter().flatten().collect()
}

fn value(name: impl ToString, before: Option<String>, after: impl ToString) -> Value {
    Value { name: name.to_string(), before, after: after.to_string(), unit: None }
}

fn nothing() -> String {
    "none".to_owned()
}

/// What is there, as far as somebody looked.
fn shown<T>(part: &Part<T>, show: impl Fn(&T) -> String) -> Option<String> {
    match part {
        Part::Unknown => None,
        Part::None => Some(nothing()),
        Part::Given(it) => Some(show(it)),
    }
}

fn found<T: ToString>(part: &Part<T>) -> Option<String> {
    shown(part, T::to_string)
}

/// What is set; nothing where it is left alone.
fn cleared_or<T>(part: &Part<T>, show: impl Fn(&T) -> String) -> Option<String> {
    match part {
        Part::Unknown => None,
        Part::None => Some("cleared".to_owned()),
        Part::Given(it) => Some(show(it)),
    }
}

/// An address with its gateway, as Proxmox writes them.
pub(crate) fn with_gateway(address: impl ToString, gateway: Option<std::net::IpAddr>) -> String {
    let address = address.to_string();
    gateway.map_or(address.clone(), |gateway| format!("{address},gw={gateway}"))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, before, after, unit } = self;
        write!(f, "{name}: ")?;
        if let Some(before) = before {
            write!(f, "{before} → ")?;
        }
        write!(f, "{after}")?;
        unit.map_or(Ok(()), |unit| write!(f, " {unit}"))
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values(None).iter().try_for_each(|Value { name, after, .. }| write!(f, " {name}={after}"))
    }
}

impl From<&CurrentInterface> for CardSettings {
    fn from(card: &CurrentInterface) -> Self {
        let CurrentInterface { name, mac, bridge, vlans, mtu, link_down } = card.clone();
        Self { name, mac, bridge, vlans: Some(vlans), mtu, link_down: Some(link_down) }
    }
}

impl CardSettings {
    /// Each part, in Proxmox's words; none where it is not given.
    fn parts(&self) -> [(&'static str, Option<String>); 7] {
        let vlans = self.vlans.as_ref();
        let tag = vlans.map(|vlans| vlans.untagged.map_or_else(nothing, |tag| tag.to_string()));
        [
            ("name", self.name.clone()),
            ("mac", self.mac.clone()),
            ("bridge", self.bridge.clone()),
            ("tag", tag),
            ("trunks", vlans.and_then(Vlans::trunks)),
            ("mtu", self.mtu.map(|mtu| mtu.to_string())),
            ("link_down", self.link_down.map(|down| u8::from(down).to_string())),
        ]
    }

    /// Of these parts only those that others are given for, too.
    fn of_the_parts_in(&self, others: Option<&Self>) -> String {
        let given = |at: usize| others.is_none_or(|others| others.parts()[at].1.is_some());
        let parts = self.parts().into_iter().enumerate().filter(|(at, _)| given(*at));
        parts_as_text(parts.map(|(_, (name, value))| (name, value.or_else(|| others.map(|_| nothing())))))
    }
}

fn parts_as_text(parts: impl Iterator<Item = (&'static str, Option<String>)>) -> String {
    let parts = parts.filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    parts.collect::<Vec<_>>().join(",")
}

impl fmt::Display for CardSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&parts_as_text(self.parts().into_iter()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proxmox_api::{GuestType, QemuConfig};

    use super::*;
    use crate::guest::RecordId;
    use crate::{PowerState, Target};

    fn current() -> Current {
        let config: QemuConfig = serde_json::from_str(
            r#"{"digest": "0", "name": "web01", "memory": "2048", "cores": 1, "scsi0": "local-lvm:vm-101-disk-0,size=10G",
                "boot": "order=scsi0", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=20",
                "ipconfig0": "ip=192.0.2.10/24,gw=192.0.2.1", "nameserver": "192.0.2.53"}"#,
        )
        .unwrap();
        let config = proxmox_api::Configuration::Qemu(config);
        Current::observed(101.try_into().unwrap(), "pve01".parse().unwrap(), &config, PowerState::Stopped)
    }

    fn beside(set: Settings) -> Vec<String> {
        set.values(Some(&current())).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_value_is_shown_beside_the_one_that_is_there() {
        let set = Settings {
            memory: Some(MiB(4096)),
            cores: Some(2),
            onboot: Some(true),
            description: Part::Given("new".into()),
            options: [(GuestOption::Nameserver, None), (GuestOption::Searchdomain, Some("example.org".into()))].into(),
            add_tags: vec!["web".into()],
            ..Settings::default()
        };
        assert_eq!(
            beside(set),
            [
                "cores: 1 → 2",
                "memory: 2048 → 4096 MiB",
                "onboot: 0 → 1",
                "description: none → \"new\"",
                "nameserver: 192.0.2.53 → cleared",
                "searchdomain: none → example.org",
                "tag: web"
            ]
        );
    }

    #[test]
    fn of_a_card_only_the_parts_that_change_are_shown() {
        let change = CardSettings {
            bridge: Some("vmbr1".into()),
            vlans: Some(Vlans::default()),
            mtu: Some(1400),
            ..CardSettings::default()
        };
        let card = |index, card| InterfaceSettings { index, card, ..InterfaceSettings::default() };
        let address = Addressing { address: "192.0.2.11/24".parse().unwrap(), gateway: None };
        let interfaces = vec![
            InterfaceSettings { ipv4: Part::Given(address), ..card(0, Card::Set(change)) },
            card(1, Card::Set(CardSettings { bridge: Some("vmbr0".into()), ..CardSettings::default() })),
        ];
        let removed = vec![card(0, Card::Remove { mac: None })];
        assert_eq!(
            beside(Settings { interfaces, ..Settings::default() }),
            [
                "net0: bridge=vmbr0,tag=20,mtu=none → bridge=vmbr1,tag=none,mtu=1400",
                "ipconfig0.ip: 192.0.2.10/24,gw=192.0.2.1 → 192.0.2.11/24",
                "net1: none → bridge=vmbr0"
            ]
        );
        assert_eq!(
            beside(Settings { interfaces: removed, ..Settings::default() }),
            ["net0: mac=BC:24:11:00:00:01,bridge=vmbr0,tag=20,link_down=0 → removed"]
        );
    }

    #[test]
    fn a_disk_and_a_node_are_shown_beside_what_is_there_and_what_sets_nothing_is_not() {
        let guest = Target {
            record: RecordId(1),
            birth: None,
            name: "web01".into(),
            kind: GuestType::Qemu,
            vmid: Some(101.try_into().unwrap()),
        };
        let shown = |action: Action| action.values(&current()).iter().map(ToString::to_string).collect::<Vec<_>>();
        let resize = Action::ResizeDisk { guest: guest.clone(), disk: DiskRef::Root, size: MiB::from_gib(20) };
        assert_eq!(shown(resize), ["scsi0: 10G → 20G"]);
        let migrate = Action::Migrate { guest: guest.clone(), node: "pve02".parse().unwrap(), storage: None };
        assert_eq!(shown(migrate), ["node: pve01 → pve02"]);
        assert_eq!(shown(Action::Start { guest }), [""; 0]);
    }
}
