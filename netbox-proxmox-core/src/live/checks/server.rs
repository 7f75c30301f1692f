//! Whether a server runs that receives deliveries.

use super::{Check, Fault};
use crate::live::status::Status;

/// What was heard at the server's address.
#[derive(Debug, Clone)]
pub enum Answered {
    /// Its status.
    Status(Box<Status>),
    /// That it runs: its status page is off.
    Alive,
    /// Nothing that can be used, and why.
    Nothing(String),
}

/// Judges what was heard at an address. `version`: ours.
pub fn server(address: &str, answered: &Answered, version: &str) -> Check {
    let what = format!("server at {address}");
    match answered {
        Answered::Alive => Check::ok(what, "runs"),
        Answered::Status(status) if !status.ready => {
            let detail = format!("runs and is not ready: {}", status.reasons.join("; "));
            let advice = "What it names is among these checks; deliveries are stored meanwhile";
            Check::failure(what, Fault::Wrong, detail, advice)
        }
        Answered::Status(status) if status.version != version => {
            let detail = format!("runs in the version {}, this is {version}", status.version);
            Check::warning(what, detail, "Use both of one version, and restart the server after an upgrade")
        }
        Answered::Status(_) => Check::ok(what, "runs and is ready"),
        Answered::Nothing(why) => {
            let detail = format!("{why}: nobody receives deliveries");
            let advice = "Start netbox-proxmox-webhook; if it runs elsewhere or listens elsewhere, NETBOX_PROXMOX_LISTEN or --server \
                          says where";
            Check::warning(what, detail, advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::checks::Verdict;

    #[test]
    fn what_a_server_answers() {
        let status = |ready, version: &str| {
            let (version, reasons) = (version.to_owned(), vec!["NetBox: down".to_owned()]);
            Answered::Status(Box::new(Status { ready, reasons, version, ..Status::default() }))
        };
        for (answered, verdict) in [
            (status(true, "1.0.0"), Verdict::Ok),
            (status(true, "0.9.0"), Verdict::Warning),
            (status(false, "1.0.0"), Verdict::Failure),
            (Answered::Alive, Verdict::Ok),
            (Answered::Nothing("connection refused".to_owned()), Verdict::Warning),
        ] {
            assert_eq!(server("127.0.0.1:8080", &answered, "1.0.0").verdict, verdict, "{answered:?}");
        }
    }
}
