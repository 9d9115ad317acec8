//! Collects the bytes of a file, compresses, counts and hashes them.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::format::Compression;
use crate::storage::hex;

/// How many bytes are collected before they are written. Large enough that the cost of a system call does not show.
const CHUNK: usize = 256 * 1024;

/// What a file's bytes came to, after compression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::export) struct OutputDigest {
    pub(in crate::export) bytes: u64,
    /// In hexadecimal.
    pub(in crate::export) sha256: String,
}

/// A file that is being written: a buffer that writers append to, and the compressor behind it.
pub(in crate::export) struct Output<W: Write> {
    pub(in crate::export) buffer: Vec<u8>,
    encoder: Encoder<W>,
}

enum Encoder<W: Write> {
    Plain(ByteCounter<W>),
    Gzip(GzEncoder<ByteCounter<W>>),
    Zstd(zstd::Encoder<'static, ByteCounter<W>>),
}

impl<W: Write> Output<W> {
    pub(in crate::export) fn new(inner: W, compression: Option<Compression>) -> io::Result<Self> {
        let counter = ByteCounter { inner, hasher: Sha256::new(), bytes: 0 };
        let encoder = match compression {
            None => Encoder::Plain(counter),
            Some(Compression::Gzip) => Encoder::Gzip(GzEncoder::new(counter, flate2::Compression::new(6))),
            Some(Compression::Zstd) => Encoder::Zstd(zstd::Encoder::new(counter, 1)?),
        };
        Ok(Self { buffer: Vec::with_capacity(CHUNK + CHUNK / 8), encoder })
    }

    /// Passes the buffer on when it is full. Writers call it after each row.
    pub(in crate::export) fn row_done(&mut self) -> io::Result<()> {
        if self.buffer.len() < CHUNK { Ok(()) } else { self.flush_buffer() }
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        let encoder: &mut dyn Write = match &mut self.encoder {
            Encoder::Plain(counter) => counter,
            Encoder::Gzip(encoder) => encoder,
            Encoder::Zstd(encoder) => encoder,
        };
        encoder.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Writes everything, trailers included.
    pub(in crate::export) fn finish(mut self) -> io::Result<(W, OutputDigest)> {
        self.flush_buffer()?;
        let mut counter = match self.encoder {
            Encoder::Plain(counter) => counter,
            Encoder::Gzip(encoder) => encoder.finish()?,
            Encoder::Zstd(encoder) => encoder.finish()?,
        };
        counter.inner.flush()?;
        let digest = OutputDigest { bytes: counter.bytes, sha256: hex(&counter.hasher.finalize()) };
        Ok((counter.inner, digest))
    }
}

/// For the Parquet writer, which writes to a file.
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
struct ByteCounter<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Write for ByteCounter<W> {
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
