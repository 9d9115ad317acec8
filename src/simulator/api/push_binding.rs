//! `/v2/Services/{ServiceSid}/Bindings` and `/v1/Services/{ChatServiceSid}/Bindings`: devices that get push notifications.
//!
//! No operation of either API creates one: devices register by themselves. `twilsock` is a kind of Conversations only, so Chat shows
//! no such binding.

use super::shared::{as_sent, date, one, page, unknown_key};
use crate::simulator::data::binding_words::{self, TWILSOCK};
use crate::simulator::data::order::MergedOrder;
use crate::simulator::data::record::BindingRecord;
use crate::simulator::data::{WorldView, initial, sid};
use crate::simulator::json::Object;
use crate::simulator::paging::{PagedList, RecordList};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

const KINDS: [&str; 4] = ["apn", "gcm", "fcm", TWILSOCK];

/// The bindings of the service in the order of their SIDs: of these identities and kinds only, if any are named.
pub(crate) fn list_of<'a>(
    api: ServedApi,
    view: &'a WorldView<'a>,
    identities: Vec<&'a str>,
    kinds: Vec<&'a str>,
) -> impl PagedList + 'a + use<'a> {
    RecordList {
        key: "bindings",
        prefix: "BS",
        order: MergedOrder { generated: initial::bindings(view.world, &identities), created: &[] },
        shows: move |binding| {
            let record = initial::binding(view.world, binding);
            record.is_some_and(|record| is_shown(api, view, &record, &identities, &kinds))
        },
        write: move |binding, out: &mut String| {
            if let Some(record) = initial::binding(view.world, binding) {
                write(api, view, binding, &record, out);
            }
        },
    }
}

fn is_shown(
    api: ServedApi,
    view: &WorldView<'_>,
    record: &BindingRecord,
    identities: &[&str],
    kinds: &[&str],
) -> bool {
    let is_among = |wanted: &[&str], value: Option<&str>| {
        wanted.is_empty() || value.is_some_and(|value| wanted.contains(&value))
    };
    let kind = record.kind.as_deref();
    api.pick(kind != Some(TWILSOCK), true)
        && record.user.is_none_or(|user| view.user_exists(user))
        && is_among(identities, record.identity.as_deref())
        && is_among(kinds, kind)
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let api = call.route.api;
    let kinds: Vec<&str> = call.query.all("BindingType").collect();
    let known = &KINDS[..api.pick(3, 4)];
    if let Some(other) = kinds.iter().find(|kind| !known.contains(kind)) {
        return Err(Refusal::bad_parameter("BindingType", other));
    }
    let bindings = list_of(api, &view, call.query.all("Identity").collect(), kinds);
    let url = format!("{}/Bindings", call.service_url());
    page(call, &bindings, &url, &["BindingType", "Identity"], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let bindings = list_of(call.route.api, &view, Vec::new(), Vec::new());
    match sid::digits("BS", call.captures[1]).and_then(|digits| bindings.position(digits)) {
        Some((rank, true)) if bindings.shows(rank) => Ok(one(|out| bindings.write(rank, out))),
        _ => Err(Refusal::not_found(call.path)),
    }
}

fn write(api: ServedApi, view: &WorldView<'_>, binding: u32, record: &BindingRecord, out: &mut String) {
    let world = view.world;
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("BS", record.digits, out));
    api.write_owners(&mut object, world);
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    object.optional_text("endpoint", record.endpoint.as_deref());
    object.optional_text("identity", record.identity.as_deref());
    object.optional_text("binding_type", record.kind.as_deref());
    object.optional_text("credential_sid", record.credential_sid.as_deref());
    match &record.message_types {
        None => object.null("message_types"),
        Some(types) => {
            let types = types.iter().map(String::as_str);
            match api {
                ServedApi::Chat => object.texts("message_types", types),
                ServedApi::Conversations => {
                    object.texts("message_types", types.filter_map(binding_words::from_chat));
                }
            }
        }
    }
    unknown_key(&mut object, view, "binding", binding);
    object.plain("url", |out| {
        out.extend([api.service_url(world), "/Bindings/"]);
        sid::write("BS", record.digits, out);
    });
    if api == ServedApi::Chat {
        let mut links = Object::open(object.value("links"));
        links.text("user", &format!("{}/Users/{}", world.service_url, user_in_url(view, record)));
        links.close();
    }
    object.close();
    as_sent(out, from, api, &record.sent);
}

/// The user as the address of it has it: its SID, which needs no escapes.
fn user_in_url(view: &WorldView<'_>, record: &BindingRecord) -> String {
    record.user.map_or_else(String::new, |user| sid::text("US", view.user_digits(user)))
}
