//! `summary`: how all accounts stand, by what their runs wrote.

use std::path::Path;

use crate::cli::{SummaryArgs, SummaryFormat};
use crate::export::{self, ExportError};
use crate::report::summary as report;
use crate::settings::{ExportDestination, SummarySettings};
use crate::summary::{self, ExpectedAccount, MOST_BYTES};

use super::page::WantedPage;
use super::{Context, Outcome};

pub(super) fn run(args: &SummaryArgs, context: &mut Context) -> Outcome {
    let settings = SummarySettings::load(&context.settings, args)?;
    let page = WantedPage::of(&args.page, &[])?;
    let mut runs = Vec::new();
    for place in &settings.places {
        match place {
            ExportDestination::Folder(folder) => runs.extend(summary::folder(folder)?),
            ExportDestination::Store(url) => {
                runs.extend(summary::objects(&export::json_objects(url, MOST_BYTES)?));
            }
            ExportDestination::Database(_) => {
                return Err(ExportError::NotInDatabase { what: "results" }.into());
            }
            ExportDestination::Stream => runs.extend(summary::folder(Path::new("-"))?),
        }
    }
    let expected: Vec<ExpectedAccount> = settings
        .accounts
        .iter()
        .map(|account| ExpectedAccount {
            name: account.name.clone(),
            sid: account.sid.to_string(),
            services: account.services.iter().map(ToString::to_string).collect(),
        })
        .collect();
    let overview = summary::judge(runs, &expected);
    if let Some(page) = &page {
        page.write(|out| report::html(&overview, out))?;
    }
    match args.format {
        _ if context.output.json => context.json(&overview)?,
        SummaryFormat::Table => context.print(report::text(&overview))?,
        SummaryFormat::Csv => context.data(&report::csv(&overview)?)?,
    }
    Ok(overview.status)
}
