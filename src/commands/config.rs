//! `chatferry config`: every setting in force and where it came from.

use serde_json::{Map, Value, json};

use crate::cli::ConfigArgs;
use crate::error::ExitStatus;
use crate::printable::Printable;
use crate::report::text::table;
use crate::settings::{Provenance, SettingsListing};

use super::{Context, Outcome};

/// Shows the settings.
pub(super) fn run(args: &ConfigArgs, context: &mut Context) -> Outcome {
    let listing = SettingsListing::of(&context.settings, &context.global, args)?;
    if context.output.json {
        context.json(&object(&listing))?;
    } else {
        context.print(text(&listing))?;
    }
    Ok(ExitStatus::Done)
}

fn text(listing: &SettingsListing) -> Printable {
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

/// `{"file": …, "files": […], "account": …, "settings": {key: {"value": …, "from": layer, "place": …}}}`
fn object(listing: &SettingsListing) -> Value {
    let mut settings = Map::new();
    for setting in &listing.settings {
        let from = setting.place.as_ref().map(Provenance::layer);
        let place = setting.place.as_ref().map(ToString::to_string);
        settings
            .insert(setting.key.to_owned(), json!({ "value": setting.value, "from": from, "place": place }));
    }
    let files: Vec<String> = listing.files.iter().map(|file| file.display().to_string()).collect();
    json!({ "file": files.first(), "files": files, "account": listing.account, "settings": settings })
}

fn from(place: &Provenance) -> String {
    match place {
        Provenance::Flag(_) => format!("flag {place}"),
        Provenance::Account(_) => format!("accounts file {place}"),
        Provenance::Variable(_) => format!("environment {place}"),
        Provenance::File(_) => format!("file {place}"),
        Provenance::Derived(_) | Provenance::Default => place.to_string(),
    }
}
