//! Settings from made-up layers. Nothing here reads the real environment or a file that a test did not write.

mod credentials;
mod file;
mod precedence;
mod verbs;

use std::error::Error;

use clap::Parser;
use tempfile::TempDir;

use super::*;
use crate::cli::{Cli, Verb};
use crate::error::Advise;

/// An environment.
type Variables = &'static [(&'static str, &'static str)];

/// A folder with a settings file, an environment, and what was typed.
struct World {
    folder: TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl World {
    fn new(variables: &[(&'static str, &'static str)]) -> Self {
        Self { folder: TempDir::new().unwrap(), variables: variables.to_vec() }
    }

    fn with_file(variables: &[(&'static str, &'static str)], toml: &str) -> Self {
        let world = Self::new(variables);
        std::fs::write(world.folder.path().join("chatferry.toml"), toml).unwrap();
        world
    }

    fn cli(line: &str) -> Cli {
        Cli::try_parse_from(std::iter::once("chatferry").chain(line.split_whitespace())).unwrap()
    }

    fn loader(&self, cli: &Cli) -> Result<Loader, SettingsError> {
        let environment = Environment::of(self.variables.iter().copied());
        Loader::new(&cli.global, environment, self.folder.path())
    }

    fn crawl(&self, line: &str) -> Result<CrawlSettings, SettingsError> {
        let cli = Self::cli(&format!("crawl {line}"));
        let Verb::Crawl(args) = &cli.verb else { unreachable!() };
        CrawlSettings::load(&self.loader(&cli)?, args, &mut "ann\n".as_bytes())
    }

    fn plan(&self, line: &str) -> Result<PlanSettings, SettingsError> {
        let cli = Self::cli(&format!("plan {line}"));
        let Verb::Plan(args) = &cli.verb else { unreachable!() };
        PlanSettings::load(&self.loader(&cli)?, args)
    }

    fn connection(&self, line: &str) -> Result<ConnectionSettings, SettingsError> {
        let cli = Self::cli(&format!("crawl {line}"));
        let Verb::Crawl(args) = &cli.verb else { unreachable!() };
        ConnectionSettings::load(&self.loader(&cli)?, &args.connection)
    }

    fn listing(&self, line: &str) -> Result<SettingsListing, SettingsError> {
        let cli = Self::cli(&format!("config {line}"));
        let Verb::Config(args) = &cli.verb else { unreachable!() };
        SettingsListing::of(&self.loader(&cli)?, &cli.global, args)
    }
}

/// The entire chain, as main prints it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
