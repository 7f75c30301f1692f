//! The addresses at which a cluster answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use secrecy::SecretString;
use url::{Host, Url};

use super::Error;

/// One or several addresses of the same cluster: `https://pve01:8006`, or several separated by commas, or a list.
pub trait IntoEndpoints {
    /// The addresses as text.
    fn into_endpoints(self) -> Vec<String>;
}

impl IntoEndpoints for &str {
    fn into_endpoints(self) -> Vec<String> {
        self.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect()
    }
}

impl IntoEndpoints for String {
    fn into_endpoints(self) -> Vec<String> {
        self.as_str().into_endpoints()
    }
}

impl IntoEndpoints for &String {
    fn into_endpoints(self) -> Vec<String> {
        self.as_str().into_endpoints()
    }
}

impl<T: AsRef<str>> IntoEndpoints for Vec<T> {
    fn into_endpoints(self) -> Vec<String> {
        self.as_slice().into_endpoints()
    }
}

impl<T: AsRef<str>> IntoEndpoints for &[T] {
    fn into_endpoints(self) -> Vec<String> {
        self.iter().flat_map(|urls| urls.as_ref().into_endpoints()).collect()
    }
}

impl<T: AsRef<str>, const N: usize> IntoEndpoints for [T; N] {
    fn into_endpoints(self) -> Vec<String> {
        self.as_slice().into_endpoints()
    }
}

/// The endpoints, and the one that answered last.
#[derive(Debug)]
pub(super) struct Endpoints {
    all: Vec<Endpoint>,
    current: AtomicUsize,
    /// Of the proxies.
    secrets: Vec<SecretString>,
}

/// Where requests go.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// Up to and including `/api2/json`.
    pub(super) base: String,
    url: Url,
    /// Whether a port was written, or the one that is meant by the scheme alone.
    names_port: bool,
    /// The proxy through which it is asked.
    pub(super) proxy: Option<String>,
}

impl Endpoints {
    /// `plain_allowed`: whether http is accepted for other hosts than this one.
    pub(super) fn new(urls: &[String], plain_allowed: bool) -> Result<Self, Error> {
        if urls.is_empty() {
            return Err(Error::config("no address of a Proxmox VE given"));
        }
        let all = urls.iter().map(|url| Endpoint::new(url, plain_allowed)).collect::<Result<_, _>>()?;
        Ok(Self { all, current: AtomicUsize::new(0), secrets: Vec::new() })
    }

    /// Notes of each through which proxy it is asked.
    #[cfg(feature = "reqwest")]
    pub(super) fn through(&mut self, proxies: &api_transport::proxy::Proxies) -> Result<(), Error> {
        for endpoint in &mut self.all {
            let Some(proxy) = proxies.of_url(&endpoint.url).map_err(Error::config)? else { continue };
            tracing::info!(endpoint = endpoint.server(), %proxy, "Proxmox VE is asked through a proxy");
            self.secrets.extend(proxy.secrets());
            endpoint.proxy = Some(proxy.to_string());
        }
        Ok(())
    }

    /// Each alone.
    pub(super) fn each(&self) -> impl Iterator<Item = Self> {
        let secrets = || self.secrets.clone();
        let alone = move |endpoint: &Endpoint| vec![endpoint.clone()];
        self.all.iter().map(move |it| Self { all: alone(it), current: AtomicUsize::new(0), secrets: secrets() })
    }

    /// The addresses as they are written.
    pub(super) fn servers(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(Endpoint::server)
    }

    #[cfg(feature = "reqwest")]
    pub(super) fn any_encrypted(&self) -> bool {
        self.all.iter().any(|endpoint| endpoint.url.scheme() == "https")
    }

    /// Every endpoint once, the one that answered last first.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = (usize, &Endpoint)> {
        let first = self.current.load(Ordering::Relaxed);
        (0..self.all.len()).map(move |step| {
            let index = (first + step) % self.all.len();
            (index, &self.all[index])
        })
    }

    pub(super) fn answered(&self, index: usize) {
        self.current.store(index, Ordering::Relaxed);
    }

    pub(super) fn get(&self, index: usize) -> Option<&Endpoint> {
        self.all.get(index)
    }

    /// What must not be shown of the proxies.
    pub(super) fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }
}

impl Endpoint {
    fn new(text: &str, plain_allowed: bool) -> Result<Self, Error> {
        let (base, url) = base(text, plain_allowed)?;
        Ok(Self { base, url, names_port: names_port(text), proxy: None })
    }

    /// As its address is written, without the path of the API.
    pub(super) fn server(&self) -> &str {
        self.base.strip_suffix("/api2/json").unwrap_or(&self.base)
    }

