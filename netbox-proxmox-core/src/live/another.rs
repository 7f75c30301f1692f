//! Whether whoever agreed is another person: by the names in NetBox's change log.

/// Somebody who may not agree.
pub(super) struct Excluded<'a> {
    /// Their name, as the change log or a record shows it.
    pub(super) user: &'a str,
    /// Why, of the one who agreed.
    pub(super) why: fn(&str) -> String,
}

/// Whether the one who agreed is none of these.
///
/// # Errors
/// It is one of them, or nobody knows, and why.
pub(super) fn person<'a>(agreed: &'a str, but: &[Excluded<'_>]) -> Result<&'a str, String> {
    if agreed.is_empty() {
        return Err(unproven());
    }
    match but.iter().find(|excluded| is_user(excluded.user, agreed)) {
        Some(excluded) => Err(format!("{}; it takes another person", (excluded.why)(agreed))),
        None => Ok(agreed),
    }
}

/// What is said where the change log does not prove it.
pub(super) fn unproven() -> String {
    "NetBox's change log does not show who set it".to_owned()
}

/// Whether a user is the one who is shown so: as `alice`, or as `alice (Alice Example)` (source: NetBox 4.7.3).
fn is_user(shown: &str, name: &str) -> bool {
    shown.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
}
