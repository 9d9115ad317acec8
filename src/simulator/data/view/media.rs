//! The media that a service has at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::simulator::data::media_store::{MediaContent, MediaRecord, low};
use crate::simulator::data::{WorldView, sid};
use crate::simulator::faults::Fault;

/// The media of a message, as its JSON says it.
#[derive(Deserialize)]
struct MediaOfMessage {
    sid: String,
    size: Option<u64>,
    content_type: Option<String>,
    filename: Option<String>,
}

/// The media with these digits: one that was uploaded, or of a message that was there at first.
pub(crate) fn find(view: &WorldView<'_>, digits: u128) -> Option<Arc<MediaRecord>> {
    let world = view.world;
    if world.faults.hits(world.draws, Fault::MediaGone, low(digits)) {
        return None;
    }
    world.media.uploaded(digits).or_else(|| at_first(view, digits).map(Arc::new))
}

fn at_first(view: &WorldView<'_>, digits: u128) -> Option<MediaRecord> {
    let world = view.world;
    let places = world.media.at_first.get_or_init(|| places_at_first(view));
    let &(channel, position) = places.get(&digits).filter(|(channel, _)| view.channel_exists(*channel))?;
    let message = view.messages(channel).record(position);
    let MediaOfMessage { size, content_type, filename, .. } = of_message(message.media.as_deref()?)?;
    let size = size.unwrap_or_default();
    let is_resized = world.faults.hits(world.draws, Fault::MediaResized, low(digits));
    Some(MediaRecord {
        digits,
        size,
        content_type,
        filename,
        created: message.created,
        message: Some((view.channel_digits(channel), message.digits)),
        content: MediaContent::Generated(if is_resized { size + 7 } else { size }),
    })
}

fn places_at_first(view: &WorldView<'_>) -> HashMap<u128, (u32, u32)> {
    let mut places = HashMap::new();
    let channels = view.channels();
    for channel in (0..channels.count()).map(|rank| channels.id(rank)) {
        let messages = view.messages(channel);
        for position in 0..messages.count() {
            let media = messages.record(position).media;
            let sid = media.as_deref().and_then(of_message).map(|media| media.sid);
            let digits = sid.and_then(|sid| sid::digits("ME", &sid));
            // A message that was created since has its media among the uploads.
            places.extend(digits.map(|digits| (digits, (channel, position))));
        }
    }
    places
}

fn of_message(json: &str) -> Option<MediaOfMessage> {
    serde_json::from_str(json).ok()
}
