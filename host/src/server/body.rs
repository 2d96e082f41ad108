//! Bodies are gathered before a component is asked: whoever sends a byte a second holds a connection, and no instance.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi_http::{Error, WasiBody};

/// So much of a body is waited for; the rest of a longer one flows on as it comes.
const GATHERED: usize = 64 * 1024;

/// Waits for a body, or the beginning of a long one, for as long as `patience`. It ends in an error when it has more
/// than `most` bytes.
pub async fn gather(mut body: Incoming, most: usize, patience: Duration) -> Result<WasiBody, StatusCode> {
    let deadline = Instant::now() + patience;
    let (mut frames, mut length) = (VecDeque::new(), 0);
    while length < GATHERED.min(most) {
        match timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
            Ok(Some(Err(_))) => return Err(StatusCode::BAD_REQUEST),
            Ok(None) => break,
            Ok(Some(Ok(frame))) => {
                length += frame.data_ref().map_or(0, Bytes::len);
                frames.push_back(frame);
            }
        }
    }
    let bounded =
        Limited::new(Gathered { frames, rest: body }, most).map_err(|error| match error.downcast::<hyper::Error>() {
            Ok(error) => Error::Hyper(*error),
            Err(error) if error.is::<LengthLimitError>() => Error::HttpRequestBodySize(None),
            Err(error) => Error::InternalError(Some(error.to_string())),
        });
    Ok(bounded.boxed_unsync())
}

/// What has come, and what may still come.
struct Gathered {
    frames: VecDeque<Frame<Bytes>>,
    rest: Incoming,
}

impl Body for Gathered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if self.rest.is_end_stream() => Poll::Ready(None),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let gathered: usize = self.frames.iter().filter_map(Frame::data_ref).map(Bytes::len).sum();
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(gathered as u64));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(gathered as u64));
        }
        hint
    }
}
