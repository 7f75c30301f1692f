//! Whether each address of a Proxmox cluster is reached, shows a certificate that is trusted, knows the token, and is of the
//! same cluster, of a release that is known.

use jiff::Timestamp;
use proxmox_api::{Client, ErrorKind, Version};

use super::{Candidate, Check, Fault, Verdict, clocks};
use crate::live::{advice, clusters};

/// The releases that are known to work, by their first number.
const KNOWN: std::ops::RangeInclusive<u32> = 8..=9;

/// What was found, and a client of the addresses if any answers.
pub(super) async fn check(candidate: &Candidate) -> (Vec<Check>, Option<Client>) {
    let (mut checks, mut names, mut failed, mut reached) = (Vec::new(), Vec::new(), Vec::new(), None);
    for (server, client) in candidate.client.at_each_endpoint() {
        let what = format!("Proxmox {server}");
        match client.peer().await {
            Ok(peer) => {
                checks.push(release(what.clone(), &peer.version));
                if let Some(fingerprint) = peer.fingerprint.filter(|_| !client.verifies_certificates()) {
                    let detail = "is not verified (PROXMOX_INSECURE): whoever stands in between gets the token";
                    let advice =
                        format!("Compare the fingerprint, then set PROXMOX_FINGERPRINT={fingerprint} in its place");
                    checks.push(Check::warning(format!("certificate of {what}"), detail, advice));
                }
                checks.extend(clocks::check(&what, peer.date.as_deref(), Timestamp::now()));
                names.extend(clusters::own_name(&client).await.ok().map(|name| (server, name)));
                reached.get_or_insert(client);
            }
            Err(error) => failed.push((unreached(what, &error), is_down(&error))),
        }
    }
    for (mut check, down) in failed {
        if reached.is_some() {
            // Another address answers. What is set wrong is a failure all the same: one day this one will be needed.
            check.blocks = false;
            if down {
                (check.verdict, check.fault) = (Verdict::Warning, None);
            }
        }
        checks.push(check);
    }
    if let Some([(server, name), (other, another)]) = differing(&names) {
        let detail =
            format!("{server} is of {name}, {other} of {another}: guests of one would be looked for in the other");
        let advice = "Name addresses of one cluster in PROXMOX_URL, and write a [[cluster]] for each cluster";
        checks.push(Check::failure("addresses in PROXMOX_URL", Fault::Wrong, detail, advice).blocking());
    }
    (checks, reached.map(|_| candidate.client.clone()))
}

/// Whether nobody answers, which may be over tomorrow.
fn is_down(error: &proxmox_api::Error) -> bool {
    matches!(error.cause(), ErrorKind::Unavailable | ErrorKind::Timeout)
}

fn unreached(what: String, error: &proxmox_api::Error) -> Check {
    let fault = match error.cause() {
        ErrorKind::Unauthorized | ErrorKind::Permission { .. } => Fault::Denied,
        ErrorKind::Config => Fault::Wrong,
        _ => Fault::Unreachable,
    };
    Check::failure(what, fault, format!("Proxmox: {error}"), advice::on_reaching_proxmox(error)).blocking()
}

/// Two addresses that say different names.
fn differing(names: &[(String, String)]) -> Option<[&(String, String); 2]> {
    let first = names.first()?;
    names.iter().find(|(_, name)| *name != first.1).map(|other| [first, other])
}

fn release(what: String, version: &Version) -> Check {
    let said = version.version.as_deref().unwrap_or_default();
    match version.major() {
        Some(major) if major < *KNOWN.start() => {
            let detail = format!("version {said}, older than {}: it lacks what the bridge needs", KNOWN.start());
            Check::failure(what, Fault::Wrong, detail, "Upgrade Proxmox VE").blocking()
        }
        Some(major) if major > *KNOWN.end() => {
            let detail = format!("version {said}, newer than {}, the newest that was tried", KNOWN.end());
            Check::warning(what, detail, "Look for a newer release of the bridge, and try it on a few guests first")
        }
        Some(_) => Check::ok(what, format!("version {said}")),
        None => Check::warning(what, format!("its version, {said:?}, cannot be read"), "It should be 8 or 9"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_known_by_their_first_number() {
        for (version, verdict) in
            [("7.4-3", Verdict::Failure), ("8.0.4", Verdict::Ok), ("9.1.7", Verdict::Ok), ("10.0", Verdict::Warning)]
        {
            let version = Version { version: Some(version.to_owned()), ..Version::default() };
            assert_eq!(release("Proxmox".to_owned(), &version).verdict, verdict, "{version:?}");
        }
    }

    #[test]
    fn addresses_of_two_clusters_are_told_apart() {
        let at = |server: &str, name: &str| (server.to_owned(), name.to_owned());
        assert!(differing(&[at("a", "lab"), at("b", "lab")]).is_none());
        assert_eq!(differing(&[at("a", "lab"), at("b", "dc2")]).map(|[_, other]| other.0.as_str()), Some("b"));
    }
}
