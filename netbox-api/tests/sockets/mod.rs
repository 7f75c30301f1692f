//! Servers and proxies whose bytes are written by hand, each at a port of its own.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What listens, and what it was asked.
pub(crate) struct Listener {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    /// Answers every request with these bytes and closes the connection.
    pub(crate) async fn start(reply: String) -> Self {
        let (listener, socket) = Self::bind().await;
        let seen = listener.requests.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = socket.accept().await {
                let Some(request) = request(&mut stream).await else { continue };
                let echo = request.replace("\r\n", " ").replace('"', "'");
                seen.lock().unwrap().push(request);
                let _ = stream.write_all(reply.replace("ECHO", &echo).as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        listener
    }

    async fn bind() -> (Self, TcpListener) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap().to_string();
        (Self { address, requests: Arc::default() }, socket)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A whole answer.
pub(crate) fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A proxy whose every tunnel leads to this server, whatever was asked for; without one, the answer is this status.
pub(crate) async fn tunnels(server: Result<String, &'static str>) -> Listener {
    let (listener, socket) = Listener::bind().await;
    let seen = listener.requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let Some(request) = request(&mut stream).await else { continue };
            seen.lock().unwrap().push(request);
            let status = server.as_ref().err().unwrap_or(&"200 Connection established");
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await;
            let Ok(server) = &server else { continue };
            let mut server = TcpStream::connect(server).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut stream, &mut server).await });
        }
    });
    listener
}

/// A server with a certificate that it signed itself.
pub(crate) struct Encrypted {
    pub(crate) address: String,
    pub(crate) pem: String,
    pub(crate) fingerprint: String,
}

/// Answers everything with this JSON.
pub(crate) async fn encrypted(json: &'static str) -> Encrypted {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let fingerprint =
        Sha256::digest(made.cert.der()).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (listener, socket) = Listener::bind().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            // A client that does not trust us hangs up here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = request(&mut stream).await;
            let _ = stream.write_all(answer("200 OK", json).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Encrypted { address: listener.address, pem: made.cert.pem(), fingerprint }
}

/// The head of the next request.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// Where nobody listens. The port stays taken, or another test's server would be given it and answer.
pub(crate) fn nobody() -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    std::mem::forget(socket);
    address
}
