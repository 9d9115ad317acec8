//! The resources of Programmable Chat with the keys and types that OpenAPI `chat/v2` publishes.
//!
//! Every field may be null or missing: the specification says so of nearly all of them, and its own examples of more.

use crate::model::records;
use crate::twilio::wire::resources;

macro_rules! rows {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside chat { $($chat_key:ident: $chat_how:ident;)* })?
        $(@beside conversations { $($conversations_key:ident: $conversations_how:ident;)* })?
    })*) => {
        resources! {$(
            $(#[$doc])*
            $Record {
                $($($place $kind $field = $chat;)?)*
                $(@beside { $($chat_key: $chat_how;)* })?
            }
        )*}
    };
}
records!(rows);
