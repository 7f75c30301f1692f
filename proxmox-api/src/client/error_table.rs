//! The table from Proxmox's status codes and texts to kinds of errors: the only place that knows the texts.
//!
//! Proxmox has no error codes: nearly everything is a 500 with a sentence, and the same sentences are the exit statuses
//! of tasks. They are those of Proxmox VE 9.1 unless a line says otherwise. Rules are tried in order; the first that
//! fits counts.

use std::collections::BTreeMap;

use super::{ErrorKind, Phase, Subject};

/// Whether an answer with this status can have been acted on.
///
/// 595: the daemon that answers could not connect to the one that would have acted. 596 to 599: the connection between
/// them broke, or 30 s passed; seen with a request that was carried out all the same. 502 to 504 are of a proxy in between.
pub(super) fn phase_of_status(status: u16) -> Phase {
    match status {
        595 => Phase::NotSent,
        596..=599 | 502..=504 => Phase::Ambiguous,
        _ => Phase::Answered,
    }
}

/// The kind of an answer that is not a success. `fields` are the parameters that were refused, with reasons.
pub(super) fn kind_of_answer(status: u16, message: &str, fields: BTreeMap<String, String>) -> ErrorKind {
    if !fields.is_empty() {
        return kind_of_fields(fields);
    }
    match status {
        301..=308 => ErrorKind::Config,
        401 => ErrorKind::Unauthorized,
        403 => kind_of_refusal(message),
        404 | 405 => ErrorKind::NotImplemented,
        501 if message.ends_with("not implemented") => ErrorKind::NotImplemented,
        596 | 504 => ErrorKind::Timeout,
        595 | 597..=599 | 502 | 503 => ErrorKind::Unavailable,
        400 => match kind_of_text(message) {
            ErrorKind::Other => ErrorKind::InvalidParameter { fields },
            kind => kind,
        },
        _ => kind_of_text(message),
    }
}

/// The kind of a task's failure.
pub(super) fn kind_of_exitstatus(exitstatus: &str) -> ErrorKind {
    if exitstatus.contains("Permission check failed") { kind_of_refusal(exitstatus) } else { kind_of_text(exitstatus) }
}

fn kind_of_fields(fields: BTreeMap<String, String>) -> ErrorKind {
    let vmid_is_taken = |reason: &String| guest_followed_by(reason, " already exists");
    if ["vmid", "newid"].iter().filter_map(|field| fields.get(*field)).any(vmid_is_taken) {
        return ErrorKind::AlreadyExists;
    }
    if fields.get("upid").is_some_and(|reason| reason.contains("no such task")) {
        return ErrorKind::NotFound(Subject::Task);
    }
    ErrorKind::InvalidParameter { fields }
}

fn kind_of_refusal(message: &str) -> ErrorKind {
    let what = message.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(what, _)| what);
    if what.starts_with("pool '") && what.ends_with("does not exist") {
        return ErrorKind::NotFound(Subject::Pool);
    }
    ErrorKind::Permission { what: what.to_owned() }
}

