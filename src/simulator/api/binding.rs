//! `MessagingBinding.*` of participants: reads, checks, changes and writes the addresses of those who do not chat.

use crate::simulator::data::record::{MembershipRecord, NetworkBinding};
use crate::simulator::data::{WorldView, initial};
use crate::simulator::json::Object;
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;

/// The most participants of other networks in one conversation (documentation of the limits).
const MOST_BOUND: usize = 50;

/// The most participants of a group MMS (documentation of the limits).
const MOST_OF_GROUP: usize = 10;

const NAMES: [&str; 3] =
    ["MessagingBinding.Address", "MessagingBinding.ProxyAddress", "MessagingBinding.ProjectedAddress"];

/// The binding of a new participant: addresses without an identity, or a projected address with one.
pub(super) fn read(form: &Parameters<'_>, has_identity: bool) -> Result<Option<NetworkBinding>, Refusal> {
    let [address, proxy, projected] = NAMES.map(|name| form.first(name).filter(|text| !text.is_empty()));
    if has_identity && (address.is_some() || proxy.is_some()) {
        return Err(Refusal::new(400, 50441, "Participant with an identity cannot have a proxy address"));
    }
    if !has_identity && projected.is_some() {
        return Err(Refusal::new(400, 50444, "A projected address needs an identity"));
    }
    if address.is_none() && projected.is_none() {
        return if proxy.is_some() { Err(Refusal::missing(NAMES[0])) } else { Ok(None) };
    }
    let mut kind = "sms";
    for text in [address, proxy, projected].into_iter().flatten() {
        kind = network(text)
            .ok_or_else(|| Refusal::new(400, 50407, "Messaging binding address is not valid"))?;
    }
    Ok(Some(NetworkBinding {
        kind: kind.into(),
        address: address.map(str::to_owned),
        proxy_address: proxy.map(str::to_owned),
        projected_address: projected.map(str::to_owned),
    }))
}

/// The network of an address: a telephone number (E.164), or one after the name of its network.
fn network(address: &str) -> Option<&'static str> {
    let kinds = ["whatsapp", "rcs", "messenger"];
    let kind = kinds
        .into_iter()
        .find(|kind| address.strip_prefix(kind).is_some_and(|rest| rest.len() > 1 && rest.starts_with(':')));
    let is_number = || {
        let digits = address.strip_prefix('+')?;
        ((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some("sms")
    };
    kind.or_else(is_number)
}

/// Whether someone has a projected address there, which makes a conversation a group MMS.
fn is_group(view: &WorldView<'_>, channel: u32) -> bool {
    let mut bound = view.participants_with_bindings(channel);
    bound.any(|record| record.binding.as_ref().is_some_and(is_projected))
}

fn is_projected(binding: &NetworkBinding) -> bool {
    binding.projected_address.is_some()
}

/// Refuses one more participant than a group MMS takes, and a projected address where there are more.
pub(super) fn check_group(
    view: &WorldView<'_>,
    channel: u32,
    binding: Option<&NetworkBinding>,
    participants: usize,
) -> Result<(), Refusal> {
    let becomes_group = binding.is_some_and(is_projected);
    if participants >= MOST_OF_GROUP && (becomes_group || is_group(view, channel)) {
        return Err(Refusal::new(403, 50436, "Participant limit exceeded for group conversation"));
    }
    Ok(())
}

/// Refuses one more than the limit, a pair of addresses that an open conversation has already, and an address without a proxy
/// outside of a group MMS.
pub(super) fn check_new(view: &WorldView<'_>, channel: u32, binding: &NetworkBinding) -> Result<(), Refusal> {
    if view.bound_participants(channel).count() >= MOST_BOUND {
        return Err(Refusal::new(403, 50422, "Limit of participants of other networks exceeded"));
    }
    if binding.proxy_address.is_none() {
        return if is_group(view, channel) { Ok(()) } else { Err(Refusal::missing(NAMES[1])) };
    }
    let has_it = |edge: u32, record: &MembershipRecord| {
        record.user.is_none()
            && view.joined(edge)
            && view.channel_exists(record.channel)
            && view.channel(record.channel).state != "closed"
            && record.binding.as_ref().is_some_and(|known| {
                known.address == binding.address && known.proxy_address == binding.proxy_address
            })
    };
    let at_first = initial::bound_to(view.world, binding);
    let is_taken = view.changes.memberships.others().iter().any(|(edge, record)| has_it(*edge, record))
        || at_first.into_iter().any(|edge| has_it(edge, &view.membership(edge)));
    if is_taken {
        let message = "A binding for this participant and proxy address already exists";
        return Err(Refusal::new(409, 50416, message));
    }
    Ok(())
}

/// The binding of a participant after an update, which may change its proxy or its projected address and nothing else.
pub(super) fn updated(
    form: &Parameters<'_>,
    record: &MembershipRecord,
) -> Result<Option<NetworkBinding>, Refusal> {
    if form.first("Identity").is_some() {
        return Err(Refusal::new(400, 50444, "Identity cannot be added to this participant"));
    }
    let [proxy, projected] = [NAMES[1], NAMES[2]].map(|name| form.first(name));
    let mut binding = record.binding.clone();
    if let Some(proxy) = proxy {
        match binding.as_mut().filter(|binding| binding.address.is_some()) {
            Some(binding) => binding.proxy_address = Some(proxy.to_owned()),
            None => {
                return Err(Refusal::new(400, 50441, "Proxy address cannot be added to this participant"));
            }
        }
    }
    if let Some(projected) = projected {
        if record.user.is_none() || network(projected).is_none() {
            return Err(Refusal::new(400, 50407, "Messaging binding address is not valid"));
        }
        binding = Some(NetworkBinding {
            kind: "sms".into(),
            address: None,
            proxy_address: None,
            projected_address: Some(projected.to_owned()),
        });
    }
    Ok(binding)
}

pub(super) fn write(object: &mut Object<'_>, binding: &NetworkBinding) {
    let mut inner = Object::open(object.value("messaging_binding"));
    inner.text("type", &binding.kind);
    for (key, address) in [
        ("address", &binding.address),
        ("proxy_address", &binding.proxy_address),
        ("projected_address", &binding.projected_address),
    ] {
        if let Some(address) = address {
            inner.text(key, address);
        }
    }
    inner.close();
}
