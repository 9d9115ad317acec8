//! `/v3/Services/{ServiceSid}/Channels/{Sid}`: makes a public channel private, which shows it in Conversations at once.
//!
//! The description has no way back, and names the channel by its SID. A repeated request succeeds here and changes
//! nothing; no documentation says what Twilio does.

use super::form;
use super::shared::{as_sent, date, one};
use crate::simulator::data::{WorldView, sid};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    match call.form.first("Type") {
        Some("private") => {}
        Some(other) => return Err(Refusal::bad_parameter("Type", other)),
        None => return Err(Refusal::missing("Type")),
    }
    let service = form::messaging_service(&call.form)?;
    let mut writer = call.world.writer();
    let (channel, private) = {
        let view = writer.view();
        let named = call.captures[1];
        let channel = view.find_channel(named).filter(|_| sid::digits("CH", named).is_some());
        let channel = channel.ok_or_else(Refusal::channel_not_found)?;
        (channel, view.is_private(channel))
    };
    let now = writer.now();
    if call.world.faults.hits(call.world.draws, Fault::StaysPublic, u64::from(channel)) {
        return Ok(one(|out| write(&writer.view(), channel, out)));
    }
    writer.update_channel(channel, |record| {
        record.private = true;
        record.messaging_service_sid = service.or_else(|| record.messaging_service_sid.take());
        if !private {
            record.updated = now;
        }
    });
    Ok(one(|out| write(&writer.view(), channel, out)))
}

fn write(view: &WorldView<'_>, channel: u32, out: &mut String) {
    let (world, record) = (view.world, view.channel(channel));
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("CH", record.digits, out));
    ServedApi::Chat.write_owners(&mut object, world);
    object.optional_text("friendly_name", record.friendly_name.as_deref());
    object.optional_text("unique_name", record.unique_name.as_deref());
    object.optional_text("attributes", record.attributes.as_deref());
    object.text("type", if record.private { "private" } else { "public" });
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    object.optional_text("created_by", record.created_by.as_deref());
    object.number("members_count", view.members_count(channel));
    object.number("messages_count", view.messages(channel).counted());
    object.optional_text("messaging_service_sid", record.messaging_service_sid.as_deref());
    object.plain("url", |out| {
        out.extend([world.service_url_v3.as_str(), "/Channels/"]);
        sid::write("CH", record.digits, out);
    });
    object.close();
    as_sent(out, from, ServedApi::Chat, &record.sent);
}
