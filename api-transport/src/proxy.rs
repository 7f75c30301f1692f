//! Which requests go through an HTTP proxy: decided from data, the environment's variables among it.
//!
//! reqwest's own reading of the environment is not used: it knows no ports in `NO_PROXY`, takes `*` there for names only, sends
//! requests to this host to a proxy, and ignores without a word a proxy that it cannot use.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// Where the choice of a proxy comes from. It is not shown, as it may hold a password.
#[derive(Default)]
pub enum Source {
    /// The process's environment.
    #[default]
    Environment,
    /// These variables in its place.
    Variables(BTreeMap<String, String>),
    /// This proxy for everything.
    Given(SecretString),
    /// No proxy.
    Refused,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    /// From variables as pairs; others than those of proxies are not kept.
    pub fn variables<N: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let text = |text: OsString| text.into_string().ok();
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((text(name.into())?, text(value.into())?)));
        let matters = |name: &str| name == CGI || name.to_ascii_uppercase().ends_with("_PROXY");
        Self::Variables(pairs.filter(|(name, _)| matters(name)).collect())
    }

    /// The proxies, none of them judged yet: one that is not needed may be of a kind that is not supported.
    #[must_use]
    pub fn proxies(self) -> Proxies {
        match self {
            Self::Environment => Self::variables(std::env::vars_os()).proxies(),
            Self::Variables(variables) => Proxies::of(&variables),
            Self::Given(text) => {
                let proxy = Some(Proxy::parse("the proxy", text.expose_secret()));
                Proxies { http: proxy.clone(), https: proxy, except: Vec::new(), loopback: true }
            }
            Self::Refused => Proxies::default(),
        }
    }
}

/// Set by a web server that runs a CGI program. There a header of whoever asks, `Proxy:`, becomes the variable
/// `HTTP_PROXY`.
const CGI: &str = "REQUEST_METHOD";

/// The proxies for each kind of address, and where none is used. An error is text for a person.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Result<Proxy, String>>,
    https: Option<Result<Proxy, String>>,
    except: Vec<Exception>,
    /// Whether this host is asked through them, too.
    loopback: bool,
}

impl Proxies {
    fn of(variables: &BTreeMap<String, String>) -> Self {
        // An empty variable is one that is not set.
        let get = |name: &str| variables.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let either = |upper: &'static str| {
            let believed = upper != "HTTP_PROXY" || !variables.contains_key(CGI);
            let lower = upper.to_ascii_lowercase();
            let upper = get(upper).filter(|_| believed).map(|text| (upper.to_owned(), text));
            upper.or_else(|| get(&lower).map(|text| (lower.clone(), text)))
        };
        let proxy = |name| either(name).or_else(|| either("ALL_PROXY")).map(|(name, text)| Proxy::parse(&name, text));
        let except = either("NO_PROXY").map_or("", |(_, text)| text);
        let except = except.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        Self {
            http: proxy("HTTP_PROXY"),
            https: proxy("HTTPS_PROXY"),
            except: except.map(Exception::parse).collect(),
            loopback: false,
        }
    }

    /// The proxy through which this address is asked, if it is.
    ///
    /// # Errors
    /// One that would be needed and cannot be used.
    pub fn of_url(&self, url: &Url) -> Result<Option<Proxy>, String> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        let (Some(proxy), Some(host)) = (proxy, url.host()) else { return Ok(None) };
        let port = url.port_or_known_default();
        if (!self.loopback && is_loopback(&host)) || self.except.iter().any(|except| except.covers(&host, port)) {
            return Ok(None);
        }
        proxy.clone().map(Some)
    }

    /// The same decision as reqwest asks for it.
    pub(crate) fn into_reqwest(self) -> reqwest::Proxy {
        // What cannot be used was refused when the client was built.
        reqwest::Proxy::custom(move |url| self.of_url(url).ok().flatten().map(|proxy| proxy.0))
    }
}

/// A proxy. Shown as host and port, never with its user and password.
#[derive(Clone)]
pub struct Proxy(Url);

impl Proxy {
    /// `name`: what the text is the value of.
    fn parse(name: &str, text: &str) -> Result<Self, String> {
        // The text may hold a password, so no error repeats any of it.
        let example = "like http://proxy.example.org:3128";
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        match Url::parse(&full) {
            Ok(url) if url.scheme() == "http" && url.has_host() => Ok(Self(url)),
            Ok(url) if matches!(url.scheme(), "https" | "socks4" | "socks4a" | "socks5" | "socks5h") => {
                let scheme = url.scheme();
                Err(format!(
                    "{name} is a proxy of the kind {scheme}, which is not supported: give an HTTP proxy, {example}"
                ))
            }
            _ => Err(format!("{name} is not the address of an HTTP proxy: it should be {example}")),
        }
    }

