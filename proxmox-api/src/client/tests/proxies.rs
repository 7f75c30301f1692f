//! Through a proxy, and what is said of it. The proxies are in this process, and environments are data.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::ALL_VERSIONS;

use super::raw_server::{RawServer, Reply, nobody, read_request};
use super::tls::{fingerprint, serve};
use super::*;
use crate::client::{ClientBuilder, Error, ErrorKind, Phase};

const VERSION: &str = "{\"version\":\"9.1.7\"}";

/// A proxy that makes tunnels.
struct Tunnels {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    /// Every tunnel leads to this server, whatever was asked for; without one, the answer is this status.
    async fn start(server: Result<String, &'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                seen.lock().unwrap().push(request);
                let status = server.as_ref().err().unwrap_or(&"200 Connection established");
                let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await;
                let Ok(server) = &server else { continue };
                let mut server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut stream, &mut server).await });
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder(url).token(TOKEN)
}

async fn failure(builder: ClientBuilder) -> Error {
    builder.build().unwrap().version().await.unwrap_err()
}

/// A server with TLS, and the fingerprint of its certificate.
async fn encrypted() -> (String, String) {
    let shown = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let url = serve(shown.cert.der().clone(), &shown.signing_key, ALL_VERSIONS).await;
    (url.replace("https://localhost", "127.0.0.1"), fingerprint(shown.cert.der()))
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_only_the_server_sees_the_token() {
    let (server, fingerprint) = encrypted().await;
    let proxy = Tunnels::start(Ok(server)).await;
    let variables = [("https_proxy", format!("user:word@{}", proxy.address))];
    let client = builder("https://pve01.invalid:8006").fingerprint(fingerprint).proxy_from(variables).build().unwrap();
    assert_eq!(client.version().await.unwrap().version.as_deref(), Some("9.1.7"));
    let asked = proxy.asked().concat();
    assert!(asked.starts_with("CONNECT pve01.invalid:8006 HTTP/1.1\r\n"), "{asked}");
    // The Base64 of what the proxy wants.
    assert!(asked.contains("proxy-authorization: Basic dXNlcjp3b3Jk\r\n"), "{asked}");
    assert!(!asked.contains("PVEAPIToken"), "{asked}");
}

#[tokio::test]
async fn http_is_handed_to_the_proxy_which_answers() {
    let proxy = RawServer::start(vec![Reply::data(VERSION)]).await;
    let by_variable = builder("http://pve01.invalid:8006").insecure().proxy_from([("HTTP_PROXY", &proxy.url)]);
    by_variable.build().unwrap().version().await.unwrap();
    let given = builder("http://127.0.0.1:1").proxy(proxy.url.as_str());
    given.build().unwrap().version().await.unwrap();
    assert_eq!(
        proxy.lines(),
        [
            "GET http://pve01.invalid:8006/api2/json/version HTTP/1.1",
            "GET http://127.0.0.1:1/api2/json/version HTTP/1.1"
        ]
    );
}

#[tokio::test]
async fn no_proxy_is_used_where_none_should_be() {
    let (server, proxy) = (RawServer::start(vec![Reply::data(VERSION)]).await, Tunnels::start(Err("500 no")).await);
    // A host of this machine, without a word in NO_PROXY.
    let variables = [("HTTP_PROXY", &proxy.address), ("ALL_PROXY", &proxy.address)];
    builder(&server.url).proxy_from(variables).build().unwrap().version().await.unwrap();
    builder(&server.url).proxy(proxy.address.as_str()).no_proxy().build().unwrap().version().await.unwrap();
    assert_eq!((server.lines().len(), proxy.asked().len()), (2, 0));
}

#[tokio::test]
async fn each_endpoint_has_its_own_way() {
    let (server, proxy) =
        (RawServer::start(vec![Reply::data(VERSION)]).await, RawServer::start(vec![Reply::Close]).await);
    let urls = ["http://pve01.invalid:8006", &server.url];
    let variables = [("HTTP_PROXY", proxy.url.as_str()), ("NO_PROXY", "pve02.invalid")];
    let client = Client::builder(urls).token(TOKEN).insecure().proxy_from(variables).build().unwrap();
    let shown: Vec<_> = client.inner.endpoints.in_turn().map(|(_, endpoint)| endpoint.proxy.is_some()).collect();
    assert_eq!(shown, [true, false]);
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_refused_at_once() {
    let secret = "socks5://user:hunter2@proxy:1080";
    let error = builder("https://pve01").proxy_from([("HTTPS_PROXY", secret)]).build().unwrap_err();
    assert_eq!((error.kind(), error.phase()), (&ErrorKind::Config, Phase::NotSent));
    assert!(error.message().starts_with("HTTPS_PROXY is a proxy of the kind socks5"), "{error}");
    assert!(builder("https://pve01").proxy(secret).build().unwrap_err().message().starts_with("the proxy is"));
    // One that is not needed hurts nobody.
    builder("https://pve01").proxy_from([("HTTPS_PROXY", secret), ("NO_PROXY", "pve01")]).build().unwrap();
    let own = own_client(Duration::ZERO);
    let error = builder("https://pve01").http_client(own).proxy("p:1").build().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn an_error_of_the_proxy_is_told_as_the_proxys() {
    let down = nobody().replace("http://", "");
    let wants = "the proxy asks for a user and a password that it accepts (407)";
    let mut table = vec![(down, "the proxy cannot be reached: Connection refused")];
    for (status, cause) in [
        ("407 Proxy Authentication Required", wants),
        ("403 Forbidden", "the proxy cannot connect to it, or does not allow it"),
        ("502 Bad Gateway", "the proxy cannot connect to it, or does not allow it"),
    ] {
        table.push((Tunnels::start(Err(status)).await.address, cause));
    }
    for (proxy, cause) in table {
        let error = failure(builder("https://pve01.invalid:8006").insecure().proxy(format!("u:hunter2@{proxy}"))).await;
        let text = format!("cannot connect to https://pve01.invalid:8006 through the proxy {proxy}: {cause}");
        assert!(error.message().starts_with(&text), "{error}");
        assert_eq!((error.kind(), error.phase()), (&ErrorKind::Unavailable, Phase::NotSent), "{error}");
        assert!(!error.message().contains("8006:") && !error.message().contains("names no port"), "{error}");
    }
}

#[tokio::test]
async fn an_error_on_the_way_names_the_proxy() {
    let page = "<html>Access denied</html>";
    for (reply, kind, says) in [
        (
            Reply::Close,
            ErrorKind::Unavailable,
            "the connection to http://pve01.invalid:8006 through the proxy {} broke",
        ),
        (Reply::status("403 Forbidden", page), ErrorKind::NotProxmox, "pve01.invalid:8006 (through the proxy {})"),
        (Reply::status("503 Unavailable", page), ErrorKind::Unavailable, "pve01.invalid:8006 (through the proxy {})"),
        (Reply::status("504 Gateway Timeout", ""), ErrorKind::Timeout, "Gateway Timeout (through the proxy {})"),
        (Reply::status("407 Required", page), ErrorKind::Unavailable, "through the proxy {}: the proxy asks for"),
        (Reply::data("7"), ErrorKind::Decode, "the answer is not understood"),
    ] {
        let proxy = RawServer::start(vec![reply]).await;
        let error = failure(builder("http://pve01.invalid:8006").insecure().proxy(proxy.url.as_str())).await;
        assert_eq!(*error.kind(), kind, "{error}");
        assert!(error.message().contains(&says.replace("{}", &proxy.url.replace("http://", ""))), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_that_a_proxy_brought_names_the_proxy() {
    let (server, fingerprint) = encrypted().await;
    let proxy = Tunnels::start(Ok(server)).await;
    let error =
        failure(builder("https://pve01.invalid:8006").fingerprint("00".repeat(32)).proxy(proxy.address.as_str())).await;
    assert_eq!((error.kind(), error.fingerprint()), (&ErrorKind::Certificate, Some(fingerprint.as_str())));
    assert!(error.message().contains(&format!("through the proxy {}", proxy.address)), "{error}");
}
