//! `/v1/Services/{ChatServiceSid}/ConversationWithParticipants`: a conversation, and up to ten participants in the same request.
//!
//! Each `Participant` is a JSON object with the parameters of a participant's create, in snake case as in the published examples.
//! Everything is validated first: what is refused then leaves nothing behind. The answer has no participant.
//!
//! Twilio does not say whether a participant's role, attributes and dates are honored here. They are, unless the fault `batch-drops`
//! says otherwise. Twilio does say that a conversation whose participants cannot be made after validation is closed (error 50427):
//! that is `batch-fails`, and `batch-closes` where the answer came first. The conversation keeps its unique name then.
//!
//! **Deliberately absent:** group MMS, whose participants are made later (202) and have an address.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::channel::{self, NewConversation};
use super::member::NewMember;
use super::shared::one;
use crate::simulator::draws;
use crate::simulator::faults::Fault;
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;

/// The most participants in one request (description of `Participant`).
const MOST: usize = 10;

/// What a participant may have here, and the parameter of a participant's create that it is.
const KEYS: [(&str, &str); 5] = [
    ("identity", "Identity"),
    ("date_created", "DateCreated"),
    ("date_updated", "DateUpdated"),
    ("attributes", "Attributes"),
    ("role_sid", "RoleSid"),
];

pub(super) fn create(call: &Call<'_>) -> Result<String, Refusal> {
    let faults = &call.world.faults;
    if let Some(status) = faults.count(Fault::BatchRefused).and_then(|status| u16::try_from(status).ok()) {
        return Err(Refusal::of_status(status, None));
    }
    let conversation = NewConversation::read(call)?;
    let members = call.form.all("Participant").map(|text| participant(call, text));
    let members = members.collect::<Result<Vec<NewMember>, Refusal>>()?;
    if members.len() > MOST {
        return Err(Refusal::new(400, 50426, "Too many participants in one request"));
    }
    let mut seen = HashSet::new();
    if members.iter().any(|member| !seen.insert(member.identity())) {
        return Err(Refusal::new(409, 50433, "Participant already exists"));
    }
    let mut writer = call.world.writer();
    {
        let view = writer.view();
        if members.len() > view.world.limits.channel_members as usize {
            return Err(Refusal::new(403, 50417, "Participants limit exceeded"));
        }
        members.iter().try_for_each(|member| member.check(&view))?;
    }
    let channel = conversation.add(call, &mut writer)?;
    let key = draws::text(call.form.first("UniqueName").unwrap_or_default());
    let hits = |fault| faults.hits(call.world.draws, fault, key);
    if hits(Fault::BatchFails) {
        writer.update_channel(channel, |record| record.state = "closed");
        return Err(Refusal::new(400, 50427, "Conversation with participants could not be created"));
    }
    for member in members {
        member.add(&mut writer, channel);
    }
    let answer = one(|out| channel::write(call.route.api, &writer.view(), channel, out));
    if hits(Fault::BatchCloses) {
        writer.update_channel(channel, |record| record.state = "closed");
    }
    Ok(answer)
}

/// A participant of the form, without what is dropped.
fn participant(call: &Call<'_>, text: &str) -> Result<NewMember, Refusal> {
    let wrong = || Refusal::bad_parameter("Participant", text);
    let fields: Map<String, Value> = serde_json::from_str(text).map_err(|_| wrong())?;
    let mut pairs = Vec::new();
    for (key, value) in &fields {
        let (_, name) = KEYS.iter().find(|(known, _)| known == key).ok_or_else(wrong)?;
        let value = value.as_str().ok_or_else(wrong)?;
        if !call.world.faults.drops_in_batches(key) {
            pairs.push((Cow::Borrowed(*name), Cow::Borrowed(value)));
        }
    }
    let member = NewMember::read(&Parameters::of(pairs))?;
    if member.is_bound() { Err(wrong()) } else { Ok(member) }
}
