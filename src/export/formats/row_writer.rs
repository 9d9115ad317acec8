//! What every format implements.

use std::io;

use super::output::Output;
use crate::mapping::MappedRow;

/// Writes the rows of one file in one format.
///
/// **Invariant:** nothing is lost on the way to `finish`: after it, everything was handed to the output, trailers included.
pub(in crate::export) trait RowWriter<W: io::Write> {
    fn row(&mut self, row: &MappedRow<'_>) -> io::Result<()>;

    /// Writes what is still held back and gives the output back.
    fn finish(self: Box<Self>) -> io::Result<Output<W>>;
}