    /// Host and port, and the proxy in between.
    pub(super) fn place(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        let way = self.proxy.as_ref().map(|proxy| format!(" (through the proxy {proxy})")).unwrap_or_default();
        format!("{}:{port}{way}", self.url.host_str().unwrap_or_default())
    }

    /// Said where something else, or nobody, is found at the port that was meant by the scheme alone.
    pub(super) fn about_port(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        if self.names_port {
            return String::new();
        }
        format!("; its address names no port, so it was {port}: Proxmox VE itself listens on 8006")
    }

    /// Where an answer sends us: scheme, host and port only, as the rest may hold a secret.
    pub(super) fn target(&self, location: &str) -> Option<String> {
        let target = self.url.join(location).ok()?;
        let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}", target.scheme(), target.host_str()?))
    }
}

/// Whether a port is written in an address; parsed, the usual one of the scheme is gone.
fn names_port(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit()))
}

fn base(text: &str, plain_allowed: bool) -> Result<(String, Url), Error> {
    let example = "expected something like https://pve01.example.org:8006";
    // The address may hold a password, so it is not repeated before that is ruled out.
    let url = Url::parse(text)
        .map_err(|error| Error::config(format!("not an address of a Proxmox VE: {error}; {example}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("an address must not hold a user or password; give a token"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::config(format!("not an address of a Proxmox VE; {example}")));
    }
    let this_host = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(Error::config(format!("not an address of a Proxmox VE: {text:?}; {example}"))),
    };
    match url.scheme() {
        "https" => {}
        "http" if this_host || plain_allowed => {}
        "http" => {
            return Err(Error::config(format!("{text}: http would send the credentials in the clear; use https")));
        }
        _ => return Err(Error::config(format!("not an address of a Proxmox VE: {text:?}; {example}"))),
    }
    let base = url.as_str().trim_end_matches('/');
    let base = base.strip_suffix("/api2/json").unwrap_or(base);
    Ok((format!("{base}/api2/json"), url))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        for (text, expected) in [
            ("https://pve01:8006", "https://pve01:8006/api2/json"),
            ("https://pve01:8006/", "https://pve01:8006/api2/json"),
            ("https://pve01:8006/api2/json/", "https://pve01:8006/api2/json"),
            ("https://proxy/pve", "https://proxy/pve/api2/json"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1/api2/json"),
            ("http://[::1]:1", "http://[::1]:1/api2/json"),
        ] {
            assert_eq!(base(text, false).unwrap().0, expected);
        }
    }

    #[test]
    fn what_is_wrong_or_unsafe_is_refused() {
        for text in ["pve01:8006", "pve01", "", "ftp://pve01", "https://pve01/?x=1", "http://pve01:8006"] {
            assert!(base(text, false).is_err(), "{text}");
        }
        assert!(base("http://pve01:8006", true).is_ok());
        let error = base("https://root:hunter2@pve01:8006", false).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn a_port_that_is_not_written_is_said() {
        for (text, port) in [
            ("https://pve01", Some("443")),
            ("https://pve01/x:8", Some("443")),
            ("http://[::1]", Some("80")),
            ("https://pve01:443", None),
            ("https://pve01:8006/", None),
            ("http://[::1]:80", None),
        ] {
            let said = Endpoint::new(text, false).unwrap().about_port();
            assert_eq!(said.is_empty(), port.is_none(), "{text}: {said}");
            assert!(said.contains(port.unwrap_or_default()) && (port.is_none() || said.contains("8006")), "{said}");
        }
    }

    #[test]
    fn a_redirects_target_is_told_without_what_may_be_secret() {
        let endpoint = Endpoint::new("https://pve01:8006", false).unwrap();
        assert_eq!(endpoint.target("https://u:p@sso.example.org/x?token=1").unwrap(), "https://sso.example.org");
        assert_eq!(endpoint.target("/login").unwrap(), "https://pve01:8006");
    }

    #[test]
    fn several_may_come_as_text_or_as_a_list() {
        assert_eq!("https://a, https://b,".into_endpoints(), ["https://a", "https://b"]);
        assert_eq!(["https://a", "https://b"].into_endpoints(), vec!["https://a", "https://b"].into_endpoints());
        assert!(Endpoints::new(&[], false).is_err());
    }

    #[test]
    fn the_one_that_answered_is_asked_first() {
        let endpoints = Endpoints::new(&["https://a", "https://b", "https://c"].into_endpoints(), false).unwrap();
        endpoints.answered(1);
        assert_eq!(endpoints.in_turn().map(|(index, _)| index).collect::<Vec<_>>(), [1, 2, 0]);
    }
}
