//! The network interfaces within a running guest, as its agent or Proxmox sees them.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::property::Cidr;
use crate::types::scalar;

/// An interface within a guest, be it a card or made by software.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InnerInterface {
    /// Its name there: `eth0`, `lo`, `docker0` …
    #[serde(default)]
    pub name: String,
    /// Its MAC address, in small letters; all zeros of a loopback.
    #[serde(default, rename = "hardware-address", deserialize_with = "scalar::opt_text")]
    pub mac: Option<String>,
    /// Its addresses with their prefix lengths; those that cannot be read are left out.
    #[serde(default, rename = "ip-addresses", deserialize_with = "addresses")]
    pub addresses: Vec<Cidr>,
}

/// The prefix length is a number from the agent, and text of a container (Proxmox VE 9.1).
fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cidr>, D::Error> {
    let read = |item: &Value| {
        let address = item.get("ip-address")?.as_str()?.parse().ok()?;
        let prefix = item.get("prefix").and_then(scalar::integer)?;
        Cidr::new(address, u8::try_from(prefix).ok()?).ok()
    };
    let items = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(items.iter().filter_map(read).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::answers::{AgentAnswer, List};
    use serde_json::json;

    #[test]
    fn a_container_says_prefixes_as_text_and_an_agent_as_numbers() {
        // A container of Proxmox VE 9.1.7.
        let of_container = json!([
            {"name": "lo", "hwaddr": "00:00:00:00:00:00", "hardware-address": "00:00:00:00:00:00", "inet": "127.0.0.1/8",
                "ip-addresses": [{"prefix": "8", "ip-address": "127.0.0.1", "ip-address-type": "inet"}]},
            {"name": "eth0", "hwaddr": "bc:24:11:35:31:bd", "hardware-address": "bc:24:11:35:31:bd", "inet": "10.77.0.213/24",
                "ip-addresses": [
                    {"prefix": "24", "ip-address": "10.77.0.213", "ip-address-type": "inet"},
                    {"prefix": "64", "ip-address": "fe80::be24:11ff:fe35:31bd", "ip-address-type": "inet6"}]},
        ]);
        let interfaces: List<InnerInterface> = serde_json::from_value(of_container).unwrap();
        let shown: Vec<String> = interfaces.0[1].addresses.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.77.0.213/24", "fe80::be24:11ff:fe35:31bd/64"]);
        assert_eq!(interfaces.0[1].mac.as_deref(), Some("bc:24:11:35:31:bd"));
        let of_agent = json!({"result": [
            {"name": "ens18", "hardware-address": "bc:24:11:13:3b:1e", "statistics": {"rx-bytes": 1},
                "ip-addresses": [{"ip-address": "192.0.2.7", "ip-address-type": "ipv4", "prefix": 24}, {"prefix": 24},
                    {"ip-address": "nonsense", "prefix": 24}]},
            {"name": "tun0"}, null,
        ]});
        let answer: AgentAnswer<List<InnerInterface>> = serde_json::from_value(of_agent).unwrap();
        let [card, tunnel] = &answer.result.0[..] else { panic!("{answer:?}") };
        assert_eq!((card.addresses.len(), tunnel.addresses.len(), &tunnel.mac), (1, 0, &None));
    }
}
