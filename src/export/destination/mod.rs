//! Where an export's files go: a folder, or a prefix of a bucket.

#[cfg(feature = "cloud")]
mod bucket;
mod destination;
mod folder;
mod former;

#[cfg(feature = "cloud")]
pub(super) use bucket::Bucket;
pub(super) use destination::Destination;
pub(super) use folder::Folder;
pub(super) use former::PACKAGE;