    /// What must not be shown: the password, and the header that is made of it.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretString> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (self.0.username(), self.0.password());
        // A user alone may be a token.
        let Some(secret) = password.or(Some(user).filter(|user| !user.is_empty())) else { return Vec::new() };
        let header = BASE64_STANDARD.encode(format!("{}:{}", decoded(user), decoded(password.unwrap_or_default())));
        vec![header.into(), secret.into(), decoded(secret).into()]
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.0.port_or_known_default().unwrap_or(80);
        write!(f, "{}:{port}", self.0.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An entry of `NO_PROXY`: where no proxy is used, at this port or at any.
#[derive(Clone, Debug)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    All,
    Network(IpNet),
    /// This name, and every name that ends in it after a dot.
    Name(String),
}

impl Exception {
    fn parse(entry: &str) -> Self {
        // An IPv6 address has colons of its own.
        if let Some(network) = network(entry) {
            return Self { hosts: Hosts::Network(network), port: None };
        }
        let split = entry.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = split.map_or((entry, None), |(host, port)| (host, Some(port)));
        let hosts = match (host, network(host)) {
            ("*", _) => Hosts::All,
            (_, Some(network)) => Hosts::Network(network),
            (name, None) => Hosts::Name(plain(name.trim_start_matches('*'))),
        };
        Self { hosts, port }
    }

