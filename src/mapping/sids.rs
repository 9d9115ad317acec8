//! SIDs of another service: what the filter `counterpart` gives for a SID of this one.
//!
//! Where they are from is not for a mapping to know. An export hands in something that looks them up.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};

/// What a look-up gives: the SID in the target; nothing where there is none yet.
type Found = Result<Option<String>, Box<dyn Error + Send + Sync>>;

/// The target's SIDs by those of the source.
#[derive(Clone)]
pub struct SidMap(Arc<dyn Fn(&str) -> Found + Send + Sync>);

impl SidMap {
    /// A map that asks this for every SID.
    pub fn new(look_up: impl Fn(&str) -> Found + Send + Sync + 'static) -> Self {
        Self(Arc::new(look_up))
    }

    /// The target's SID of a source's SID.
    pub(super) fn target(&self, source: &str) -> Found {
        (self.0)(source)
    }
}

impl fmt::Debug for SidMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SidMap(…)")
    }
}

impl fmt::Display for SidMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SIDs")
    }
}

impl Object for SidMap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}
