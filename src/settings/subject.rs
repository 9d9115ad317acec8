//! The settings of `subject`: who, from where, and what is written.

use std::path::{Path, PathBuf};

use super::crawl::{CrawlSettings, ServiceChoice};
use super::error::SettingsError;
use super::export::retain_until;
use super::loader::Loader;
use super::user_channel::{Named, UserChannelPlace, subject_named};
use super::users::UserSelector;
use crate::cli::setting::{FlagGroup, SourceChoice, parse};
use crate::cli::subject::SubjectArgs;
use crate::export::{ExportError, ExportOptions, FileFormat};
use crate::mapping;
use crate::model::{ServiceSid, UserSid};

/// The mapping of the records: the API's own shape.
const MAPPING: &str = "chat";

/// Everything that there can be about a person.
const EVERYTHING: &str = "roles,users,channels,user-channels,members,invites,messages,bindings";

#[derive(Debug)]
pub(crate) struct SubjectSettings {
    pub who: Named,
    pub service: Option<ServiceSid>,
    pub source: SourceChoice,
    /// None reads from Twilio.
    pub snapshot: Option<PathBuf>,
    pub out: PathBuf,
    pub context: bool,
    pub options: ExportOptions,
}

impl SubjectSettings {
    pub(crate) fn load(loader: &Loader, args: &SubjectArgs) -> Result<Self, SettingsError> {
        let place = UserChannelPlace::load(loader, args.settings.flags())?;
        let mapping = mapping::load(MAPPING)
            .map_err(|error| SettingsError::from(Box::new(ExportError::Mapping(Box::new(error)))))?;
        Ok(Self {
            who: subject_named(&args.who)?,
            service: place.service,
            source: place.source,
            snapshot: args.snapshot.clone(),
            out: args.out.clone(),
            context: args.context,
            options: ExportOptions {
                retain_until: retain_until(args.retain_until.as_deref())?,
                ..ExportOptions::new(vec![mapping], vec![FileFormat::Csv, FileFormat::Ndjson])
            },
        })
    }

    /// What reads the person from Twilio, into this file.
    pub(crate) fn crawl(&self, file: &Path) -> CrawlSettings {
        let selector = if self.who.is_sid {
            UserSelector::Sid(UserSid::from_wire(&self.who.text))
        } else {
            UserSelector::Identity(self.who.text.clone())
        };
        CrawlSettings {
            services: match &self.service {
                Some(service) => ServiceChoice::Listed(vec![service.clone()]),
                None => ServiceChoice::TheOnlyOne,
            },
            snapshot: file.to_owned(),
            include: parse::include(EVERYTHING).expect("these are names of parts"),
            users: Some(vec![selector]),
            one_person: true,
            source: self.source,
            cross_check: None,
            restart: false,
            carry_over: None,
        }
    }
}
