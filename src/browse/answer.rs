//! What a request is answered: a page, a list as CSV, or that there is no such page.

/// An answer, before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageAnswer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// The name under which a browser stores it.
    pub(super) download: Option<String>,
}

impl PageAnswer {
    pub(super) fn page(html: String) -> Self {
        Self {
            status: 200,
            content_type: "text/html; charset=utf-8",
            body: html.into_bytes(),
            download: None,
        }
    }

    pub(super) fn csv(name: String, body: Vec<u8>) -> Self {
        Self { status: 200, content_type: "text/csv; charset=utf-8", body, download: Some(name) }
    }

    pub(super) fn plain(status: u16, text: &str) -> Self {
        let body = format!("{text}\n").into_bytes();
        Self { status, content_type: "text/plain; charset=utf-8", body, download: None }
    }

    #[must_use]
    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}
