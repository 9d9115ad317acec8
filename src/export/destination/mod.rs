//! Where an export's files go: a folder, or a prefix of a bucket.

#[cfg(feature = "cloud")]
mod bucket;
mod file_destination;
mod folder;
mod former;
mod nowhere;

#[cfg(feature = "cloud")]
pub(super) use bucket::{BucketFile, StoreObjects, StorePrefix, json_objects};
pub(super) use file_destination::FileDestination;
pub(super) use folder::{OutputFolder, lock as lock_folder};
pub(super) use former::{PACKAGE, examples};
pub(super) use nowhere::Nowhere;
