//! Bodies, and what is told of a request that got no answer.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use api_transport::{Asked, Body, Outcome, TransportError, Unread, Untrusted};
use bytes::Bytes;
use http_body::Frame;

/// A body whose length nobody knows before its end.
struct Parts(VecDeque<Result<&'static str, &'static str>>);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let part = self.0.pop_front();
        Poll::Ready(part.map(|part| part.map(|text| Frame::data(text.into())).map_err(Into::into)))
    }
}

fn parts<const N: usize>(parts: [Result<&'static str, &'static str>; N]) -> Body {
    Body::new(Parts(parts.into()))
}

#[tokio::test]
async fn a_body_is_read_up_to_a_length() {
    for body in [|| Body::from("abcdef"), || parts([Ok("abc"), Ok(""), Ok("def")])] {
        assert_eq!(body().collect(6).await.unwrap(), b"abcdef");
        assert!(matches!(body().collect(5).await, Err(Unread::Longer)));
        let shown = format!("{:?}", body());
        assert!(!shown.contains("abc"), "{shown}");
    }
    assert_eq!(Body::default().collect(0).await.unwrap(), b"");
    assert_eq!(Body::from("abc").as_bytes().unwrap(), "abc");
    assert!(parts([]).as_bytes().is_none());
    // One that breaks off is no short one, and an error is not wrapped twice.
    let Err(Unread::Broken(error)) = parts([Ok("abc"), Err("reset")]).collect(6).await else { panic!() };
    assert_eq!(error.outcome(), Outcome::Broken);
    let Err(Unread::Broken(error)) = Body::new(Body::new(Late)).collect(6).await else { panic!() };
    assert_eq!(error.outcome(), Outcome::Late);
}

struct Late;

impl http_body::Body for Late {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        Poll::Ready(Some(Err(TransportError::ambiguous("slow").late())))
    }
}

#[test]
fn an_error_says_how_far_the_request_came() {
    let untrusted = |shown: Option<&str>| {
        let fingerprint = shown.map(str::to_owned);
        TransportError::untrusted(Untrusted { fingerprint, reason: "it has expired".to_owned() })
    };
    let limit = Some(Duration::from_secs(5));
    for (error, limit, outcome, told) in [
        (TransportError::unmade("no host"), None, Outcome::Unmade, "the request cannot be made: no host"),
        (
            TransportError::not_sent("no route"),
            None,
            Outcome::Unconnected,
            "cannot connect to https://pve through the proxy p:1: no route; is it 8006?",
        ),
        (
            TransportError::not_sent("no route").late(),
            None,
            Outcome::Unconnected,
            "cannot connect to https://pve through the proxy p:1: no route; is it 8006?",
        ),
        (
            untrusted(Some("AA:BB")),
            None,
            Outcome::Untrusted,
            "the certificate that https://pve shows through the proxy p:1 is not trusted: it has expired (SHA-256 fingerprint \
             AA:BB); is it 8006?",
        ),
        (
            untrusted(None),
            None,
            Outcome::Untrusted,
            "the certificate that https://pve shows through the proxy p:1 is not trusted: it has expired; is it 8006?",
        ),
        (
            TransportError::ambiguous("reset"),
            None,
            Outcome::Broken,
            "the connection to https://pve through the proxy p:1 broke: reset",
        ),
        (
            TransportError::ambiguous("slow").late(),
            limit,
            Outcome::Late,
            "https://pve did not answer through the proxy p:1 within 5 s",
        ),
        (
            TransportError::ambiguous("slow").late(),
            None,
            Outcome::Late,
            "https://pve did not answer through the proxy p:1 in time",
        ),
    ] {
        let asked = Asked { server: "https://pve", proxy: Some("p:1"), limit, hint: "; is it 8006?" };
        assert_eq!((error.outcome(), error.told(&asked)), (outcome, told.to_owned()));
        let may_be_sent = matches!(outcome, Outcome::Late | Outcome::Broken);
        assert_eq!((error.may_be_sent(), error.to_string().contains("was not sent")), (may_be_sent, !may_be_sent));
    }
    assert!(TransportError::not_sent("no route").late().is_late());
    assert_eq!(untrusted(Some("AA:BB")).fingerprint(), Some("AA:BB"));
}