    fn covers(&self, host: &Host<&str>, port: Option<u16>) -> bool {
        let here = match (&self.hosts, address(host), host) {
            (Hosts::All, ..) => true,
            (Hosts::Network(network), Some(address), _) => network.contains(&address),
            (Hosts::Name(end), _, Host::Domain(name)) => {
                let name = plain(name);
                name.strip_suffix(end.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            _ => false,
        };
        here && (self.port.is_none() || self.port == port)
    }
}

/// A name in the one form in which names are compared: small letters, no dot at either end.
fn plain(name: &str) -> String {
    name.trim_matches('.').to_ascii_lowercase()
}

/// An address or a network, an IPv6 one with or without brackets.
fn network(text: &str) -> Option<IpNet> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| bare.parse::<IpAddr>().ok().map(IpNet::from))
}

fn address(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        _ => address(host).is_some_and(|address| address.is_loopback()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The proxy (or why there is none) with which an environment has a URL asked.
    fn way(variables: &[(&str, &str)], url: &str) -> String {
        match Source::variables(variables.iter().copied()).proxies().of_url(&Url::parse(url).unwrap()) {
            Ok(Some(proxy)) => proxy.to_string(),
            Ok(None) => "direct".to_owned(),
            Err(why) => why,
        }
    }

    #[test]
    fn each_kind_of_address_has_its_variable_in_either_case() {
        let (http, https) = (("HTTP_PROXY", "http://one:1"), ("HTTPS_PROXY", "http://two:2"));
        let (lower, all) = (("https_proxy", "three:3"), ("ALL_PROXY", "four:4"));
        for (variables, url, expected) in [
            (&[][..], "https://pve01:8006", "direct"),
            (&[http, https], "https://pve01:8006", "two:2"),
            (&[http, https], "http://pve01:8006", "one:1"),
            (&[http], "https://pve01:8006", "direct"),
            (&[https, lower], "https://pve01:8006", "two:2"),
            (&[lower], "https://pve01:8006", "three:3"),
            (&[("HTTPS_PROXY", " "), lower], "https://pve01:8006", "three:3"),
            (&[https, all], "http://pve01", "four:4"),
            (&[("all_proxy", "http://proxy")], "https://pve01", "proxy:80"),
            (&[("HTTPS_PROXY", "http://[2001:db8::1]:3128/x")], "https://pve01", "[2001:db8::1]:3128"),
            // Of a CGI program the upper-case one comes from whoever asks.
            (&[http, ("REQUEST_METHOD", "GET")], "http://pve01", "direct"),
            (&[("http_proxy", "one:1"), ("REQUEST_METHOD", "GET")], "http://pve01", "one:1"),
        ] {
            assert_eq!(way(variables, url), expected, "{variables:?} {url}");
        }
    }

    #[test]
    fn where_none_is_used() {
        for (no_proxy, url, direct) in [
            ("", "https://pve01", false),
            ("*", "https://pve01", true),
            ("*", "https://192.0.2.1", true),
            ("example.org", "https://example.org", true),
            ("example.org", "https://PVE01.Example.org:8006", true),
            (".example.org", "https://pve01.example.org", true),
            ("*.example.org", "https://pve01.example.org.", true),
            ("example.org", "https://notexample.org", false),
            ("example.org", "https://example.org.net", false),
            ("pve01", "https://pve01.example.org", false),
            ("pve01:8006", "https://pve01:8006", true),
            ("pve01:8006", "https://pve01", false),
            ("pve01:443", "https://pve01", true),
            ("*:8006", "https://192.0.2.1:8006", true),
            ("192.0.2.1", "https://192.0.2.1:8006", true),
            ("192.0.2.1:8006", "https://192.0.2.1:8006", true),
            ("192.0.2.1:8006", "https://192.0.2.1", false),
            ("192.0.2.0/24", "https://192.0.2.255", true),
            ("192.0.2.0/24", "https://192.0.3.0", false),
            ("2001:db8::/32", "https://[2001:db8::1]:8006", true),
            ("[2001:db8::1]:8006", "https://[2001:db8::1]:8006", true),
            ("[2001:db8::1]:8006", "https://[2001:db8::1]", false),
            ("2001:db8::1", "https://[2001:db8::2]", false),
            (" a, b\tpve01,,", "https://pve01", true),
            // This host is never asked through a proxy of the environment.
            ("", "https://localhost:8006", true),
            ("", "https://127.0.0.2", true),
            ("", "https://[::1]:8006", true),
        ] {
            for name in ["NO_PROXY", "no_proxy"] {
                let expected = if direct { "direct" } else { "p:1" };
                assert_eq!(way(&[("HTTPS_PROXY", "p:1"), (name, no_proxy)], url), expected, "{name}={no_proxy} {url}");
            }
        }
        let both = [("HTTPS_PROXY", "p:1"), ("NO_PROXY", "a"), ("no_proxy", "b")];
        assert_eq!((way(&both, "https://a"), way(&both, "https://b")), ("direct".into(), "p:1".into()));
    }

    #[test]
    fn a_proxy_that_is_none_is_named_by_its_variable_where_it_is_needed() {
        let (word, example) = ("hunter2", "http://proxy.example.org:3128");
        for text in ["http://", "http://user:hunter2@", "ftp://hunter2@proxy", "hunter2://proxy", "hunter2 b"] {
            let why = way(&[("https_proxy", text)], "https://pve01");
            assert!(why.starts_with("https_proxy is not ") && why.contains(example) && !why.contains(word), "{why}");
        }
        let why = way(&[("ALL_PROXY", "socks5://u:hunter2@p:1")], "https://pve01");
        assert!(why.starts_with("ALL_PROXY is a proxy of the kind socks5") && !why.contains(word), "{why}");
        assert_eq!(way(&[("ALL_PROXY", "socks5://p:1"), ("NO_PROXY", "pve01")], "https://pve01"), "direct");
    }

    #[test]
    fn one_that_is_given_is_for_everything_and_none_is_none() {
        let of = |source: Source, url: &str| source.proxies().of_url(&Url::parse(url).unwrap()).unwrap();
        for url in ["https://pve01", "http://127.0.0.1:1"] {
            assert_eq!(of(Source::Given("p:1".into()), url).unwrap().to_string(), "p:1");
            assert!(of(Source::Refused, url).is_none());
        }
    }

    #[test]
    fn its_password_is_known_and_not_shown() {
        let proxy = Proxy::parse("x", "http://us%40er:hunter%2F2@proxy:3128").unwrap();
        assert_eq!(format!("{proxy} {proxy:?}"), "proxy:3128 proxy:3128");
        let secrets = proxy.secrets();
        let secrets: Vec<_> = secrets.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(secrets, ["dXNAZXI6aHVudGVyLzI=", "hunter%2F2", "hunter/2"]);
        assert_eq!(Proxy::parse("x", "token-alone@proxy").unwrap().secrets()[1].expose_secret(), "token-alone");
        assert!(Proxy::parse("x", "proxy").unwrap().secrets().is_empty());
    }
}
