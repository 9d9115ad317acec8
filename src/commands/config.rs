//! `chatferry config`: every setting in force and where it came from.

use serde_json::{Map, Value, json};

use crate::cli::ConfigArgs;
use crate::error::ExitStatus;
use crate::printable::Printable;
use crate::report::text::table;
use crate::settings::{Listing, Place};

use super::{Context, Outcome};

/// Shows the settings.
pub(super) fn run(args: &ConfigArgs, context: &mut Context) -> Outcome {
    let listing = context.settings.listing(&context.global, args)?;
    if context.output.json {
        context.json(&object(&listing))?;
    } else {
        context.print(text(&listing))?;
    }
    Ok(ExitStatus::Done)
}

fn text(listing: &Listing) -> Printable {
    let rows: Vec<Vec<String>> = listing
        .settings
        .iter()
        .map(|setting| {
            let value = setting.value.clone().unwrap_or_else(|| "not set".to_owned());
            vec![setting.key.to_owned(), value, setting.place.as_ref().map(from).unwrap_or_default()]
        })
        .collect();
    table::render(&["SETTING", "VALUE", "FROM"], &rows)
}

/// `{"file": …, "settings": {key: {"value": …, "from": layer, "place": …}}}`
fn object(listing: &Listing) -> Value {
    let mut settings = Map::new();
    for setting in &listing.settings {
        let from = setting.place.as_ref().map(Place::layer);
        let place = setting.place.as_ref().map(ToString::to_string);
        settings
            .insert(setting.key.to_owned(), json!({ "value": setting.value, "from": from, "place": place }));
    }
    json!({ "file": listing.file.as_ref().map(|file| file.display().to_string()), "settings": settings })
}

fn from(place: &Place) -> String {
    match place {
        Place::Flag(_) => format!("flag {place}"),
        Place::Variable(_) => format!("environment {place}"),
        Place::File(_) => format!("file {place}"),
        Place::Derived(_) | Place::Default => place.to_string(),
    }
}
