//! The simulator in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::Result;

/// A running `simulate`, ended when it is dropped.
pub(crate) struct Simulator {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) account: String,
    pub(crate) token: String,
    /// The service with records, and an empty one of the same account.
    pub(crate) services: [String; 2],
}

impl Simulator {
    pub(crate) fn start(flags: &[&str]) -> Result<Self> {
        Self::run(&[&["--world", "plain"], flags].concat())
    }

    /// The same with flags that say whose account it is.
    pub(crate) fn run(flags: &[&str]) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatferry"))
            .arg("simulate")
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output of the simulator")?;
        let (mut url, mut account, mut token, mut service, mut target) = Default::default();
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            let after = |prefix: &str| line.strip_prefix(prefix).map(str::to_owned);
            url = after("listening on ").unwrap_or(url);
            account = after("export TWILIO_ACCOUNT_SID=").unwrap_or(account);
            token = after("export TWILIO_AUTH_TOKEN=").unwrap_or(token);
            service = after("chatferry crawl --service ").unwrap_or(service);
            if let Some(found) = after("# an empty service in the same account: ") {
                target = found;
                break;
            }
        }
        Ok(Self { child, url, account, token, services: [service, target] })
    }

    /// What a process that talks to it is started with.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("TWILIO_ACCOUNT_SID", &self.account),
            ("TWILIO_AUTH_TOKEN", &self.token),
            ("CHATFERRY_CHAT_URL", &self.url),
            ("CHATFERRY_CONVERSATIONS_URL", &self.url),
        ]
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It has nothing to save.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
