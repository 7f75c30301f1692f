//! What of the settings is not so yet in the configuration of a container.

use proxmox_api::{ConfigUpdate, LxcConfig, LxcNet};

use super::address::merged;
use super::shared::check_card;
use crate::executor::Failure;
use crate::guest::Vlans;
use crate::live::execute::step::refused;
use crate::settings::{Card, CardSettings, InterfaceSettings, Settings};

/// Adds what a container has for itself.
pub(super) fn add(mut update: ConfigUpdate, config: &LxcConfig, set: &Settings) -> Result<ConfigUpdate, Failure> {
    if let Some(name) = set.name.as_deref().filter(|name| config.hostname() != Some(*name)) {
        update = update.set("hostname", name);
    }
    if let Some(cores) = set.cores.filter(|cores| config.cores() != Some(*cores)) {
        update = update.cores(cores);
    }
    if let Some(memory) = set.memory.filter(|memory| config.memory() != *memory) {
        update = update.memory(memory);
    }
    if let Some(swap) = set.swap.filter(|swap| config.swap() != *swap) {
        update = update.set("swap", swap);
    }
    let cards = config.nets();
    for interface in &set.interfaces {
        let (index, present) = (interface.index, cards.get(&interface.index));
        if let (Card::Remove { mac }, Some(present)) = (&interface.card, present) {
            check_card(config, index, present.get("hwaddr"), mac.as_deref())?;
            update = update.delete(format!("net{index}"));
        } else if let Some(wanted) = card(present, interface)?.filter(|wanted| present != Some(wanted)) {
            update = update.set(format!("net{index}"), wanted.to_string());
        }
    }
    Ok(update)
}

/// A container's card with its addresses, as the settings want it; what they do not mention stays. Nothing where nothing
/// is wanted of it.
pub(in crate::live::execute) fn card(
    present: Option<&LxcNet>,
    set: &InterfaceSettings,
) -> Result<Option<LxcNet>, Failure> {
    let index = set.index;
    let card = match (&set.card, present) {
        (Card::Remove { .. }, _) => return Ok(None),
        (Card::Set(card), Some(present)) => with(present.clone(), card),
        (Card::Set(card), None) => {
            let name = card.name.clone().unwrap_or_else(|| format!("eth{index}"));
            with(LxcNet::new(&name), card)
        }
        (Card::Leave, Some(present)) => present.clone(),
        (Card::Leave, None) if set.ipv4.given().or(set.ipv6.given()).is_some() => {
            return Err(refused(format!("the container has no net{index} to hold an address: create it in NetBox")));
        }
        (Card::Leave, None) => return Ok(None),
    };
    let addresses = merged(&card.addresses(), &set.ipv4, &set.ipv6);
    Ok(Some(card.with_addresses(&addresses)))
}

/// The card with what is set of it.
fn with(mut device: LxcNet, card: &CardSettings) -> LxcNet {
    let parts =
        [("hwaddr", card.mac.clone()), ("bridge", card.bridge.clone()), ("mtu", card.mtu.map(|mtu| mtu.to_string()))];
    for (key, value) in parts.into_iter().filter(|(_, value)| value.is_some()) {
        device = device.with(key, value);
    }
    if let Some(vlans) = &card.vlans {
        device = device.with("tag", vlans.untagged).with("trunks", Vlans::trunks(vlans));
    }
    match card.link_down {
        Some(down) => device.with("link_down", down.then_some(1)),
        None => device,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::part::Part;
    use crate::settings::Addressing;

    const FULL: &str = "name=eth0,bridge=vmbr0,firewall=1,gw=192.0.2.1,hwaddr=BC:24:11:00:00:07,ip=192.0.2.7/24,mtu=1400,tag=5,type=veth";

    fn changed(present: Option<&str>, set: InterfaceSettings) -> Option<String> {
        let present = present.map(|text| text.parse().unwrap());
        card(present.as_ref(), &set).unwrap().map(|card| card.to_string())
    }

    #[test]
    fn one_part_of_a_card_changes_and_every_other_is_kept() {
        let address = Addressing { address: "192.0.2.8/25".parse().unwrap(), gateway: "192.0.2.9".parse().ok() };
        let set = InterfaceSettings { ipv4: Part::Given(address), ..InterfaceSettings::default() };
        let moved = FULL.replace("ip=192.0.2.7/24", "ip=192.0.2.8/25").replace("gw=192.0.2.1", "gw=192.0.2.9");
        assert_eq!(changed(Some(FULL), set.clone()), Some(moved));
        assert!(card(None, &set).is_err(), "an address needs a card");
        let vlans = Some(Vlans { untagged: None, tagged: vec![2, 3] });
        let card = Card::Set(CardSettings { vlans, link_down: Some(true), ..CardSettings::default() });
        let set = InterfaceSettings { card, ..InterfaceSettings::default() };
        let tagged = format!("{},trunks=2;3,link_down=1", FULL.replace(",tag=5", ""));
        assert_eq!(changed(Some(FULL), set), Some(tagged));
        assert_eq!(changed(Some(FULL), InterfaceSettings::default()).as_deref(), Some(FULL));
        assert_eq!(changed(None, InterfaceSettings::default()), None);
    }

    #[test]
    fn a_new_card_has_a_name() {
        let set = |name: Option<&str>| InterfaceSettings {
            index: 2,
            card: Card::Set(CardSettings {
                name: name.map(str::to_owned),
                bridge: Some("vmbr1".into()),
                ..Default::default()
            }),
            ..InterfaceSettings::default()
        };
        assert_eq!(changed(None, set(Some("wan"))).as_deref(), Some("name=wan,bridge=vmbr1"));
        assert_eq!(changed(None, set(None)).as_deref(), Some("name=eth2,bridge=vmbr1"));
    }
}
