//! Nowhere: files that are written to be checked, and dropped.

use std::io;

use super::file_destination::FileDestination;
use crate::export::error::ExportError;

#[derive(Debug)]
pub(in crate::export) struct Nowhere;

impl FileDestination for Nowhere {
    type File = io::Sink;

    fn create(&self, _name: &str) -> Result<io::Sink, ExportError> {
        Ok(io::sink())
    }

    fn complete(&self, _file: &mut io::Sink) -> io::Result<()> {
        Ok(())
    }

    fn publish(self, _files: Vec<(String, io::Sink)>, _package: io::Sink) -> Result<(), ExportError> {
        Ok(())
    }

    fn failed(&self, _name: &str, source: io::Error) -> ExportError {
        ExportError::Stream(source)
    }
}
