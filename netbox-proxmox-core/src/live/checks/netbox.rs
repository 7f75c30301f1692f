//! Whether NetBox is reached, knows the token, and is of a release that is known.

use jiff::Timestamp;
use netbox_api::{Status, Version};

use super::{Check, Fault, clocks};
use crate::live::advice;

/// The releases that are known to work.
const KNOWN: (Version, Version) = (Version::new(4, 2), Version::new(4, 7));

/// What was found, and what NetBox says of itself if it is one.
pub(super) async fn check(netbox: &netbox_api::Client) -> (Vec<Check>, Option<Status>) {
    let what = format!("NetBox {}", netbox.url());
    let peer = match netbox.peer().await {
        Ok(peer) => peer,
        Err(error) => {
            let fault = match error.kind() {
                netbox_api::ErrorKind::Permission => Fault::Denied,
                netbox_api::ErrorKind::Config => Fault::Wrong,
                _ => Fault::Unreachable,
            };
            let advice = advice::on_reaching_netbox(&error);
            return (vec![Check::failure(what, fault, error.to_string(), advice).blocking()], None);
        }
    };
    let mut checks = vec![release(what.clone(), &peer.status)];
    if let Some(fingerprint) = peer.fingerprint.filter(|_| !netbox.verifies_certificates()) {
        let detail = "is not verified (NETBOX_INSECURE): whoever stands in between gets the token";
        let advice = format!("Compare the fingerprint, then set NETBOX_FINGERPRINT={fingerprint} in its place");
        checks.push(Check::warning(format!("certificate of {what}"), detail, advice));
    }
    checks.extend(clocks::check("NetBox", peer.date.as_deref(), Timestamp::now()));
    (checks, Some(peer.status))
}

fn release(what: String, status: &Status) -> Check {
    let version = &status.netbox_version;
    let (oldest, newest) = KNOWN;
    match status.version() {
        Some(known) if known < oldest => {
            let detail = format!("version {version}, older than {oldest}: it lacks what the bridge needs");
            Check::failure(what, Fault::Wrong, detail, format!("Upgrade NetBox to {oldest} or later")).blocking()
        }
        Some(known) if known > newest => {
            let detail = format!("version {version}, newer than {newest}, the newest that was tried");
            Check::warning(what, detail, "Look for a newer release of the bridge, and try it on a few guests first")
        }
        Some(_) => Check::ok(what, format!("version {version}")),
        None => {
            let detail = format!("its version, {version:?}, cannot be read");
            Check::warning(what, detail, format!("It should be {oldest} to {newest}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::checks::Verdict;

    #[test]
    fn releases_are_known_from_the_oldest_to_the_newest() {
        for (version, verdict) in [
            ("4.1.11", Verdict::Failure),
            ("4.2.0", Verdict::Ok),
            ("4.7.3-Docker-4.0", Verdict::Ok),
            ("4.8.0", Verdict::Warning),
            ("next", Verdict::Warning),
        ] {
            let status = Status { netbox_version: version.to_owned(), ..Status::default() };
            assert_eq!(release("NetBox".to_owned(), &status).verdict, verdict, "{version}");
        }
    }
}
