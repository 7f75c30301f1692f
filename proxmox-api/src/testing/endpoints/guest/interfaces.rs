//! The interfaces within a guest: what its agent says, and what Proxmox sees of a container.

use serde_json::{Value, json};

use super::Ctx;
use crate::property::{LxcNet, NetDevice};
use crate::testing::guest::{Guest, GuestKind, Inner};
use crate::testing::reply::{ApiError, ApiResult};

/// The machine of the path, in which an agent runs; it takes one of several privileges.
pub(in crate::testing::endpoints) fn agent_of<'a>(ctx: &'a Ctx<'_>, any: &[&str]) -> ApiResult<&'a Guest> {
    ctx.check_vm(any)?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    if !guest.has_agent() {
        return Err(ApiError::internal("No QEMU guest agent configured"));
    }
    if !guest.is_running() {
        return Err(ApiError::internal(format!("VM {} is not running", guest.vmid)));
    }
    match guest.inner {
        Some(_) => Ok(guest),
        None => Err(ApiError::internal("QEMU guest agent is not running")),
    }
}

/// The agent's answer is below `result`. That it is not running was recorded; its answers are those of its own
/// documentation.
pub(in crate::testing::endpoints) fn of_agent(ctx: &mut Ctx<'_>) -> ApiResult {
    let guest = agent_of(ctx, &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"])?;
    let interfaces = guest.inner.iter().flatten();
    let shown = |it: &Inner| {
        let address = |text: &String| {
            let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
            let kind = if address.contains(':') { "ipv6" } else { "ipv4" };
            json!({"ip-address": address, "ip-address-type": kind, "prefix": prefix.parse::<u8>().unwrap_or(32)})
        };
        let addresses: Vec<Value> = it.addresses.iter().map(address).collect();
        json!({"name": it.name, "hardware-address": mac(guest, it), "ip-addresses": addresses, "statistics": {}})
    };
    Ok(json!({"result": interfaces.map(shown).collect::<Value>()}).into())
}

/// Recorded of a running container; of a stopped one nothing is known, and null is believed.
pub(in crate::testing::endpoints) fn of_container(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Audit"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    if !guest.is_running() {
        return Ok(Value::Null.into());
    }
    let shown = |it: &Inner| {
        let address = |text: &String| {
            let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
            let kind = if address.contains(':') { "inet6" } else { "inet" };
            json!({"ip-address": address, "ip-address-type": kind, "prefix": prefix})
        };
        let mac = mac(guest, it);
        let addresses: Vec<Value> = it.addresses.iter().map(address).collect();
        json!({"name": it.name, "hwaddr": mac, "hardware-address": mac, "ip-addresses": addresses})
    };
    Ok(guest.inner.iter().flatten().map(shown).collect::<Value>().into())
}

/// In small letters, as within a guest.
fn mac(guest: &Guest, interface: &Inner) -> String {
    let of_card = |net: &str| match guest.kind {
        GuestKind::Qemu => net.parse::<NetDevice>().ok()?.macaddr,
        GuestKind::Lxc => net.parse::<LxcNet>().ok()?.get("hwaddr").map(str::to_owned),
    };
    let mac = guest.get(&interface.mac).and_then(of_card);
    mac.unwrap_or_else(|| interface.mac.clone()).to_ascii_lowercase()
}
