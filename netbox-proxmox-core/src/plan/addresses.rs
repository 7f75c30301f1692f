//! Row 4: the address of one family on one interface, in `ipconfigN` or, of a container, in `netN`.

use ipnet::IpNet;
use proxmox_api::IpSetting;

use super::draft::Draft;
use crate::address::GatewayRule;
use crate::event::Aspect;
use crate::part::Part;
use crate::settings::Addressing;
use crate::values::with_gateway;

/// What NetBox says of one family on one interface.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder {
    /// The primary address: the one that has a gateway.
    Primary(Part<IpNet>),
    /// Another one.
    Other(Part<IpNet>),
}

impl Holder {
    /// The address.
    pub(super) fn wanted(self) -> Part<IpNet> {
        match self {
            Self::Primary(address) | Self::Other(address) => address,
        }
    }
}

/// The change that one family of one interface needs.
pub(super) fn address(draft: &mut Draft<'_>, index: u8, name: &str, v4: bool, holder: Holder) -> Part<Addressing> {
    let family = if v4 { "IPv4" } else { "IPv6" };
    let field = match holder {
        Holder::Primary(_) => format!("primary {family}"),
        Holder::Other(_) => format!("interface {name} {family}"),
    };
    let found = match &draft.current.ipconfig {
        Part::Given(all) => Some(all.get(&index).cloned().unwrap_or_default()),
        Part::None => Some(Default::default()),
        Part::Unknown => None,
    };
    let found = found.map(|found| if v4 { (found.ip, found.gw) } else { (found.ip6, found.gw6) });
    let shown = match &found {
        None => "not known".to_owned(),
        Some((None, _)) => "not set".to_owned(),
        Some((Some(setting), gateway)) => with_gateway(setting, *gateway),
    };
    let (change, text) = match holder.wanted() {
        Part::Unknown => return Part::Unknown,
        Part::None => match found {
            Some((Some(setting), _)) if setting.is_static() => (Part::None, "not set".to_owned()),
            None if !draft.creating => (Part::None, "not set".to_owned()),
            _ => return Part::Unknown,
        },
        Part::Given(address) => {
            let gateway = match holder {
                Holder::Primary(_) => rule(draft, v4).gateway(&address),
                Holder::Other(_) => None,
            };
            let same = |(setting, found_gateway): &(Option<IpSetting>, _)| {
                let cidr = setting.as_ref().and_then(IpSetting::cidr);
                cidr.is_some_and(|cidr| cidr.to_string() == address.to_string()) && *found_gateway == gateway
            };
            if found.as_ref().is_some_and(same) {
                return Part::Unknown;
            }
            (Part::Given(Addressing { address, gateway }), with_gateway(address, gateway))
        }
    };
    let mut result = Part::Unknown;
    if draft.cloud_init(&field, &text) {
        draft.gated(Aspect::Addresses, &field, text, shown, |_| result = change);
    }
    if let (Part::Given(set), Holder::Primary(_)) = (&result, holder)
        && lacks_route(draft, set)
    {
        let report = draft.reporter.no_gateway(&field, &set.address, &draft.event.context.fields.gateway);
        draft.report(report);
    }
    result
}

/// Where the gateway of a family is: as the record says, else the policy.
fn rule(draft: &Draft<'_>, v4: bool) -> GatewayRule {
    draft.guest.gateway.map_or(draft.policy.gateway, |rule| rule.or(draft.policy.gateway, v4))
}

/// Whether a guest gets an address whose prefix has no room for a gateway, though one is wanted, and nothing else gives it
/// a default route.
fn lacks_route(draft: &Draft<'_>, set: &Addressing) -> bool {
    let primary = [(true, draft.guest.ipv4), (false, draft.guest.ipv6)];
    let routed =
        |(v4, address): (bool, Part<IpNet>)| address.given().is_some_and(|it| rule(draft, v4).gateway(it).is_some());
    set.gateway.is_none()
        && set.address.max_prefix_len() - set.address.prefix_len() <= 1
        && rule(draft, matches!(set.address, IpNet::V4(_))) != GatewayRule::None
        && !primary.into_iter().any(routed)
}
