//! Asking before writing: what would be done, to what, and whether webhooks fire; answered by typing the target's name.
//!
//! **Invariant:** Ctrl-C at the question leaves at once, and what is typed afterwards is not taken for an answer. The read of a terminal
//! cannot be cancelled, so it has a thread of its own, which the end of the process ends.

use std::io::Read;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::plan::{Journal, Totals};
use crate::printable::{Printable, is_typeable};
use crate::report::text::confirm::{Confirmation, NoAnswer, NotConfirmed, confirmation, question};
use crate::settings::ApplySettings;

use super::super::{CommandError, Context};

/// The longest answer that is read.
const LONGEST: usize = 1_000;

/// Asks, unless `--yes` was given.
pub(super) async fn ask(
    journal: &Journal,
    totals: &Totals,
    settings: &ApplySettings,
    context: &mut Context,
) -> Result<(), CommandError> {
    let text = confirmation(&Confirmation {
        plan: &settings.plan,
        header: journal.header(),
        totals,
        only: settings.only.as_deref(),
        limit: settings.limit,
        webhooks: settings.webhooks,
    });
    if settings.yes {
        context.say(text);
        return Ok(());
    }
    if !context.stdin_is_terminal {
        return Err(NotConfirmed::NoTerminal.into());
    }
    context.stderr.print(text);
    let target = &journal.header().target;
    // A name that does not look like what it is cannot be confirmed by typing it.
    let name = target.friendly_name.as_deref().filter(|name| is_typeable(name));
    let question = question(name, &target.service_sid);
    let Some(typed) = answer(question, context).await? else { return Err(NotConfirmed::Interrupted.into()) };
    // Whoever types another name exactly as it is has read it, whatever it looks like.
    let names = [Some(target.service_sid.as_str()), target.friendly_name.as_deref()];
    if !typed.is_empty() && names.contains(&Some(typed.as_str())) {
        Ok(())
    } else {
        Err(NotConfirmed::NotTheTarget.into())
    }
}

/// What a person types at a question, or none where Ctrl-C comes first.
pub(in crate::commands) async fn answer(
    question: impl Into<Printable>,
    context: &mut Context,
) -> Result<Option<String>, NoAnswer> {
    let _asking = context.interrupt.asking();
    context.stderr.print(question);
    let stdin = std::mem::replace(&mut context.stdin, Box::new(std::io::empty()));
    line_or_stop(stdin, &context.interrupt.token()).await
}

/// One line, or none where the run is to stop before it is typed.
async fn line_or_stop(
    mut input: Box<dyn Read + Send>,
    stop: &CancellationToken,
) -> Result<Option<String>, NoAnswer> {
    let (sender, typed) = oneshot::channel();
    let read = move || drop(sender.send(line(&mut *input)));
    std::thread::Builder::new().name("answer".to_owned()).spawn(read).map_err(NoAnswer)?;
    Ok(tokio::select! {
        biased;
        () = stop.cancelled() => None,
        typed = typed => typed.ok(),
    })
}

/// One line, without its end. Read byte by byte: what follows is not ours.
fn line(input: &mut dyn Read) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while bytes.len() < LONGEST && matches!(input.read(&mut byte), Ok(1)) && byte != *b"\n" {
        bytes.extend(byte);
    }
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn ctrl_c_leaves_though_nothing_is_typed() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let stop = CancellationToken::new();
        let asked = line_or_stop(Box::new(reader), &stop);
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            stop.cancel();
        };
        let (typed, ()) = tokio::join!(asked, cancel);
        assert_eq!(typed.unwrap(), None);
        // What is typed now is not an answer.
        let _late = writer.write_all(b"shop\n").is_ok();

        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"shop\nmore").unwrap();
        let typed = line_or_stop(Box::new(reader), &CancellationToken::new()).await.unwrap();
        assert_eq!(typed.as_deref(), Some("shop"));
    }
}
