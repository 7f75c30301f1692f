//! What became of a request that got no whole answer, and how that is told.
//!
//! The same file in proxmox-api and netbox-api, which know nothing of each other; a test of the front-ends compares them.

use std::error::Error as StdError;
use std::time::Duration;

use super::proxy::Proxy;
use super::verifier::Untrusted;

/// How far the request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It could not even be made.
    Unmade,
    /// The certificate is not trusted; nothing was sent.
    Untrusted,
    /// There is no connection; nothing was sent.
    Unconnected,
    /// It was sent, and nothing came in time.
    Late,
    /// The connection broke after that.
    Broken,
}

impl Outcome {
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        match () {
            () if error.is_builder() => Self::Unmade,
            () if error.is_connect() => Self::Unconnected,
            () if error.is_timeout() => Self::Late,
            () => Self::Broken,
        }
    }
}

/// A request without a whole answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub(crate) outcome: Outcome,
    /// What happened, with server and proxy.
    pub(crate) text: String,
    /// Of the certificate that is not trusted.
    pub(crate) fingerprint: Option<String>,
}

/// Who was asked.
pub(crate) struct Asked<'a> {
    /// As its address is written, such as `https://pve01:8006`.
    pub(crate) server: &'a str,
    pub(crate) proxy: Option<&'a Proxy>,
    /// How long was waited, where that is known.
    pub(crate) limit: Option<Duration>,
    /// Said where it may be that nobody is there, or another.
    pub(crate) hint: &'a str,
}

/// `outcome` is what is known without looking for a certificate that is not trusted.
pub(crate) fn unanswered(error: &(dyn StdError + 'static), outcome: Outcome, asked: &Asked<'_>) -> Unanswered {
    let Asked { server, proxy, limit, hint } = *asked;
    let untrusted = Untrusted::find(causes(error)).filter(|_| outcome != Outcome::Unmade);
    let outcome = if untrusted.is_some() { Outcome::Untrusted } else { outcome };
    let way = proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
    let root = causes(error).last().map(ToString::to_string).unwrap_or_default();
    let of_proxy = proxy.filter(|_| outcome == Outcome::Unconnected).and_then(|_| proxys_part(error, server, &root));
    let hint = if of_proxy.as_ref().is_none_or(|part| part.at_server) { hint } else { "" };
    let cause = of_proxy.map_or(root, |part| part.text);
    let fingerprint = untrusted.as_ref().and_then(|untrusted| untrusted.fingerprint.clone());
    let text = match (outcome, untrusted) {
        (Outcome::Unmade, _) => format!("the request cannot be made: {cause}"),
        (Outcome::Late, _) => match limit {
            Some(limit) => format!("{server} did not answer{way} within {} s", limit.as_secs_f32()),
            None => format!("{server} did not answer{way} in time"),
        },
        (Outcome::Broken, _) => format!("the connection to {server}{way} broke: {cause}"),
        (_, Some(Untrusted { fingerprint, reason })) => {
            let shown = fingerprint.map(|shown| format!(" (SHA-256 fingerprint {shown})")).unwrap_or_default();
            format!("the certificate that {server} shows{way} is not trusted: {reason}{shown}{hint}")
        }
        _ => format!("cannot connect to {server}{way}: {cause}{hint}"),
    };
    Unanswered { outcome, text, fingerprint }
}

struct ProxysPart {
    text: String,
    /// Whether it may be the server that did not take the connection.
    at_server: bool,
}

/// What the proxy has to do with a connection that was not made. hyper-util's error of a tunnel cannot be named: its
/// texts are what tells (0.1.21).
fn proxys_part(error: &(dyn StdError + 'static), server: &str, root: &str) -> Option<ProxysPart> {
    let tunnel = causes(error).find_map(|cause| Some(cause.to_string().strip_prefix("tunnel error: ")?.to_owned()));
    let (text, at_server) = match tunnel.as_deref() {
        // Without a tunnel, the connection is the one to the proxy.
        Some("failed to create underlying connection") => (format!("the proxy cannot be reached: {root}"), false),
        None if server.starts_with("http:") => (format!("the proxy cannot be reached: {root}"), false),
        Some("proxy authorization required") => (ASKS_FOR_PASSWORD.to_owned(), false),
        Some("unsuccessful") => ("the proxy cannot connect to it, or does not allow it".to_owned(), true),
        Some(other) => (format!("the proxy answers, but not as a proxy: {other}"), false),
        None => return None,
    };
    Some(ProxysPart { text, at_server })
}

/// What a proxy's answer 407 means.
pub(crate) const ASKS_FOR_PASSWORD: &str = "the proxy asks for a user and a password that it accepts (407)";

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}
