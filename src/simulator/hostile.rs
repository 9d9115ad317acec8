//! Bodies that harm a careless client: too large, too large once decompressed, or too slow.
//!
//! **Invariant:** each ends by itself, so that a client without a limit fails a test instead of filling the machine.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::faults::HostileBody;
use super::timer::Timer;

const CHUNK: usize = 1 << 20;
/// Four times what a client should take.
const CHUNKS: usize = 256;

/// The body, made from the answer that it stands for.
pub(crate) fn body(kind: HostileBody, answer: &[u8], stop: CancellationToken, timer: Arc<Timer>) -> Body {
    match kind {
        HostileBody::Big => big(),
        HostileBody::GzipBomb => Body::from(bomb()),
        HostileBody::Slow => slow(Bytes::copy_from_slice(answer), stop, timer),
    }
}

/// One endless text in what looks like a page.
fn big() -> Body {
    let chunk = Bytes::from(vec![b'a'; CHUNK]);
    let start = std::iter::once(Bytes::from_static(b"{\"meta\":{\"key\":\""));
    let chunks = start.chain(std::iter::repeat_n(chunk, CHUNKS));
    Body::from_stream(futures_util::stream::iter(chunks.map(Ok::<_, Infallible>)))
}

/// A gzip file (RFC 1952) of zeros.
fn bomb() -> Bytes {
    static BOMB: OnceLock<Bytes> = OnceLock::new();
    BOMB.get_or_init(|| {
        let zeros = vec![0_u8; CHUNK];
        let mut compress = Compress::new(Compression::fast(), false);
        let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 255];
        let mut check = Crc::new();
        for number in 1..=CHUNKS {
            check.update(&zeros);
            let flush = if number == CHUNKS { FlushCompress::Finish } else { FlushCompress::None };
            let mut rest = &zeros[..];
            loop {
                out.reserve(CHUNK / 8);
                let before = compress.total_in();
                let status = compress.compress_vec(rest, &mut out, flush).expect("deflate takes any bytes");
                rest =
                    &rest[usize::try_from(compress.total_in() - before).expect("a part of a chunk fits")..];
                if rest.is_empty() && (number < CHUNKS || status == Status::StreamEnd) {
                    break;
                }
            }
        }
        out.extend(check.sum().to_le_bytes());
        out.extend(check.amount().to_le_bytes());
        Bytes::from(out)
    })
    .clone()
}

/// The answer itself, one byte a second, until the server stops.
fn slow(answer: Bytes, stop: CancellationToken, timer: Arc<Timer>) -> Body {
    let stream =
        futures_util::stream::unfold((answer, stop, timer), |(mut answer, stop, timer)| async move {
            if answer.is_empty() {
                return None;
            }
            let next = timer.until(Instant::now() + Duration::from_secs(1));
            stop.run_until_cancelled(next).await?;
            let byte = answer.split_to(1);
            Some((Ok::<_, Infallible>(byte), (answer, stop, timer)))
        });
    Body::from_stream(stream)
}
