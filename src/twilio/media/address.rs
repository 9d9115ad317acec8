//! Which temporary addresses are asked, and which hosts a name may lead to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::secret::Origin;

/// Why a temporary address is not asked. It is not repeated: whoever has it can read the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAddress {
    #[error("its temporary address is missing or is not a URL")]
    NotAUrl,
    #[error("its temporary address has the scheme `{0}`, not https")]
    Scheme(String),
    #[error("its temporary address leads to `{0}`, which is not a public host")]
    Private(String),
    #[error("its temporary address has a user name or password")]
    Credentials,
}

/// A temporary address that may be asked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TemporaryAddress(Url);

impl fmt::Debug for TemporaryAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TemporaryAddress({}, …)", self.0.host_str().unwrap_or_default())
    }
}

impl TemporaryAddress {
    /// Checks an address that MCS, at this origin, has given. Where that is on this machine, a simulator, the address may be too.
    pub(super) fn parse(text: &str, mcs: &Origin) -> Result<Self, BadAddress> {
        let url = Url::parse(text).map_err(|_unparsable| BadAddress::NotAUrl)?;
        let host = url.host().ok_or(BadAddress::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Credentials);
        }
        let is_here = match host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            Host::Domain(name) => name == "localhost",
        };
        if is_here && mcs.is_loopback() {
            return Ok(Self(url));
        }
        if url.scheme() != "https" {
            return Err(BadAddress::Scheme(url.scheme().to_owned()));
        }
        let is_private = match host {
            Host::Ipv4(address) => !is_public(IpAddr::V4(address)),
            Host::Ipv6(address) => !is_public(IpAddr::V6(address)),
            Host::Domain(name) => is_local_name(name),
        };
        if is_private {
            return Err(BadAddress::Private(host.to_string()));
        }
        Ok(Self(url))
    }

    pub(super) fn into_url(self) -> Url {
        self.0
    }
}

/// Whether a name is one that no public host has.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let local = ["localhost", "local", "internal", "lan", "home.arpa"];
    !name.contains('.')
        || local.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether an address is of the public internet: not of this machine, a private network, a link, or a reserved range (IANA's registries of
/// special-purpose addresses).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(embedded) => is_public_v4(embedded),
            None => is_public_v6(address),
        },
    }
}

#[expect(clippy::unnested_or_patterns, reason = "a line for each registered range")]
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = matches!(
        (first, second, third),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    );
    !is_special
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (NAT64) or tunneled (6to4).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] if (high, low) != (0, 0) && (high, low) != (0, 1) => {
            Some(of(high, low))
        }
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// Global unicast is `2000::/3`; of it, documentation and Teredo are not hosts.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    first & 0xE000 == 0x2000 && (first, second) != (0x2001, 0x0DB8) && (first, second) != (0x2001, 0)
}

/// Resolves names to public addresses only, but for the proxy that the environment names: that resolves the others.
#[derive(Debug, Clone, Default)]
pub(super) struct PublicResolver {
    proxies: Vec<String>,
}

impl PublicResolver {
    pub(super) fn of_environment() -> Self {
        let variables = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let urls = variables.into_iter().filter_map(|name| std::env::var(name).ok());
        let host = |text: String| {
            let text = if text.contains("://") { text } else { format!("http://{text}") };
            Url::parse(&text).ok()?.host_str().map(str::to_owned)
        };
        Self { proxies: urls.filter_map(host).collect() }
    }
}

/// A name leads to an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("the host of a temporary address resolves to {0}, which is not a public address")]
pub(super) struct NotPublic(IpAddr);

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = self.proxies.iter().any(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            match found.iter().find(|found| !is_proxy && !is_public(found.ip())) {
                Some(private) => Err(NotPublic(private.ip()).into()),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TemporaryAddress, BadAddress> {
        TemporaryAddress::parse(text, &Origin::parse("https://mcs.us1.twilio.com", false).unwrap())
    }

    #[test]
    fn public_hosts_are_asked_by_https_and_no_others() {
        let good = "https://media.us1.twilio.com/IS1/ME1?Expires=1&Signature=2";
        assert_eq!(parse(good).unwrap().into_url().as_str(), good);
        assert!(parse("https://93.184.216.34/a").is_ok() && parse("https://[2606:2800:220:1::1]/a").is_ok());
        assert_eq!(parse("http://media.us1.twilio.com/"), Err(BadAddress::Scheme("http".to_owned())));
        assert_eq!(parse("file:///etc/passwd"), Err(BadAddress::NotAUrl));
        assert_eq!(parse("ftp://media.us1.twilio.com/"), Err(BadAddress::Scheme("ftp".to_owned())));
        assert_eq!(parse("https://a:b@media.us1.twilio.com/"), Err(BadAddress::Credentials));
        assert_eq!(parse("/IS1/ME1"), Err(BadAddress::NotAUrl));
    }

    #[test]
    fn addresses_that_only_this_machine_reaches_are_refused_in_every_notation() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "localhost",
            "metadata",
            "metadata.google.internal",
            "printer.local",
            "router.lan",
            "a.localhost",
        ] {
            let parsed = parse(&format!("https://{host}/"));
            assert!(matches!(parsed, Err(BadAddress::Private(_))), "{host}: {parsed:?}");
        }
    }

    #[test]
    fn beside_a_simulator_its_own_addresses_are_asked_and_no_other_private_ones() {
        let mcs = Origin::parse("http://127.0.0.1:4000", false).unwrap();
        assert!(TemporaryAddress::parse("http://127.0.0.1:5000/a", &mcs).is_ok());
        for text in ["https://10.11.12.13/a", "http://169.254.169.254/a", "http://media.us1.twilio.com/a"] {
            assert!(TemporaryAddress::parse(text, &mcs).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused() {
        let client = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(PublicResolver::default()));
        let error = client.build().unwrap().get("http://localhost:1/").send().await.unwrap_err();
        let mut texts = Vec::new();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            texts.push(error.to_string());
            cause = error.source();
        }
        assert!(texts.iter().any(|text| text.contains("not a public address")), "{texts:?}");
    }

    #[test]
    fn an_address_is_not_printed() {
        let printed =
            format!("{:?}", parse("https://media.us1.twilio.com/IS1/ME1?Signature=secret").unwrap());
        assert!(!printed.contains("secret") && !printed.contains("ME1"), "{printed}");
    }
}
