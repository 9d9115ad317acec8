//! Reads the body of an answer, within limits of size and of time.
//!
//! **Invariant:** memory is bounded whatever is sent. A body is given up while it is read, once it is larger than allowed after
//! decompression; and of the bodies that are larger than usual, one is read at a time.
//!
//! **Why a least speed:** the time-out between two pieces does not end a body that comes byte by byte, and the time-out of the attempt
//! does so late.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Bodies up to this size are read side by side. The largest pages that Twilio sends, a hundred messages with all they may hold, are
/// about half of it.
const USUAL: usize = 4 << 20;

/// What is read of the body of a failure. Twilio's are less than a kilobyte.
pub(super) const MOST_OF_A_FAILURE: usize = 64 << 10;

/// The time that any body has, and how many bytes have to come in each further second, on average.
const HEAD_START: Duration = Duration::from_secs(10);
pub(super) const LEAST_SPEED: usize = 1 << 10;

/// Where the pieces of a body come from.
pub(super) trait Pieces {
    type Error;

    /// The next piece, decompressed; none at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;
}

impl Pieces for reqwest::Response {
    type Error = reqwest::Error;

    async fn next(&mut self) -> Result<Option<Bytes>, reqwest::Error> {
        self.chunk().await
    }
}

/// A body that was read to its end.
#[derive(Debug)]
pub(super) struct AnswerBody {
    pub(super) bytes: Bytes,
    /// Held until a large body has been parsed.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is held"))]
    pub(super) turn: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(super) enum BodyFailure<E> {
    /// It is larger than allowed. With the beginning.
    TooLarge(Bytes),
    TooSlow,
    Broken(E),
}

/// Reads a body of no more than `most` bytes. `large` has one permit, for the bodies that are larger than usual.
pub(super) async fn read_body<P: Pieces>(
    pieces: &mut P,
    most: usize,
    large: &Arc<Semaphore>,
) -> Result<AnswerBody, BodyFailure<P::Error>> {
    let mut deadline = Instant::now() + HEAD_START;
    let mut bytes = BytesMut::new();
    let mut turn = None;
    loop {
        let received = timeout_at(deadline, pieces.next()).await;
        let received = received.map_err(|_elapsed| BodyFailure::TooSlow)?.map_err(BodyFailure::Broken)?;
        let Some(piece) = received else { return Ok(AnswerBody { bytes: bytes.freeze(), turn }) };
        let length = bytes.len() + piece.len();
        if length > most {
            return Err(BodyFailure::TooLarge(bytes.freeze()));
        }
        if length > USUAL && turn.is_none() {
            let since = Instant::now();
            // The semaphore is never closed; without a permit a large body would only be read beside another one.
            turn = Arc::clone(large).acquire_owned().await.ok();
            deadline += since.elapsed();
        }
        deadline += Duration::from_secs(1).mul_f64(seconds(piece.len()));
        bytes.extend_from_slice(&piece);
    }
}

/// The seconds that so many bytes may take.
fn seconds(bytes: usize) -> f64 {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    f64::from(bytes) / f64::from(u32::try_from(LEAST_SPEED).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of a size, each after a time, so many of them.
    struct Scripted {
        size: usize,
        after: Duration,
        count: usize,
        taken: usize,
    }

    impl Scripted {
        fn new(size: usize, after: Duration, count: usize) -> Self {
            Self { size, after, count, taken: 0 }
        }
    }

    impl Pieces for Scripted {
        type Error = ();

        async fn next(&mut self) -> Result<Option<Bytes>, ()> {
            tokio::time::sleep(self.after).await;
            if self.taken == self.count {
                return Ok(None);
            }
            self.taken += 1;
            Ok(Some(Bytes::from(vec![b'x'; self.size])))
        }
    }

    fn one() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(1))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_grows_over_its_limit_is_given_up_there() {
        let mut pieces = Scripted::new(1000, Duration::ZERO, 11);
        let body = read_body(&mut pieces, 11_000, &one()).await.unwrap();
        assert_eq!(body.bytes.len(), 11_000);
        let mut pieces = Scripted::new(1000, Duration::ZERO, 1_000_000);
        let Err(BodyFailure::TooLarge(beginning)) = read_body(&mut pieces, 11_000, &one()).await else {
            panic!("it is larger")
        };
        assert_eq!((beginning.len(), pieces.taken), (11_000, 12), "the rest is not taken");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_slower_than_the_least_speed_is_given_up() {
        let started = Instant::now();
        let mut pieces = Scripted::new(1, Duration::from_secs(1), 5000);
        assert!(matches!(read_body(&mut pieces, 10_000, &one()).await, Err(BodyFailure::TooSlow)));
        assert_eq!(started.elapsed().as_secs(), 10, "a byte a second");

        let started = Instant::now();
        let mut pieces = Scripted::new(LEAST_SPEED / 2, Duration::from_secs(1), 5000);
        assert!(matches!(read_body(&mut pieces, 1 << 30, &one()).await, Err(BodyFailure::TooSlow)));
        assert_eq!(started.elapsed().as_secs(), 19, "half of the least speed: when it has brought 9.5 KiB");

        let mut pieces = Scripted::new(LEAST_SPEED, Duration::from_secs(1), 500);
        let body = read_body(&mut pieces, 1 << 30, &one()).await.unwrap();
        assert_eq!(body.bytes.len(), 500 * LEAST_SPEED, "the least speed is enough");

        let mut pieces = Scripted::new(1, Duration::from_millis(900), 10);
        assert_eq!(
            read_body(&mut pieces, 100, &one()).await.unwrap().bytes.len(),
            10,
            "a short one may be slow"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_are_read_one_at_a_time_and_others_beside_them() {
        let large = one();
        let mut first = Scripted::new(USUAL, Duration::from_millis(1), 2);
        let held = read_body(&mut first, usize::MAX, &large).await.unwrap();
        assert!(held.turn.is_some() && large.available_permits() == 0);
        let mut usual = Scripted::new(USUAL, Duration::from_millis(1), 1);
        assert!(read_body(&mut usual, usize::MAX, &large).await.unwrap().turn.is_none());
        let mut second = Scripted::new(USUAL, Duration::from_millis(1), 2);
        let waiting = read_body(&mut second, usize::MAX, &large);
        let waited = tokio::time::timeout(Duration::from_hours(1), waiting).await;
        assert!(waited.is_err(), "the first one is still held");
        drop(held);
        let mut second = Scripted::new(USUAL, Duration::from_millis(1), 2);
        assert_eq!(read_body(&mut second, usize::MAX, &large).await.unwrap().bytes.len(), 2 * USUAL);
    }
}