fn kind_of_text(text: &str) -> ErrorKind {
    use ErrorKind as Kind;
    let has = |part: &str| text.contains(part);

    if let Some(lock) = lock_of(text) {
        return Kind::Locked { lock };
    }
    if has("can't lock file") || has("got lock request timeout") || has("got lock timeout") {
        return Kind::LockTimeout;
    }
    if has("no quorum") {
        return Kind::Unavailable;
    }
    if has("already exists") || (has("close (rename) atomic file") && has("File exists")) {
        return Kind::AlreadyExists;
    }
    if has("file change by other user") || has("file changed by other user") {
        return Kind::DigestMismatch;
    }
    if has("protection mode enabled") {
        return Kind::Protected;
    }
    if guest_followed_by(text, " not running") || guest_followed_by(text, " is not running") {
        return Kind::NotRunning;
    }
    if guest_followed_by(text, " already running") {
        return Kind::AlreadyRunning;
    }
    if has("is running - destroy failed") || has("container is running") {
        return Kind::StillRunning;
    }
    if has("still in use by linked clone") {
        return Kind::InUse;
    }
    if has("if it's a template") || has("convert a template to a template") {
        return Kind::IsTemplate;
    }
    if has("shrinking disks is not supported") || has("unable to shrink disk size") {
        return Kind::Shrink;
    }
    if has("no options specified") || has("disk is already at specified size") {
        return Kind::NothingToDo;
    }
    if has("quit/powerdown failed") {
        return Kind::ShutdownTimeout;
    }
    if has("received interrupt") {
        return Kind::Interrupted;
    }
    if has("Linked clone feature")
        || has("not allowed for linked clones")
        || has("only possible from a snapshot")
        || has("can't resize a cdrom")
    {
        return Kind::Unsupported;
    }
    if let Some(what) = text.split("only root can ").nth(1) {
        return Kind::Permission { what: format!("only root can {}", first_line(what)) };
    }
    if has("SSH public key validation error") {
        return Kind::InvalidParameter {
            fields: BTreeMap::from([("sshkeys".to_owned(), first_line(text).to_owned())]),
        };
    }
    if has("balloon value too large") {
        return Kind::InvalidParameter {
            fields: BTreeMap::from([("balloon".to_owned(), first_line(text).to_owned())]),
        };
    }
    missing(text).map_or(Kind::Other, Kind::NotFound)
}

/// What does not exist, if that is what the text says.
fn missing(text: &str) -> Option<Subject> {
    const NOT_THERE: &str = " does not exist";
    if text.contains("nable to find configuration file for") {
        return Some(Subject::Guest);
    }
    if text.contains("hostname lookup '") || text.contains("no such cluster node") {
        return Some(Subject::Node);
    }
    if text.contains("no such task") {
        return Some(Subject::Task);
    }
    if text.contains("no such ") {
        return Some(Subject::Other);
    }
    let before = &text[..text.find(NOT_THERE)?];
    if guest_followed_by(text, NOT_THERE) {
        return Some(Subject::Guest);
    }
    // The word before the quoted name says what it is the name of.
    let kind = before.strip_suffix('\'')?.rsplit_once('\'')?.0.trim_end().rsplit(' ').next()?;
    Some(match (kind, before) {
        ("file", before) if before.contains("Configuration file 'nodes/") => Subject::Guest,
        ("storage", _) => Subject::Storage,
        ("volume", _) => Subject::Volume,
        ("disk", _) => Subject::Disk,
        ("bridge", _) => Subject::Bridge,
        ("pool", _) => Subject::Pool,
        ("node", _) => Subject::Node,
        _ => Subject::Other,
    })
}

/// The lock in `VM is locked (clone)`, `CT is locked (backup)`.
fn lock_of(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(" is locked (")?;
    Some(rest.split_once(')')?.0.to_owned())
}

