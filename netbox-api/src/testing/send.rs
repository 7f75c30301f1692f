//! Sends a delivery: HTTP/1.1 on a new connection, the headers exactly as given, redirects followed as GET without a body (seen: 4.7.3).

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::delivery::{Attempt, Delivery};

const MOST_REDIRECTS: usize = 5;

/// Sends it and waits for the answer, up to the webhook's timeout.
pub(super) async fn send(delivery: &Delivery) -> Attempt {
    match tokio::time::timeout(delivery.timeout, follow(delivery)).await {
        Ok(Ok(status)) => Attempt::Answered(status),
        Ok(Err(error)) => Attempt::Failed(error.to_string()),
        Err(_) => Attempt::Failed("no answer in time".to_owned()),
    }
}

async fn follow(delivery: &Delivery) -> io::Result<u16> {
    let mut url = Url::parse(&delivery.url).map_err(io::Error::other)?;
    let (mut method, mut body) = (delivery.method.as_str(), delivery.body.as_slice());
    for _ in 0..=MOST_REDIRECTS {
        let (status, location) = exchange(&url, method, &delivery.headers, body).await?;
        match location.filter(|_| matches!(status, 301..=303 | 307 | 308)) {
            None => return Ok(status),
            Some(location) => url = url.join(&location).map_err(io::Error::other)?,
        }
        if matches!(status, 301..=303) {
            (method, body) = ("GET", &[]);
        }
    }
    Err(io::Error::other("too many redirects"))
}

/// One request and the head of its answer: status and `Location`.
async fn exchange(
    url: &Url,
    method: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<(u16, Option<String>)> {
    let host = url
        .host_str()
        .filter(|_| url.scheme() == "http")
        .ok_or_else(|| io::Error::other("only http:// is spoken here"))?;
    let mut stream = TcpStream::connect((host, url.port().unwrap_or(80))).await?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut head = format!("{method} {}{query} HTTP/1.1\r\n", url.path());
    for (name, value) in headers {
        let about_body = name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("content-length");
        if !(about_body && body.is_empty()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut chunk = [0; 1024];
        match stream.read(&mut chunk).await? {
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer")),
            count => answer.extend_from_slice(&chunk[..count]),
        }
    }
    let text = String::from_utf8_lossy(&answer);
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let location = lines.take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    status.map(|status| (status, location)).ok_or_else(|| io::Error::other("not HTTP"))
}
