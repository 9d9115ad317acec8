//! What a person sees, in a terminal of 120, 60 and 40 columns. tmux is the terminal: it draws what the program sends, and gives the
//! picture back as text.
//!
//! Where tmux is not installed these tests say so and end; with `CHATFERRY_TEST_TMUX=required`, as in `.ci/run`, that fails.
#![cfg(unix)]

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use chatferry::internals::simulator::Options;

use crate::support::World;

/// The widths that people have: a wide window, a half, a phone.
const WIDTHS: [u16; 3] = [120, 60, 40];

/// Waiting longer than this is a failure.
const LONGEST: Duration = Duration::from_mins(2);

/// Between two looks at a picture.
const BETWEEN: Duration = Duration::from_millis(20);

/// A terminal, for as long as this lives.
struct Terminal {
    server: String,
    columns: u16,
}

impl Terminal {
    /// A shell line in a terminal of so many columns, in the world's folder. None without tmux.
    fn start(world: &World, columns: u16, variables: &[(&str, &str)], line: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        #[expect(clippy::print_stderr, reason = "who reads the tests' output learns what was not seen")]
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(
                std::env::var_os("CHATFERRY_TEST_TMUX").is_none(),
                "tmux is required and is not installed"
            );
            eprintln!("tmux is not installed: this test saw no terminal");
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let server = format!("chatferry-{}-{number}", std::process::id());
        let chatferry = world.chatferry(&[]);
        let binary = chatferry.get_program().to_str().unwrap();
        let line = line.replace("chatferry ", &format!("'{binary}' "));
        // The shell stays after Ctrl-C, to print how the program ended, and the picture stays until it is looked at.
        let line = format!("trap : INT; {line}; echo \"exit $?\"; exec sleep 1000");
        let mut tmux = Command::new("tmux");
        tmux.env_clear().current_dir(world.folder.path()).env("PATH", std::env::var_os("PATH").unwrap());
        tmux.env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
        tmux.args(["-u", "-L", &server, "-f", "/dev/null", "new-session", "-d", "-y", "60"]);
        tmux.args(["-x", &columns.to_string()]);
        let given = chatferry.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
        let given = given.filter(|(name, _)| *name != "NO_COLOR").chain(variables.iter().copied());
        let prefix: Vec<String> = given.map(|(name, value)| format!("{name}='{value}'")).collect();
        let prefix = prefix.join(" ");
        let status = tmux.arg(format!("export {prefix}; {line}")).status().unwrap();
        assert!(status.success(), "tmux starts");
        Some(Self { server, columns })
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.server]).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// All lines so far.
    fn picture(&self, flags: &[&str]) -> Vec<String> {
        let text = self.tmux(&[&["capture-pane", "-p", "-S", "-"], flags].concat());
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Waits until a line satisfies this, and gives every picture on the way.
    fn wait(&self, is_there: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
        let start = Instant::now();
        let mut pictures = Vec::new();
        loop {
            let picture = self.picture(&[]);
            let ended = picture.iter().any(|line| is_there(line));
            pictures.push(picture);
            if ended {
                return pictures;
            }
            assert!(start.elapsed() < LONGEST, "it does not come: {:#?}", pictures.last());
            // Looking all the time would leave the program no processor.
            std::thread::sleep(BETWEEN);
        }
    }

    /// Waits for the end, and gives the last picture and the exit code.
    fn end(&self) -> (Vec<String>, i32) {
        self.wait(|line| line.starts_with("exit "));
        let picture = self.picture(&[]);
        let code = picture.iter().rev().find_map(|line| line.strip_prefix("exit ")?.parse().ok());
        (picture, code.unwrap())
    }

    /// Fails where the terminal had to break a line: one that has blanks enough and was not to be copied as it is.
    fn assert_no_word_is_broken(&self) {
        let (broken, joined) = (self.picture(&[]), self.picture(&["-J"]));
        let as_shown = |line: &&String| !broken.contains(line);
        for line in joined.iter().filter(as_shown) {
            let longest = line.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
            let is_whole =
                line.starts_with("next: ") || line.contains('`') || longest > usize::from(self.columns) / 2;
            assert!(is_whole, "at {} columns the terminal broke: {line}", self.columns);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// The words of a picture, however its lines are broken.
fn words(picture: &[String]) -> String {
    picture.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
}

/// How the line of each bar begins.
const PREFIXES: [&str; 5] = ["   users ", "requests ", "    rows ", "    done ", "     now "];

/// Whether it is the line of a bar, of this one.
fn is_bar(line: &str, prefix: &str) -> bool {
    line.strip_prefix(prefix).is_some_and(|rest| !rest.starts_with(' '))
}

/// Lines of bars.
fn bar_lines(picture: &[String]) -> Vec<&String> {
    picture.iter().filter(|line| PREFIXES.iter().any(|prefix| is_bar(line, prefix))).collect()
}

fn slow(users: u32) -> World {
    let latency = Duration::from_millis(20);
    World::new(Options { users, channels: 40, memberships: 6, latency, ..Options::default() })
}

#[test]
fn bars_fit_and_leave_no_line_behind() {
    for columns in WIDTHS {
        let world = slow(200);
        let service = world.running.service_sid();
        let lines = [
            format!("chatferry crawl --service {service}"),
            "chatferry plan --target in-place".to_owned(),
            "chatferry apply --yes".to_owned(),
            "chatferry verify".to_owned(),
            format!("chatferry plan --target {} --plan copy.db", world.running.target_service_sid()),
            "chatferry apply --plan copy.db --yes".to_owned(),
        ];
        let mut seen = 0;
        for line in lines {
            let Some(terminal) = Terminal::start(&world, columns, &[], &line) else { return };
            for picture in terminal.wait(|line| line.starts_with("exit ")) {
                let bars = bar_lines(&picture);
                seen = seen.max(bars.len());
                for prefix in PREFIXES {
                    let of = bars.iter().filter(|line| is_bar(line, prefix)).count();
                    assert!(of <= 1, "{line} at {columns}: a dead line of {prefix}: {picture:#?}");
                }
                assert!(bars.iter().all(|line| line.chars().count() < usize::from(columns)), "{picture:#?}");
            }
            let (picture, code) = terminal.end();
            assert!([0, 5].contains(&code), "{line}: {picture:#?}");
            assert_eq!(bar_lines(&picture), [""; 0], "{line} at {columns}: {picture:#?}");
            assert!(!picture.iter().any(|line| line.contains(['━', '╸', '─'])), "{line}: {picture:#?}");
        }
        assert!(seen >= 2, "at {columns} columns bars were seen");
    }
}

#[test]
fn ctrl_c_in_a_crawl_leaves_no_line_of_a_bar() {
    for columns in WIDTHS {
        let world = slow(2_000);
        let line = format!("chatferry crawl --service {}", world.running.service_sid());
        let Some(terminal) = Terminal::start(&world, columns, &[], &line) else { return };
        terminal.wait(|line| is_bar(line, PREFIXES[0]) && !line.contains(" 0 of"));
        terminal.keys(&["C-c"]);
        let (picture, code) = terminal.end();
        assert_eq!(code, 130, "{picture:#?}");
        assert_eq!(bar_lines(&picture), [""; 0], "at {columns}: {picture:#?}");
        let text = words(&picture);
        assert!(text.contains("interrupted: finishing what is in flight"), "{picture:#?}");
        assert!(text.contains("incomplete: interrupted with "), "{picture:#?}");
        assert!(!text.contains("next: "), "an incomplete crawl has its advice in the verdict: {picture:#?}");
    }
}

#[test]
fn ctrl_c_at_the_question_leaves_at_once_and_nothing_was_written() {
    for columns in WIDTHS {
        let world = World::new(Options { users: 40, channels: 16, memberships: 5, ..Options::default() });
        assert_eq!(world.crawl(&[]).code, 0);
        assert_eq!(world.run(&["plan", "--target", "in-place"]).code, 0);
        let truth = world.running.truth();
        let mut rows = truth.user_sids().flat_map(|user| truth.user_channels(&user));
        let row = rows.find(|row| row["status"] == "joined").unwrap();
        drop(rows);
        let user = row["user_sid"].as_str().unwrap().to_owned();
        let channel = row["channel_sid"].as_str().unwrap().to_owned();
        let level = if row["notification_level"] == "muted" { "default" } else { "muted" };
        drop(truth);
        let service = world.running.service_sid();
        let update = format!(
            "chatferry user-channel update --service {service} --user {user} --channel {channel} --notification-level {level}"
        );
        for (line, question) in
            [("chatferry apply".to_owned(), "to continue:"), (update, "type yes to update it:")]
        {
            let Some(terminal) = Terminal::start(&world, columns, &[], &line) else { return };
            terminal.wait(|line| line.ends_with(question));
            terminal.keys(&["C-c"]);
            let (picture, code) = terminal.end();
            assert_eq!(code, 130, "{picture:#?}");
            let text = words(&picture);
            assert!(text.contains("error: interrupted at the question; nothing was written"), "{picture:#?}");
            assert!(!text.contains("in flight"), "nothing is in flight: {picture:#?}");
            // What is typed now goes to the shell, and answers nothing.
            terminal.keys(&["-l", if question.contains("yes") { "yes" } else { service }]);
            terminal.keys(&["Enter"]);
            assert!(world.running.writes().is_empty());
        }
    }
}

#[test]
fn no_word_is_broken_at_the_edge_of_the_terminal() {
    let world = World::new(Options { users: 60, channels: 20, memberships: 5, ..Options::default() });
    let service = world.running.service_sid().to_owned();
    let target = world.running.target_service_sid().to_owned();
    for (number, columns) in WIDTHS.into_iter().enumerate() {
        for line in [
            "chatferry probe".to_owned(),
            format!("chatferry crawl --service {service} --snapshot s{number}.db"),
            format!("chatferry snapshot info s{number}.db"),
            format!("chatferry plan --snapshot s{number}.db --target in-place --plan in{number}.db"),
            format!("chatferry plan --snapshot s{number}.db --target {target} --plan p{number}.db"),
            format!("chatferry plan show --plan p{number}.db"),
            format!("chatferry verify --plan p{number}.db"),
            format!("chatferry diff s{number}.db s{number}.db"),
            format!("chatferry export --snapshot s{number}.db --out e{number}"),
            format!("chatferry audit --service {service} --dir a{number}"),
            "chatferry apply --plan nothing-there.db".to_owned(),
        ] {
            let Some(terminal) = Terminal::start(&world, columns, &[], &line) else { return };
            let (picture, code) = terminal.end();
            assert!([0, 2, 5].contains(&code), "{line}: {picture:#?}");
            if !line.contains("verify") {
                terminal.assert_no_word_is_broken();
            }
        }
    }
}

#[test]
fn a_person_at_a_terminal_gets_the_next_step() {
    let world = World::new(Options { users: 40, channels: 16, memberships: 5, ..Options::default() });
    let service = world.running.service_sid();
    for (line, steps) in [
        ("chatferry probe".to_owned(), &["chatferry crawl --service IS"][..]),
        (
            format!("chatferry crawl --service {service}"),
            &["chatferry plan --target in-place --snapshot snapshot.db"],
        ),
        (
            "chatferry plan --target in-place".to_owned(),
            &["chatferry rehearse --plan plan.db", "chatferry apply --plan plan.db"],
        ),
        (format!("chatferry audit --service {service} --dir audits"), &["open audits/"]),
    ] {
        let Some(terminal) = Terminal::start(&world, 120, &[], &line) else { return };
        let (picture, code) = terminal.end();
        assert_eq!(code, 0, "{picture:#?}");
        for step in steps {
            let next = format!("next: {step}");
            assert!(picture.iter().any(|line| line.starts_with(&next)), "{next}: {picture:#?}");
        }
        // A script gets none.
        let mut words = line.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>();
        if line.contains(" crawl ") {
            words.extend(["--snapshot".to_owned(), "other.db".to_owned()]);
        }
        let ran = world.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!ran.stderr.contains("next: ") && !ran.stdout.contains("next: "), "{ran:?}");
    }
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let world = slow(200);
    let line = format!("chatferry crawl --service {}", world.running.service_sid());
    let line = format!("{line}; chatferry snapshot info");
    let Some(terminal) = Terminal::start(&world, 120, &[("TERM", "dumb")], &line) else { return };
    let pictures = terminal.wait(|line| line.starts_with("exit "));
    let (picture, code) = terminal.end();
    assert_eq!(code, 0, "{picture:#?}");
    assert!(pictures.iter().all(|picture| bar_lines(picture).is_empty()), "{picture:#?}");
    assert!(
        picture.iter().any(|line| line.starts_with('[') && line.contains("200 of 200 users")),
        "{picture:#?}"
    );
    let raw = terminal.tmux(&["capture-pane", "-p", "-e", "-S", "-"]);
    assert!(!raw.contains('\u{1b}'), "no color: {raw:?}");
    // In one that is not dumb the verdict has color.
    let Some(terminal) = Terminal::start(&world, 120, &[("TERM", "xterm")], "chatferry snapshot info") else {
        return;
    };
    terminal.end();
    assert!(terminal.tmux(&["capture-pane", "-p", "-e", "-S", "-"]).contains("\u{1b}["));
}
