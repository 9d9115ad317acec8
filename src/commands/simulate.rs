//! `chatferry simulate`: serves the simulator until it is told to stop.

use std::fmt::Write as _;
use std::future::Future;
use std::io::Write;
use std::time::Duration;

use crate::cli::simulate::{SimulateArgs, SimulatedWorld};
use crate::error::{Advise, ExitStatus, Failure};
use crate::simulator::{self, FaultsError, Options, Running, SimulatorError, WorldKind};

use super::{Context, Outcome};

/// The simulator could not be served.
#[derive(Debug, thiserror::Error)]
enum SimulateError {
    /// `--faults` cannot be read: wrong usage.
    #[error("`--faults` cannot be used")]
    Faults(#[source] FaultsError),
    /// It could not start: a port that is taken, or a size that is too large.
    #[error("the simulator could not start")]
    Start(#[source] SimulatorError),
    /// Where it listens could not be told.
    #[error("standard output cannot be written")]
    Stdout(#[source] std::io::Error),
}

/// Starts it, tells where it listens and how to use it, and serves until it is told to stop.
pub(super) async fn run(args: &SimulateArgs, context: &mut Context) -> Outcome {
    let stop = context.interrupt.token();
    serve(args, &mut context.stdout, stop.cancelled()).await?;
    Ok(ExitStatus::Done)
}

async fn serve(
    args: &SimulateArgs,
    stdout: &mut (dyn Write + Send),
    stop: impl Future<Output = ()>,
) -> Result<(), SimulateError> {
    let running = simulator::start(options(args)?).await.map_err(SimulateError::Start)?;
    let text = format!("listening on {}\n{}", running.url(), environment(&running));
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(SimulateError::Stdout)?;
    stop.await;
    running.shutdown().await;
    Ok(())
}

impl Advise for SimulateError {
    fn status(&self) -> Failure {
        match self {
            Self::Faults(_) => Failure::Usage,
            Self::Start(_) | Self::Stdout(_) => Failure::Failed,
        }
    }
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
        faults: args.faults.parse().map_err(SimulateError::Faults)?,
        ..Options::default()
    })
}

/// What to give a shell, and a command to try. These credentials open the simulator and nothing else.
fn environment(running: &Running) -> String {
    let mut text = String::new();
    let url = running.url();
    for (name, value) in [
        ("TWILIO_ACCOUNT_SID", running.account_sid()),
        ("TWILIO_AUTH_TOKEN", running.auth_token()),
        ("CHATFERRY_CHAT_URL", &url),
        ("CHATFERRY_CONVERSATIONS_URL", &url),
    ] {
        writeln!(text, "export {name}={value}").expect("writing to a text cannot fail");
    }
    let other = running.other_account();
    writeln!(text, "chatferry crawl --service {}", running.service_sid())
        .expect("writing to a text cannot fail");
    writeln!(text, "# an empty service in the same account: {}", running.target_service_sid())
        .expect("writing to a text cannot fail");
    writeln!(text, "# an empty service in another account: {}", other.service_sid)
        .expect("writing to a text cannot fail");
    for (name, value) in [
        ("CHATFERRY_TARGET_ACCOUNT_SID", other.account_sid),
        ("CHATFERRY_TARGET_AUTH_TOKEN", other.auth_token),
    ] {
        writeln!(text, "# export {name}={value}").expect("writing to a text cannot fail");
    }
    text
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
        serve(&args(&["simulate", "--users", "3"]), &mut stdout, async {}).await.unwrap();
        let text = String::from_utf8(stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let url = lines[0].strip_prefix("listening on ").unwrap();
        assert!(url.starts_with("http://127.0.0.1:"));
        assert!(lines[1].starts_with("export TWILIO_ACCOUNT_SID=AC"));
        assert!(lines[2].starts_with("export TWILIO_AUTH_TOKEN="));
        assert_eq!(lines[3], format!("export CHATFERRY_CHAT_URL={url}"));
        assert_eq!(lines[4], format!("export CHATFERRY_CONVERSATIONS_URL={url}"));
        assert!(lines[5].starts_with("chatferry crawl --service IS"));
        assert!(lines[6].starts_with("# an empty service in the same account: IS"));
        assert!(lines[7].starts_with("# an empty service in another account: IS"));
        assert!(lines[8].starts_with("# export CHATFERRY_TARGET_ACCOUNT_SID=AC"));
        assert!(lines[9].starts_with("# export CHATFERRY_TARGET_AUTH_TOKEN="));
    }

    #[tokio::test]
    async fn mistakes_are_errors() {
        let mut stdout = Vec::new();
        let wrong = serve(&args(&["simulate", "--faults", "nope=1%"]), &mut stdout, async {}).await;
        assert!(matches!(wrong, Err(SimulateError::Faults(FaultsError::Unknown { .. }))));
        let taken = simulator::start(Options::default()).await.unwrap();
        let port = taken.url().rsplit(':').next().unwrap().to_owned();
        let wrong = serve(&args(&["simulate", "--port", &port]), &mut stdout, async {}).await;
        assert!(matches!(wrong, Err(SimulateError::Start(SimulatorError::Bind { .. }))));
        assert!(stdout.is_empty());
    }

    #[test]
    fn the_help_names_every_fault() {
        let help = command().render_long_help().to_string();
        let missing: Vec<&str> =
            simulator::fault_names().filter(|name| !help.contains(&format!("{name}="))).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn the_defaults_are_those_of_the_simulator() {
        let given = options(&args(&["simulate"])).unwrap();
        assert_eq!(format!("{given:?}"), format!("{:?}", Options::default()));
    }
}
