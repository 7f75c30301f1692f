//! Asks a running server how it is.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use netbox_proxmox_core::live::checks::Answered;
use netbox_proxmox_core::live::status::Status;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;

use crate::exit::{Exit, Problem};

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The address at which a server is asked that listens so: one that listens everywhere is asked here.
pub fn address_of(listen: &str) -> String {
    let here = |mut address: SocketAddr| {
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() });
        }
        address.to_string()
    };
    let address = listen.parse().map_or_else(|_| listen.to_owned(), here);
    format!("http://{address}")
}

/// What a server says at an address.
///
/// # Errors
/// The address is none.
pub async fn ask(address: &str) -> Result<Answered, Problem> {
    // The process's provider; the clients bring their own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
    let client = client.map_err(|error| Problem::new(Exit::Failed, format!("HTTP client: {error}")))?;
    let root = format!("{}/", address.trim_end_matches('/'));
    let answer = match client.get(&root).header(ACCEPT, "application/json").send().await {
        Ok(answer) => answer,
        Err(error) if error.is_builder() => {
            return Err(Problem::new(
                Exit::Usage,
                format!("{address} is no address: give one like http://bridge:8080"),
            ));
        }
        Err(error) => return Ok(Answered::Nothing(root_cause(&error))),
    };
    if answer.status() == StatusCode::OK
        && let Ok(status) = answer.json::<Status>().await
        && !status.version.is_empty()
    {
        return Ok(Answered::Status(Box::new(status)));
    }
    // Its status page is off, or somebody else answers.
    let alive = match client.get(format!("{root}livez")).send().await {
        Ok(alive) => alive.text().await.unwrap_or_default(),
        Err(error) => return Ok(Answered::Nothing(root_cause(&error))),
    };
    Ok(match alive.contains("alive") {
        true => Answered::Alive,
        false => Answered::Nothing("another service answers".to_owned()),
    })
}

/// What is at the bottom of an error: `Connection refused`.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match error.is_timeout() {
        true => format!("no answer within {} s", PATIENCE.as_secs()),
        false => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_here() {
        for (listen, address) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8080", "http://[::1]:8080"),
            ("bridge:8080", "http://bridge:8080"),
        ] {
            assert_eq!(address_of(listen), address);
        }
    }
}
