//! `chatferry browse`: serves a snapshot to a web browser of this machine until it is stopped.

use serde_json::json;

use crate::browse::{self, Library, LibraryFiles, SearchIndex};
use crate::cli::browse::{BrowseArgs, ShownPii};
use crate::cli::setting::FlagGroup;
use crate::error::ExitStatus;
use crate::plan::indexed;
use crate::report::text::browse as text;
use crate::settings::snapshot_file;
use crate::snapshot::Snapshot;

use super::page::open_in_browser;
use super::planned::plan_of;
use super::{Context, Outcome};

pub(super) async fn run(args: &BrowseArgs, context: &mut Context) -> Outcome {
    let snapshot = Snapshot::open(&snapshot_file(&context.settings, args.settings.flags())?)?;
    let plan = args.plan.as_deref().map(|plan| plan_of(plan, &snapshot)).transpose()?;
    let other = args.other.as_deref().map(Snapshot::open).transpose()?;
    let bound = browse::bind(args.port).await?;
    let index = if snapshot.is_finished()? {
        let say = || context.say(text::MAKING_SEARCH_INDEX);
        Some(SearchIndex::of(&snapshot, say)?)
    } else {
        context.say(text::NOT_FINISHED);
        None
    };
    let say = || context.say(text::MAKING_PLAN_INDEX);
    let plan = plan.map(|plan| indexed(plan, say)).transpose()?;
    let files = LibraryFiles { snapshot, index, plan, other, hide: args.pii == ShownPii::Hide };
    let library = Library::new(files, bound.token());
    let address = bound.address();
    if context.output.json {
        context.json(&json!({ "address": address }))?;
    } else {
        context.print(text::listening(&address))?;
    }
    if args.open {
        open_in_browser(&address);
    }
    let stop = context.interrupt.token();
    bound.serve(library, async move { stop.cancelled().await }).await?;
    Ok(ExitStatus::Done)
}
