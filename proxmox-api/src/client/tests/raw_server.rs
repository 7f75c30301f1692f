//! A server whose bytes are written by hand: reason phrases, broken connections, silence.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What to do with the next request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Write these bytes and close.
    Bytes(String),
    /// What is made of the request.
    With(fn(&str) -> Reply),
    /// Close without an answer.
    Close,
    /// Read the request and say nothing.
    Silence,
}

impl Reply {
    pub(super) fn status(line: &str, body: &str) -> Self {
        let length = body.len();
        Reply::Bytes(format!("HTTP/1.1 {line}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    pub(super) fn data(json: &str) -> Self {
        Self::status("200 OK", &format!("{{\"data\":{json}}}"))
    }
}

pub(super) struct RawServer {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    /// Answers the requests in order, the last reply again and again; one request for each connection.
    pub(super) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                let reply = {
                    let mut seen = seen.lock().unwrap();
                    let reply = match &replies[seen.len().min(replies.len() - 1)] {
                        Reply::With(make) => make(&request),
                        reply => reply.clone(),
                    };
                    seen.push(request);
                    reply
                };
                match reply {
                    Reply::With(_) => unreachable!("a reply made of a request is none to be made"),
                    Reply::Bytes(bytes) => {
                        let _ = stream.write_all(bytes.as_bytes()).await;
                        let _ = stream.shutdown().await;
                    }
                    Reply::Close => drop(stream),
                    Reply::Silence => silent.push(stream),
                }
            }
        });
        Self { url, requests }
    }

    /// The first line of each request.
    pub(super) fn lines(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| request.lines().next().unwrap().to_owned()).collect()
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

pub(super) async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text.into_owned());
        }
    }
}

/// An address at which nobody listens.
pub(super) fn nobody() -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    // The port stays taken, or another test's server would be given it and answer.
    std::mem::forget(socket);
    url
}
