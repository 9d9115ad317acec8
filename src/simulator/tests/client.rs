//! A client for the tests: nothing but reqwest and JSON.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::simulator::truth::without_lone_surrogates;
use crate::simulator::{Options, Running, start};

/// A running simulator and a way to ask it.
pub(super) struct Asked {
    pub(super) running: Running,
    client: reqwest::Client,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&without_lone_surrogates(&self.text)).unwrap()
    }
}

pub(super) async fn simulate(options: Options) -> Asked {
    let client = reqwest::Client::builder()
        .retry(reqwest::retry::never())
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    Asked { running: start(options).await.unwrap(), client }
}

impl Asked {
    /// A path in the service, such as `/Users`.
    pub(super) fn in_service(&self, path: &str) -> String {
        format!("/v2/Services/{}{path}", self.running.service_sid())
    }

    /// A path in the service as Conversations has it.
    pub(super) fn in_conversations(&self, path: &str) -> String {
        format!("/v1/Services/{}{path}", self.running.service_sid())
    }

    pub(super) async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        let request = self.client.get(format!("{}{path}", self.running.url()));
        self.send(request.basic_auth(self.running.account_sid(), Some(self.running.auth_token()))).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.unwrap()
    }

    pub(super) async fn get_as(&self, path: &str, user: &str, password: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.running.url()));
        self.send(request.basic_auth(user, Some(password))).await.unwrap()
    }

    pub(super) async fn try_post(&self, path: &str, form: &str) -> reqwest::Result<Answer> {
        let request = self.client.post(format!("{}{path}", self.running.url()));
        let request = request.basic_auth(self.running.api_key(), Some(self.running.api_secret()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form.to_owned())).await
    }

    pub(super) async fn post(&self, path: &str, form: &str) -> Answer {
        self.try_post(path, form).await.unwrap()
    }

    pub(super) async fn try_upload(&self, path: &str, kind: &str, bytes: Vec<u8>) -> reqwest::Result<Answer> {
        let request = self.client.post(format!("{}{path}", self.running.url()));
        let request = request.basic_auth(self.running.account_sid(), Some(self.running.auth_token()));
        let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
        self.send(request.body(bytes)).await
    }

    pub(super) async fn upload(&self, path: &str, kind: &str, bytes: Vec<u8>) -> Answer {
        self.try_upload(path, kind, bytes).await.unwrap()
    }

    /// What is at an address of any host, without following where it leads on.
    pub(super) async fn bytes(&self, url: &str, with_credentials: bool) -> (u16, Vec<u8>) {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let mut request = client.build().unwrap().get(url);
        if with_credentials {
            request = request.basic_auth(self.running.account_sid(), Some(self.running.auth_token()));
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        let request = self.client.delete(format!("{}{path}", self.running.url()));
        let request = request.basic_auth(self.running.api_key(), Some(self.running.api_secret()));
        self.send(request).await.unwrap()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    /// How many bytes the body of an answer has, none of which are kept.
    pub(super) async fn length(&self, path: &str) -> usize {
        let request = self.client.get(format!("{}{path}", self.running.url()));
        let request = request.basic_auth(self.running.account_sid(), Some(self.running.auth_token()));
        let mut response = request.send().await.unwrap();
        let mut length = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            length += chunk.len();
        }
        length
    }

    /// The path of a URL on Twilio's hosts or the simulator's own.
    pub(super) fn path_of(&self, url: &str) -> String {
        ["https://chat.twilio.com", "https://conversations.twilio.com", &self.running.url()]
            .iter()
            .find_map(|origin| url.strip_prefix(origin))
            .unwrap_or_else(|| panic!("foreign URL {url}"))
            .to_owned()
    }

    /// All pages of a list.
    pub(super) async fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await.json();
            next = page["meta"]["next_page_url"].as_str().map(|url| self.path_of(url));
            pages.push(page);
            assert!(pages.len() < 10_000, "{path} does not end");
        }
        pages
    }

    /// All rows of a list.
    pub(super) async fn rows(&self, path: &str) -> Vec<Value> {
        let pages = self.pages(path).await;
        pages.iter().flat_map(|page| rows_of(page).iter().cloned()).collect()
    }
}

pub(super) fn rows_of(page: &Value) -> &Vec<Value> {
    page[page["meta"]["key"].as_str().unwrap()].as_array().unwrap()
}

/// Truth as plain values.
pub(super) fn values(rows: impl IntoIterator<Item = crate::simulator::TruthRow>) -> Vec<Value> {
    rows.into_iter().map(Value::Object).collect()
}
