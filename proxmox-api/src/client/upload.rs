//! A file as the body of a request: a form of parts (`multipart/form-data`), of which the last is the file.
//!
//! Proxmox takes no body without a length (`501 chunked transfer encoding not supported`, 9.1), so that is said beforehand.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use api_transport::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};

use crate::params::Params;

/// How much of the file is read at once.
const CHUNK: usize = 64 * 1024;

/// The type and the body: the parameters as fields, then the file under the name that `filename` is.
pub(super) fn body(params: &Params, length: u64, file: impl AsyncRead + Send + 'static) -> (String, Body) {
    let random = || RandomState::new().hash_one(0);
    let boundary = format!("{:016x}{:016x}", random(), random());
    let mut head = String::new();
    for (name, value) in params.iter().filter(|(name, _)| *name != "filename") {
        head += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let filename: String = params.get("filename").unwrap_or_default().replace(['"', '\\', '\r', '\n'], "_");
    head += &format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"{filename}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let size = head.len() as u64 + length + tail.len() as u64;
    let around = VecDeque::from([Bytes::from(head), Bytes::from(tail)]);
    let form = Form { around, file: Box::pin(file), left: length, size };
    (format!("multipart/form-data; boundary={boundary}"), Body::new(form))
}

/// What is still to be sent.
struct Form<R> {
    /// What is before the file, and what is behind it.
    around: VecDeque<Bytes>,
    file: Pin<Box<R>>,
    /// How much of the file.
    left: u64,
    /// How much in all.
    size: u64,
}

impl<R: AsyncRead> Form<R> {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let mut chunk = vec![0; CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK))];
        let mut buffer = ReadBuf::new(&mut chunk);
        ready!(self.file.as_mut().poll_read(context, &mut buffer))?;
        let read = buffer.filled().len();
        if read == 0 {
            let message = format!("the file ends {} bytes before its length", self.left);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, message)));
        }
        chunk.truncate(read);
        self.left -= read as u64;
        Poll::Ready(Ok(chunk.into()))
    }
}

impl<R: AsyncRead> HttpBody for Form<R> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let form = &mut *self;
        let bytes = match form.around.len() {
            1 if form.left > 0 => ready!(form.poll_chunk(context))?,
            _ => match form.around.pop_front() {
                Some(bytes) => bytes,
                None => return Poll::Ready(None),
            },
        };
        form.size -= bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size)
    }
}
