//! The addresses at which a cluster answers.

use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// Up to and including `/api2/json`.
    bases: Vec<String>,
    current: AtomicUsize,
}

impl Endpoints {
    /// `plain_allowed`: whether http is accepted for other hosts than this one.
    pub(super) fn new(urls: &[String], plain_allowed: bool) -> Result<Self, Error> {
        if urls.is_empty() {
            return Err(Error::config("no address of a Proxmox VE given"));
        }
        let bases = urls.iter().map(|url| base(url, plain_allowed)).collect::<Result<_, _>>()?;
        Ok(Self { bases, current: AtomicUsize::new(0) })
    }

    pub(super) fn any_encrypted(&self) -> bool {
        self.bases.iter().any(|base| base.starts_with("https:"))
    }

    /// Every endpoint once, the one that answered last first.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = (usize, &str)> {
        let first = self.current.load(Ordering::Relaxed);
        (0..self.bases.len()).map(move |step| {
            let index = (first + step) % self.bases.len();
            (index, self.bases[index].as_str())
        })
    }

    pub(super) fn answered(&self, index: usize) {
        self.current.store(index, Ordering::Relaxed);
    }
}

fn base(text: &str, plain_allowed: bool) -> Result<String, Error> {
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
    Ok(format!("{base}/api2/json"))
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
            assert_eq!(base(text, false).unwrap(), expected);
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
