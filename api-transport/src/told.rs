//! What became of a request that got no whole answer, told to a person.

use std::error::Error as StdError;
use std::time::Duration;

use crate::error::causes;
use crate::{Outcome, TransportError};

/// Who was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// As its address is written, such as `https://pve01:8006`.
    pub server: &'a str,
    /// The proxy in between, without its password.
    pub proxy: Option<&'a str>,
    /// How long was waited, where that is known.
    pub limit: Option<Duration>,
    /// Said where it may be that nobody is there, or another.
    pub hint: &'a str,
}

impl TransportError {
    /// What happened, with server and proxy.
    #[must_use]
    pub fn told(&self, asked: &Asked<'_>) -> String {
        let Asked { server, proxy, limit, hint } = *asked;
        let outcome = self.outcome();
        let way = proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
        let root = causes(self).last().map(ToString::to_string).unwrap_or_default();
        let of_proxy = proxy.filter(|_| outcome == Outcome::Unconnected).and_then(|_| proxys_part(self, server, &root));
        let hint = if of_proxy.as_ref().is_none_or(|part| part.at_server) { hint } else { "" };
        let cause = of_proxy.map_or(root, |part| part.text);
        match outcome {
            Outcome::Unmade => format!("the request cannot be made: {cause}"),
            Outcome::Late => match limit {
                Some(limit) => format!("{server} did not answer{way} within {} s", limit.as_secs_f32()),
                None => format!("{server} did not answer{way} in time"),
            },
            Outcome::Broken => format!("the connection to {server}{way} broke: {cause}"),
            Outcome::Untrusted => {
                let shown =
                    self.fingerprint().map(|shown| format!(" (SHA-256 fingerprint {shown})")).unwrap_or_default();
                let reason = self.untrusted.as_ref().map_or(cause, |untrusted| untrusted.reason.clone());
                format!("the certificate that {server} shows{way} is not trusted: {reason}{shown}{hint}")
            }
            Outcome::Unconnected => format!("cannot connect to {server}{way}: {cause}{hint}"),
        }
    }
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
pub const ASKS_FOR_PASSWORD: &str = "the proxy asks for a user and a password that it accepts (407)";
