//! `chatferry simulate`: serves the simulator until it is stopped.

use std::future::Future;
use std::io::Write;
use std::time::Duration;

use crate::cli::simulate::{SimulateArgs, SimulatedWorld};
use crate::clock;
use crate::error::ExitStatus;
use crate::report::text::simulate::{self as text, SimulateError, SimulatorAddress};
use crate::simulator::{self, Faults, Loaded, Options, Running, SimulatorError, WorldKind, WriteClock};
use crate::snapshot::Snapshot;

use super::failure::StdoutError;
use super::{CommandError, Context, Outcome};

/// Starts it, prints its address and how to use it, and serves until it is stopped.
pub(super) async fn run(args: &SimulateArgs, context: &mut Context) -> Outcome {
    let stop = context.interrupt.token();
    let options = options(args)?;
    if let Some(loaded) = &options.load {
        check_loaded(loaded)?;
    }
    let running = simulator::start(options).await.map_err(start_error)?;
    for lack in running.lacks() {
        context.say(text::lack(&lack.to_string()));
    }
    serve(running, &mut context.stdout, stop.cancelled()).await?;
    Ok(ExitStatus::Done)
}

/// Refuses a file that is not a snapshot of a crawl that has ended.
pub(super) fn check_loaded(loaded: &Loaded) -> Result<(), CommandError> {
    for path in [Some(&loaded.source), loaded.target.as_ref()].into_iter().flatten() {
        if !Snapshot::open(path)?.is_finished()? {
            return Err(SimulateError::Unfinished { path: path.clone() }.into());
        }
    }
    Ok(())
}

/// What it means that the simulator did not start.
pub(super) fn start_error(error: SimulatorError) -> CommandError {
    match error {
        SimulatorError::Load(error) => SimulateError::Load(error.into()),
        error => SimulateError::Start(error.into()),
    }
    .into()
}

async fn serve(
    running: Running,
    stdout: &mut (dyn Write + Send),
    stop: impl Future<Output = ()>,
) -> Result<(), CommandError> {
    let text = format!("{}\n", text::listening(&address(&running)));
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(StdoutError)?;
    stop.await;
    running.shutdown().await;
    Ok(())
}

fn options(args: &SimulateArgs) -> Result<Options, SimulateError> {
    Ok(Options {
        port: args.port,
        seed: args.seed,
        users: args.users,
        channels: args.channels,
        memberships: args.memberships,
        latency: Duration::from_millis(u64::from(args.latency_ms)),
        rate: args.rate,
        max_concurrent: args.max_concurrent,
        write_rate: args.write_rate,
        background_load: args.background_load,
        retry_after: args.retry_after,
        production_urls: !args.own_urls,
        gzip: !args.no_gzip,
        record_writes: !args.no_write_log,
        world: match args.world {
            SimulatedWorld::Plain => WorldKind::Plain,
            SimulatedWorld::Real => WorldKind::Real,
        },
        write_clock: WriteClock::Started(clock::now()),
        faults: faults(&args.faults)?,
        load: args.load.clone().map(|source| Loaded { source, target: args.target.clone() }),
        ..Options::default()
    })
}

/// What goes wrong, as it is typed.
pub(super) fn faults(typed: &str) -> Result<Faults, SimulateError> {
    typed.parse().map_err(|error| SimulateError::Faults(Box::new(error)))
}

/// What the text needs of a running simulator.
fn address(running: &Running) -> SimulatorAddress {
    let other = running.other_account();
    SimulatorAddress {
        url: running.url(),
        account_sid: running.account_sid().to_owned(),
        auth_token: running.auth_token().to_owned(),
        service_sid: running.service_sid().to_owned(),
        target_service_sid: running.target_service_sid().to_owned(),
        other_service_sid: other.service_sid.to_owned(),
        other_account_sid: other.account_sid.to_owned(),
        other_auth_token: other.auth_token.to_owned(),
        empty: running.has_empty_services(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn command() -> Command {
        SimulateArgs::augment_args(Command::new("simulate"))
    }

    fn args(line: &[&str]) -> SimulateArgs {
        SimulateArgs::from_arg_matches(&command().try_get_matches_from(line).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn it_tells_where_it_listens_and_how_to_use_it() {
        let mut stdout = Vec::new();
        let options = options(&args(&["simulate", "--users", "3"])).unwrap();
        serve(simulator::start(options).await.unwrap(), &mut stdout, async {}).await.unwrap();
        let text = String::from_utf8(stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let url = lines[0].strip_prefix("listening on ").unwrap();
        assert!(url.starts_with("http://127.0.0.1:"));
        assert!(lines[1].starts_with("export TWILIO_ACCOUNT_SID=AC"));
        assert!(lines[2].starts_with("export TWILIO_AUTH_TOKEN="));
        assert_eq!(lines[3], format!("export CHATFERRY_CHAT_URL={url}"));
        assert_eq!(lines[4], format!("export CHATFERRY_CONVERSATIONS_URL={url}"));
        assert_eq!(lines[5], format!("export CHATFERRY_MEDIA_URL={url}"));
        assert!(lines[6].starts_with("chatferry crawl --service IS"));
        assert!(lines[7].starts_with("# an empty service in the same account: IS"));
        assert!(lines[8].starts_with("# an empty service in another account: IS"));
        assert!(lines[9].starts_with("# export CHATFERRY_TARGET_ACCOUNT_SID=AC"));
        assert!(lines[10].starts_with("# export CHATFERRY_TARGET_AUTH_TOKEN="));
    }

    #[tokio::test]
    async fn mistakes_are_errors() {
        let wrong = options(&args(&["simulate", "--faults", "nope=1%"]));
        let problem = CommandError::from(wrong.unwrap_err()).problem();
        assert_eq!((problem.message.as_str(), problem.exit_code), ("`--faults` cannot be used", 2));
        assert!(problem.causes[0].contains("`nope`"), "{problem:?}");
        let taken = simulator::start(Options::default()).await.unwrap();
        let port = taken.url().rsplit(':').next().unwrap().to_owned();
        let options = options(&args(&["simulate", "--port", &port])).unwrap();
        let problem = start_error(simulator::start(options).await.unwrap_err()).problem();
        assert_eq!((problem.message.as_str(), problem.exit_code), ("the simulator could not start", 1));
        assert!(problem.causes[0].contains(&port), "{problem:?}");
    }

    #[test]
    fn the_help_names_every_fault() {
        let help = command().render_long_help().to_string();
        let missing: Vec<&str> =
            simulator::fault_names().filter(|name| !help.contains(&format!("{name}="))).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn the_defaults_are_those_of_the_simulator_in_the_real_world() {
        let given = options(&args(&["simulate"])).unwrap();
        assert!(matches!(given.write_clock, WriteClock::Started(_)));
        let expected =
            Options { world: WorldKind::Real, write_clock: given.write_clock, ..Options::default() };
        assert_eq!(format!("{given:?}"), format!("{expected:?}"));
        let plain = options(&args(&["simulate", "--world", "plain"])).unwrap();
        assert_eq!(plain.world, WorldKind::Plain);
    }
}
