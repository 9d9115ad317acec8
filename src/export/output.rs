//! The way of bytes to a file: collected, compressed, counted and hashed.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::format::Compression;
use crate::storage::hex;

/// How many bytes are collected before they go on. Large enough that the cost of a system call does not show.
const CHUNK: usize = 256 * 1024;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The size in bytes, after compression.
    pub(super) bytes: u64,
    /// The SHA-256 of these bytes, in hexadecimal.
    pub(super) sha256: String,
}

/// A file in the making: a buffer that writers append to, and what drains it.
pub(super) struct Output<W: Write> {
    /// The bytes not yet handed on.
    pub(super) buffer: Vec<u8>,
    drain: Drain<W>,
}

enum Drain<W: Write> {
    Plain(Tally<W>),
    Gzip(GzEncoder<Tally<W>>),
    Zstd(zstd::Encoder<'static, Tally<W>>),
}

impl<W: Write> Output<W> {
    /// An empty file that ends in `inner`.
    pub(super) fn new(inner: W, compression: Option<Compression>) -> io::Result<Self> {
        let tally = Tally { inner, hasher: Sha256::new(), bytes: 0 };
        let drain = match compression {
            None => Drain::Plain(tally),
            Some(Compression::Gzip) => Drain::Gzip(GzEncoder::new(tally, flate2::Compression::new(6))),
            Some(Compression::Zstd) => Drain::Zstd(zstd::Encoder::new(tally, 1)?),
        };
        Ok(Self { buffer: Vec::with_capacity(CHUNK + CHUNK / 8), drain })
    }

    /// Hands the buffer on when it is full. Writers call it after each row.
    pub(super) fn row_done(&mut self) -> io::Result<()> {
        if self.buffer.len() < CHUNK { Ok(()) } else { self.hand_on() }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        let drain: &mut dyn Write = match &mut self.drain {
            Drain::Plain(tally) => tally,
            Drain::Gzip(encoder) => encoder,
            Drain::Zstd(encoder) => encoder,
        };
        drain.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Writes everything, trailers included.
    pub(super) fn finish(mut self) -> io::Result<(W, Written)> {
        self.hand_on()?;
        let mut tally = match self.drain {
            Drain::Plain(tally) => tally,
            Drain::Gzip(encoder) => encoder.finish()?,
            Drain::Zstd(encoder) => encoder.finish()?,
        };
        tally.inner.flush()?;
        let written = Written { bytes: tally.bytes, sha256: hex(&tally.hasher.finalize()) };
        Ok((tally.inner, written))
    }
}

/// For writers that want to be given a file.
impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        self.row_done()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts and hashes what passes.
struct Tally<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Tally<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
