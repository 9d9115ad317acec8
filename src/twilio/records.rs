//! The records of the model as JSON: the rows of both APIs, with the keys and types that OpenAPI `chat/v2` and `conversations/v1`
//! publish. Both follow from `model::table`.
//!
//! Every field may be null or missing: the specifications say so of nearly all of them, and their own examples of more.

use crate::model::records;

macro_rules! rows {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside chat { $($chat_key:ident: $chat_how:ident;)* })?
        $(@beside conversations { $($conversations_key:ident: $conversations_how:ident;)* })?
    })*) => {
        pub(crate) mod chat {
            $crate::twilio::wire::resources! {$(
                $(#[$doc])*
                $Record {
                    $($($place $kind $field = $chat;)?)*
                    $(@beside { $($chat_key: $chat_how;)* })?
                }
            )*}
        }

        pub(crate) mod conversations {
            $crate::twilio::wire::resources! {$(
                $(#[$doc])*
                $Record {
                    $($($place $kind $field = $conversations;)?)*
                    $(@beside { $($conversations_key: $conversations_how;)* })?
                }
            )*}
        }
    };
}
records!(rows);
