//! What to set after an error of a client: the clients know no variables. Said after the error's own text.

use netbox_api::ErrorKind as OfNetBox;
use proxmox_api::ErrorKind as OfProxmox;

/// After an error of NetBox's client, wherever it is told.
pub fn on_netbox(error: &netbox_api::Error) -> Option<String> {
    let printed = "`openssl x509 -noout -fingerprint -sha256 -in FILE` prints of its certificate on NetBox's server";
    match error.kind() {
        OfNetBox::Certificate => Some(trusting("NETBOX", error.fingerprint(), printed, "the authority that signed it")),
        OfNetBox::NotNetBox | OfNetBox::Redirect => Some("NETBOX_URL sets it.".to_owned()),
        _ => None,
    }
}

/// After an error of Proxmox's client, wherever it is told.
pub fn on_proxmox(error: &proxmox_api::Error) -> Option<String> {
    let redirected = error.status().is_some_and(|status| (300..=399).contains(&status));
    let printed = "`pvenode cert info` prints on the node";
    let authority = "the cluster's authority, /etc/pve/pve-root-ca.pem on each node";
    match error.cause() {
        OfProxmox::Certificate => Some(trusting("PROXMOX", error.fingerprint(), printed, authority)),
        OfProxmox::NotProxmox => Some("PROXMOX_URL sets it.".to_owned()),
        OfProxmox::Config if redirected => Some("PROXMOX_URL sets it.".to_owned()),
        _ => None,
    }
}

/// After an error of NetBox's client where it was only asked who it is: a refusal is then one of the token.
pub fn on_reaching_netbox(error: &netbox_api::Error) -> String {
    if let Some(advice) = on_netbox(error) {
        return advice;
    }
    match error.kind() {
        OfNetBox::Permission => {
            "NETBOX_TOKEN (or NETBOX_TOKEN_FILE) must be a token of this NetBox that is enabled and has not expired: make one \
             under Admin, API Tokens"
        }
        OfNetBox::Unavailable | OfNetBox::Timeout => {
            "Check that NetBox runs, that its address is the one in NETBOX_URL, and that no firewall is in between"
        }
        OfNetBox::Config => "NETBOX_URL, NETBOX_TOKEN and NETBOX_CA_FILE or NETBOX_FINGERPRINT set it",
        OfNetBox::Server => "Look at NetBox's own log",
        _ => "Check that NETBOX_URL is the address of NetBox, as a browser has it",
    }
    .to_owned()
}

/// After an error of Proxmox's client where it was only asked who it is: a refusal is then one of the token.
pub fn on_reaching_proxmox(error: &proxmox_api::Error) -> String {
    if let Some(advice) = on_proxmox(error) {
        return advice;
    }
    match error.cause() {
        OfProxmox::Unauthorized | OfProxmox::Permission { .. } => {
            "PROXMOX_TOKEN (or PROXMOX_TOKEN_FILE) must be user@realm!name=secret of a token that this cluster has and that has \
             not expired: `pveum user token list USER@REALM` lists them, the secret is shown only when one is made"
        }
        OfProxmox::Unavailable | OfProxmox::Timeout => {
            "Check that the node runs, that its address in PROXMOX_URL has the right host and port (8006), and that no firewall \
             is in between"
        }
        OfProxmox::Config => "PROXMOX_URL, PROXMOX_TOKEN and PROXMOX_CA_FILE or PROXMOX_FINGERPRINT set it",
        _ => "Check that PROXMOX_URL is the address of a Proxmox VE node, such as https://pve01.example.org:8006",
    }
    .to_owned()
}

/// What happened, then what to set, where that is known.
pub fn advised(text: String, advice: Option<String>) -> String {
    match advice {
        Some(advice) => format!("{text}. {advice}"),
        None => text,
    }
}

/// How a certificate comes to be trusted, and that it is to be compared before.
fn trusting(of: &str, fingerprint: Option<&str>, printed: &str, authority: &str) -> String {
    let Some(fingerprint) = fingerprint else {
        return format!("Set {of}_FINGERPRINT to what {printed}, or {of}_CA_FILE to the PEM file of {authority}.");
    };
    format!(
        "Compare this fingerprint with the one that {printed}. If they are the same, set {of}_FINGERPRINT={fingerprint}, or \
         {of}_CA_FILE to the PEM file of {authority}; if not, somebody is in between."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_to_be_compared_before_it_is_trusted() {
        let advice = trusting("PROXMOX", Some("AA:BB"), "`pvenode cert info` prints on the node", "the authority");
        let compare = advice.find("Compare this fingerprint with the one that `pvenode cert info` prints on the node");
        assert!(compare < advice.find("set PROXMOX_FINGERPRINT=AA:BB, or PROXMOX_CA_FILE to"), "{advice}");
        let advice = trusting("NETBOX", None, "FILE prints", "the authority");
        assert!(advice.starts_with("Set NETBOX_FINGERPRINT to what FILE prints, or NETBOX_CA_FILE to"), "{advice}");
    }
}
