//! Through a proxy, and what is said of it. The proxies are in this process, and environments are data.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used)]

mod sockets;

use std::time::Duration;

use netbox_api::{Client, ClientBuilder, Error, ErrorKind, Phase};
use sockets::{Listener, answer, encrypted, tunnels};

const STATUS: &str = r#"{"netbox-version": "4.7.3"}"#;

fn builder(url: &str) -> ClientBuilder {
    Client::builder(url).token("nbt_key.KNOWN-TOKEN".to_owned().into()).retries(0, Duration::ZERO)
}

async fn failure(builder: ClientBuilder) -> Error {
    builder.build().unwrap().status().await.unwrap_err()
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_only_the_server_sees_the_token() {
    let server = encrypted(STATUS).await;
    let proxy = tunnels(Ok(server.address.clone())).await;
    let variables = [("https_proxy", format!("user:word@{}", proxy.address))];
    let client =
        builder("https://netbox.invalid").fingerprint(&server.fingerprint).proxy_from(variables).build().unwrap();
    assert_eq!(client.status().await.unwrap().netbox_version, "4.7.3");
    let asked = proxy.requests().concat();
    assert!(asked.starts_with("CONNECT netbox.invalid:443 HTTP/1.1\r\n"), "{asked}");
    // The Base64 of what the proxy wants.
    assert!(asked.contains("proxy-authorization: Basic dXNlcjp3b3Jk\r\n"), "{asked}");
    assert!(!asked.contains("KNOWN-TOKEN"), "{asked}");
}

#[tokio::test]
async fn http_is_handed_to_the_proxy_which_answers() {
    let proxy = Listener::start(answer("200 OK", STATUS)).await;
    builder("http://netbox.invalid:8000")
        .proxy_from([("HTTP_PROXY", &proxy.address)])
        .build()
        .unwrap()
        .status()
        .await
        .unwrap();
    builder("http://127.0.0.1:1").proxy(proxy.address.as_str()).build().unwrap().status().await.unwrap();
    let requests = proxy.requests();
    assert!(requests[0].starts_with("GET http://netbox.invalid:8000/api/status/ HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[1].starts_with("GET http://127.0.0.1:1/api/status/ HTTP/1.1\r\n"), "{requests:?}");
}

#[tokio::test]
async fn no_proxy_is_used_where_none_should_be() {
    let (server, proxy) = (Listener::start(answer("200 OK", STATUS)).await, tunnels(Err("500 no")).await);
    let url = format!("http://{}", server.address);
    // A host of this machine, without a word in NO_PROXY.
    let variables = [("HTTP_PROXY", &proxy.address), ("ALL_PROXY", &proxy.address)];
    builder(&url).proxy_from(variables).build().unwrap().status().await.unwrap();
    builder(&url).proxy(proxy.address.as_str()).no_proxy().build().unwrap().status().await.unwrap();
    assert_eq!((server.requests().len(), proxy.requests().len()), (2, 0));
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_refused_at_once() {
    let secret = "socks5://user:hunter2@proxy:1080";
    let error = builder("https://netbox").proxy_from([("HTTPS_PROXY", secret)]).build().unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Config, Phase::NotSent));
    assert!(error.message().starts_with("HTTPS_PROXY is a proxy of the kind socks5"), "{error}");
    assert!(
        builder("https://netbox").proxy(secret.to_owned()).build().unwrap_err().message().starts_with("the proxy is")
    );
    // One that is not needed hurts nobody.
    let unused = [("HTTPS_PROXY", secret), ("NO_PROXY", "netbox")];
    assert!(
        !matches!(builder("https://netbox").insecure().proxy_from(unused).build(), Err(error) if error.to_string().contains("PROXY"))
    );
}

#[tokio::test]
async fn an_error_of_the_proxy_is_told_as_the_proxys() {
    let mut table = vec![(sockets::nobody(), "the proxy cannot be reached: Connection refused")];
    for (status, cause) in [
        ("407 Proxy Authentication Required", "the proxy asks for a user and a password that it accepts (407)"),
        ("403 Forbidden", "the proxy cannot connect to it, or does not allow it"),
        ("502 Bad Gateway", "the proxy cannot connect to it, or does not allow it"),
    ] {
        table.push((tunnels(Err(status)).await.address.clone(), cause));
    }
    for (proxy, cause) in table {
        let error = failure(builder("https://netbox.invalid").insecure().proxy(format!("u:hunter2@{proxy}"))).await;
        let text = format!("cannot connect to https://netbox.invalid through the proxy {proxy}: {cause}");
        assert!(error.message().starts_with(&text), "{error}");
        assert_eq!((error.kind(), error.phase()), (ErrorKind::Unavailable, Phase::NotSent), "{error}");
    }
}

#[tokio::test]
async fn an_error_on_the_way_names_the_proxy() {
    let page = "<html>Access denied</html>";
    for (reply, kind, says) in [
        (String::new(), ErrorKind::Unavailable, "the connection to http://netbox.invalid through the proxy {} broke"),
        (answer("403 Forbidden", page), ErrorKind::NotNetBox, "netbox.invalid:80 (through the proxy {})"),
        (answer("503 Unavailable", page), ErrorKind::Unavailable, "netbox.invalid:80 (through the proxy {})"),
        (answer("504 Gateway Timeout", ""), ErrorKind::Unavailable, "no details given (through the proxy {})"),
        (answer("407 Required", page), ErrorKind::Unavailable, "through the proxy {}: the proxy asks for"),
    ] {
        let proxy = Listener::start(reply).await;
        let error = failure(builder("http://netbox.invalid").proxy(proxy.address.clone())).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(&says.replace("{}", &proxy.address)), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_that_a_proxy_brought_names_the_proxy() {
    let server = encrypted(STATUS).await;
    let proxy = tunnels(Ok(server.address.clone())).await;
    let error =
        failure(builder("https://netbox.invalid").fingerprint("00".repeat(32)).proxy(proxy.address.clone())).await;
    assert_eq!((error.kind(), error.fingerprint()), (ErrorKind::Certificate, Some(server.fingerprint.as_str())));
    assert!(error.message().contains(&format!("through the proxy {}", proxy.address)), "{error}");
}
