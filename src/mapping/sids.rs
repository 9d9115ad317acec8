//! SIDs of another service: what the filter `counterpart` gives for a SID of this one.
//!
//! Where they are from is not for a mapping to know. An export hands in something that looks them up.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};

/// What a lookup gives: the SID in the target; nothing where there is none yet.
type SidLookup = Result<Option<String>, Box<dyn Error + Send + Sync>>;

/// The target's SIDs by those of the source.
#[derive(Clone)]
pub struct SidMap(Arc<dyn Fn(&str) -> SidLookup + Send + Sync>);

impl SidMap {
    /// A map that asks this for every SID.
    pub fn new(look_up: impl Fn(&str) -> SidLookup + Send + Sync + 'static) -> Self {
        Self(Arc::new(look_up))
    }

    /// The target's SID of a source's SID.
    pub(super) fn target(&self, source: &str) -> SidLookup {
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

#[cfg(test)]
mod tests {
    use super::super::{Evaluator, RowOutcome, Sample, Value, parse};
    use super::*;
    use crate::model::Entity;

    const USER: &str = "US00000000000000000000000000000004";

    fn mapping(value: &str) -> super::super::Mapping {
        let text = format!(
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"user\"\nkey = [\"sid\"]\n\
             columns = [\n{{ name = \"sid\", path = \"sid\" }},\n{{ name = \"x\", value = \"{value}\" }},\n]\n"
        );
        parse(&text, "m.toml", None).unwrap()
    }

    fn cell(value: &str, sids: Option<SidMap>) -> Result<Option<String>, String> {
        let mut mapping = mapping(value);
        if let Some(sids) = sids {
            mapping.records[0].set_sids(sids);
        }
        let sample = Sample::full();
        let subject = sample.subject(Entity::User);
        let mut evaluator = Evaluator::new(&mapping.records[0]);
        match evaluator.evaluate(&subject) {
            Ok(RowOutcome::Row(_)) => Ok(match evaluator.row(&subject).value(1) {
                Value::Null => None,
                value => value.to_text().map(std::borrow::Cow::into_owned),
            }),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.message),
        }
    }

    fn known() -> SidMap {
        SidMap::new(|sid| match sid {
            USER => Ok(Some("USnew".to_owned())),
            "boom" => Err(Box::new(std::io::Error::other("the disk is gone"))),
            _ => Ok(None),
        })
    }

    #[test]
    fn a_sid_gives_that_of_the_target_and_null_stays_null() {
        assert_eq!(cell("user.sid|counterpart", Some(known())).unwrap().as_deref(), Some("USnew"));
        assert_eq!(cell("[sid]|map('counterpart')|first", Some(known())).unwrap().as_deref(), Some("USnew"));
        assert_eq!(cell("role_sid|counterpart", Some(known())).unwrap(), None, "it has none yet");
        assert_eq!(cell("none|counterpart", Some(known())).unwrap(), None);
        assert_eq!(
            cell("sid|counterpart or 'new'", Some(Sample::nulls().sids())).unwrap().as_deref(),
            Some("new")
        );
        let made_up = cell("sid|counterpart", Some(Sample::full().sids())).unwrap().unwrap();
        assert_eq!(made_up, format!("US{:032x}", 0));
        let error = cell("'boom'|counterpart", Some(known())).unwrap_err();
        assert!(error.ends_with("counterpart of boom: the disk is gone"), "{error}");
        let error = cell("joined_channels_count|counterpart", Some(known())).unwrap_err();
        assert!(error.contains("needs a SID, not number"), "{error}");
        let error = cell("sid|counterpart", None).unwrap_err();
        assert!(error.contains("needs a plan") && error.contains("--plan FILE"), "{error}");
    }

    #[test]
    fn what_asks_for_sids_of_the_target_is_known_before_a_row_is_read() {
        let place = |value: &str| mapping(value).records[0].needs_plan();
        assert_eq!(place("sid | counterpart").as_deref(), Some("column `x`"));
        assert_eq!(place("[sid]|map( 'counterpart' )|first").as_deref(), Some("column `x`"));
        assert_eq!(place("'|counterpart'"), None, "a text");
        assert_eq!(place("'counterpart' ~ sid"), None, "a text");
        let mut mapping = mapping("'1'");
        mapping.add_condition("sid|counterpart is none", |_| true).unwrap();
        assert_eq!(mapping.records[0].needs_plan().as_deref(), Some("`where`"));
        let error = parse(
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"user\"\nkey = [\"sid\"]\n\
             columns = [{ name = \"sid\", path = \"sid\" }, { name = \"x\", value = \"sid|counterparts\" }]",
            "m.toml",
            None,
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains("unknown filter `counterparts` (did you mean `counterpart`?)"), "{error}");
    }
}
