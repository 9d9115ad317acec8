//! The query of an address: what is searched, which rows of a list are wanted, and from where on.

use url::form_urlencoded;

use super::index::ListPlace;
use crate::snapshot::ListedMembership;

/// Rows of a page.
pub(super) const ROWS: usize = 100;

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct PageQuery {
    pub(super) sid: String,
    /// The search.
    pub(super) q: String,
    /// What a row must have in one of its names or SIDs.
    pub(super) text: String,
    pub(super) status: String,
    pub(super) role: String,
    pub(super) muted: bool,
    /// The rows in front of the page.
    pub(super) from: u64,
    #[serde(skip)]
    pub(super) after: Option<ListPlace>,
}

impl PageQuery {
    pub(super) fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        let (mut sort, mut id) = (None, None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*key {
                "sid" => parsed.sid = value,
                "q" => value.trim().clone_into(&mut parsed.q),
                "text" => value.trim().clone_into(&mut parsed.text),
                "status" => parsed.status = value,
                "role" => parsed.role = value,
                "muted" => parsed.muted = !value.is_empty(),
                "from" => parsed.from = value.parse().unwrap_or_default(),
                "sort" => sort = Some(value),
                "id" => id = value.parse().ok(),
                _ => {}
            }
        }
        if let (Some(sort), Some(id)) = (sort, id) {
            parsed.after = Some(ListPlace { sort, id });
        }
        parsed
    }

    /// The query that has the same rows, from another row on.
    pub(super) fn at(&self, from: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in
            [("sid", &self.sid), ("text", &self.text), ("status", &self.status), ("role", &self.role)]
        {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        if self.muted {
            query.append_pair("muted", "1");
        }
        if from > 0 {
            query.append_pair("from", &from.to_string());
        }
        query.finish()
    }

    pub(super) fn wants(&self, row: &ListedMembership) -> bool {
        let is = |wanted: &str, value: Option<&str>| wanted.is_empty() || value == Some(wanted);
        let has = || {
            let wanted = self.text.to_lowercase();
            let texts = [
                Some(&row.channel_sid),
                row.unique_name.as_ref(),
                row.channel_friendly_name.as_ref(),
                row.user_sid.as_ref(),
                row.member_sid.as_ref(),
                row.identity.as_ref(),
                row.user_friendly_name.as_ref(),
            ];
            texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&wanted))
        };
        is(&self.status, row.status.as_deref())
            && is(&self.role, row.role.as_deref())
            && (!self.muted || row.is_muted())
            && (self.text.is_empty() || has())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_written_again_as_it_was() {
        let query =
            PageQuery::parse("sid=US1&text=%20A+b%20&status=joined&role=channel+user&muted=1&from=100");
        assert_eq!((query.text.as_str(), query.from, query.muted), ("A b", 100, true));
        assert_eq!(PageQuery::parse(&query.at(100)), query);
        assert_eq!(PageQuery::parse(&query.at(0)).from, 0);
        assert_eq!(PageQuery::parse("from=nonsense&muted=&other=1"), PageQuery::default());
    }

    #[test]
    fn a_row_is_wanted_when_all_that_is_asked_for_holds() {
        let row = ListedMembership {
            channel_sid: "CH1".to_owned(),
            channel_friendly_name: Some("General".to_owned()),
            status: Some("joined".to_owned()),
            role: Some("channel user".to_owned()),
            notification_level: Some("muted".to_owned()),
            ..ListedMembership::default()
        };
        for (query, wanted) in [
            ("", true),
            ("text=GENER", true),
            ("text=ch1", true),
            ("text=other", false),
            ("status=joined&role=channel+user&muted=1&text=general", true),
            ("status=invited", false),
            ("role=channel", false),
        ] {
            assert_eq!(PageQuery::parse(query).wants(&row), wanted, "{query}");
        }
        assert!(!PageQuery::parse("muted=1").wants(&ListedMembership::default()));
    }
}