/// Whether the text has `VM 101` or `CT 101`, followed by these words.
fn guest_followed_by(text: &str, words: &str) -> bool {
    ["VM ", "CT "].iter().any(|kind| {
        text.split(kind).skip(1).any(|rest| {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            after.len() < rest.len() && after.starts_with(words)
        })
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, message: &str) -> ErrorKind {
        kind_of_answer(status, message, BTreeMap::new())
    }

    fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(field, reason)| ((*field).to_owned(), (*reason).to_owned())).collect()
    }

    fn locked(lock: &str) -> ErrorKind {
        ErrorKind::Locked { lock: lock.to_owned() }
    }

    /// Each text both as an answer and as the exit status of a task.
    #[test]
    fn every_sentence_has_its_kind() {
        use ErrorKind as Kind;
        let table = [
            ("Configuration file 'nodes/pve/qemu-server/4242.conf' does not exist", Kind::NotFound(Subject::Guest)),
            ("Configuration file 'nodes/pve/lxc/4242.conf' does not exist", Kind::NotFound(Subject::Guest)),
            ("unable to find configuration file for VM 4242 on node 'pve'", Kind::NotFound(Subject::Guest)),
            (
                "hostname lookup 'nosuch' failed - failed to get address info for: nosuch: Name or service not known",
                Kind::NotFound(Subject::Node),
            ),
            ("no such cluster node 'other'", Kind::NotFound(Subject::Node)),
            ("storage 'nosuch' does not exist", Kind::NotFound(Subject::Storage)),
            ("volume 'local:140/vm-140-disk-77.qcow2' does not exist", Kind::NotFound(Subject::Volume)),
            ("disk 'scsi9' does not exist", Kind::NotFound(Subject::Disk)),
            ("bridge 'vmbr9' does not exist", Kind::NotFound(Subject::Bridge)),
            ("snapshot 'nosuch' does not exist", Kind::NotFound(Subject::Other)),
            ("no such token 'nosuch' for user 'ops@pve'", Kind::NotFound(Subject::Other)),
            ("unable to create VM 9000 - VM 9000 already exists on node 'pve'", Kind::AlreadyExists),
            ("unable to create VM 9000: config file already exists", Kind::AlreadyExists),
            ("CT 203 already exists on node 'pve'", Kind::AlreadyExists),
            ("VM 102 already exists on node 'pve'", Kind::AlreadyExists),
            (
                "close (rename) atomic file '/etc/pve/nodes/pve/qemu-server/200.conf' failed: File exists",
                Kind::AlreadyExists,
            ),
            ("VM is locked (clone)", locked("clone")),
            ("CT is locked (backup)", locked("backup")),
            ("can't lock file '/var/lock/qemu-server/lock-150.conf' - got timeout", Kind::LockTimeout),
            (
                "clone failed: can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout",
                Kind::LockTimeout,
            ),
            ("cfs-lock 'storage-nfs' error: got lock request timeout", Kind::LockTimeout),
            ("cluster not ready - no quorum?", Kind::Unavailable),
            ("VM 101 is running - destroy failed", Kind::StillRunning),
            ("unable to destroy CT 203 - container is running", Kind::StillRunning),
            ("can't remove VM 110 - protection mode enabled", Kind::Protected),
            ("can't remove CT 203 - protection mode enabled", Kind::Protected),
            ("can't remove drive 'scsi0' - protection mode enabled", Kind::Protected),
            ("checksum mismatch (file change by other user?)", Kind::DigestMismatch),
            ("detected modified configuration - file changed by other user? Try again.", Kind::DigestMismatch),
            ("no options specified", Kind::NothingToDo),
            ("disk is already at specified size", Kind::NothingToDo),
            ("VM 101 not running", Kind::NotRunning),
            ("CT 203 not running", Kind::NotRunning),
            ("VM 101 already running", Kind::AlreadyRunning),
            ("CT 203 already running", Kind::AlreadyRunning),
            ("QEMU guest agent is not running", Kind::Other),
            ("you can't convert a template to a template", Kind::IsTemplate),
            ("you can't start a vm if it's a template", Kind::IsTemplate),
            ("you can't start a CT if it's a template", Kind::IsTemplate),
            ("base volume 'local:9000/base-9000-disk-0.qcow2' is still in use by linked cloned", Kind::InUse),
            ("parameter 'storage' not allowed for linked clones", Kind::Unsupported),
            ("Linked clone feature is not supported for 'local:110/vm-110-disk-0.qcow2' (scsi0)", Kind::Unsupported),
            ("Linked clone feature for 'local:201/base-201-disk-0.raw' is not available", Kind::Unsupported),
            ("Full clone of a running container is only possible from a snapshot", Kind::Unsupported),
            ("you can't resize a cdrom", Kind::Unsupported),
            ("shrinking disks is not supported", Kind::Shrink),
            ("unable to shrink disk size", Kind::Shrink),
            ("VM quit/powerdown failed - got timeout", Kind::ShutdownTimeout),
            ("received interrupt", Kind::Interrupted),
            ("only root can set 'lock' config", Kind::Permission { what: "only root can set 'lock' config".into() }),
            (
                "SSH public key validation error",
                Kind::InvalidParameter { fields: fields(&[("sshkeys", "SSH public key validation error")]) },
            ),
            (
                "balloon value too large",
                Kind::InvalidParameter { fields: fields(&[("balloon", "balloon value too large")]) },
            ),
            ("no physical interface on bridge 'vmbr0'", Kind::Other),
            ("scsi5 - cloud-init drive is already attached at 'ide2'", Kind::Other),
            ("malformed JSON string, neither tag, array, object, number, string or atom", Kind::Other),
            ("Not a HASH reference at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 978.", Kind::Other),
            ("", Kind::Other),
        ];
        for (text, kind) in table {
            assert_eq!(answer(500, text), kind, "as an answer: {text}");
            assert_eq!(kind_of_exitstatus(text), kind, "as an exit status: {text}");
        }
    }

    #[test]
    fn a_missing_privilege_names_what_was_checked() {
        let permission = |what: &str| ErrorKind::Permission { what: what.to_owned() };
        assert_eq!(
            answer(403, "Permission check failed (/vms/102, VM.PowerMgmt)"),
            permission("/vms/102, VM.PowerMgmt")
        );
        assert_eq!(answer(403, "Permission check failed (/vms/1, A|B)"), permission("/vms/1, A|B"));
        assert_eq!(answer(403, "Permission check failed"), permission(""));
        assert_eq!(
            answer(403, "Permission check failed (pool 'nosuch' does not exist)"),
            ErrorKind::NotFound(Subject::Pool)
        );
        assert_eq!(
            kind_of_exitstatus("Permission check failed (/vms/102, VM.Audit)"),
            permission("/vms/102, VM.Audit")
        );
    }

    #[test]
    fn status_codes_have_their_kinds() {
        for text in [
            "No ticket",
            "Authentication failed!",
            "Permission denied - invalid csrf token",
            "authentication failure",
            "",
        ] {
            assert_eq!(answer(401, text), ErrorKind::Unauthorized, "{text}");
        }
        assert_eq!(answer(501, "Method 'GET /nosuch' not implemented"), ErrorKind::NotImplemented);
        assert_eq!(answer(404, "Not Found"), ErrorKind::NotImplemented);
        assert_eq!(answer(501, "for data too large"), ErrorKind::Other);
        assert_eq!(answer(501, "Unexpected content for method 'DELETE'"), ErrorKind::Other);
        assert_eq!(answer(595, "Connection refused"), ErrorKind::Unavailable);
        assert_eq!(answer(595, "No route to host"), ErrorKind::Unavailable);
        assert_eq!(answer(596, "Connection timed out"), ErrorKind::Timeout);
        assert_eq!(answer(599, "Too many redirections"), ErrorKind::Unavailable);
        assert_eq!(answer(301, "Moved Permanently"), ErrorKind::Config);
    }

    #[test]
    fn only_595_says_that_nothing_happened() {
        assert_eq!(phase_of_status(595), Phase::NotSent);
        for status in [596, 597, 598, 599, 502, 503, 504] {
            assert_eq!(phase_of_status(status), Phase::Ambiguous, "{status}");
        }
        for status in [301, 400, 401, 403, 500, 501, 506] {
            assert_eq!(phase_of_status(status), Phase::Answered, "{status}");
        }
    }

    #[test]
    fn refused_parameters_are_kept_each_with_its_reason() {
        let refused = fields(&[
            ("full", "type check ('boolean') failed - got 'true'"),
            ("newid", "property is missing and it is not optional"),
        ]);
        let expected = ErrorKind::InvalidParameter { fields: refused.clone() };
        assert_eq!(kind_of_answer(400, "Parameter verification failed.", refused.clone()), expected);
        // Also with a 500: the resize of an absent mount point of a container.
        assert_eq!(kind_of_answer(500, "format error", refused), expected);
    }

    #[test]
    fn some_refused_parameters_mean_something_else() {
        let kind = |field, reason| kind_of_answer(400, "Parameter verification failed.", fields(&[(field, reason)]));
        assert_eq!(kind("vmid", "VM 101 already exists"), ErrorKind::AlreadyExists);
        assert_eq!(kind("upid", "no such task"), ErrorKind::NotFound(Subject::Task));
        assert!(matches!(kind("upid", "unable to parse worker upid"), ErrorKind::InvalidParameter { .. }));
        assert!(matches!(kind("skiplock", "Only root may use this option."), ErrorKind::InvalidParameter { .. }));
        assert!(matches!(
            kind("vmid", "invalid format - value does not look like a valid VM ID"),
            ErrorKind::InvalidParameter { .. }
        ));
        assert!(matches!(kind("bogus", "unknown option 'bogus'"), ErrorKind::InvalidParameter { .. }));
    }
}
