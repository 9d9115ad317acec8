//! The throttle against simulated servers, in tokio's paused time.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;
use crate::testkit::pace::most_in_a_second;

/// A server that refuses at once what is beyond its limit, and answers the rest after 60 to 140 ms.
#[derive(Debug, Default)]
struct Server {
    /// Answers come in a tenth of the time.
    fast: bool,
    limit: AtomicUsize,
    in_flight: AtomicUsize,
    /// The way there, and the way back.
    lag: Duration,
    /// One in so many requests is refused for no reason; 0 for none.
    stray: usize,
    /// Whether its answers say how many are in flight.
    hints: bool,
    log: Mutex<Vec<(Instant, bool)>>,
}

impl Server {
    async fn answer(&self, random: &mut fastrand::Rng) -> Signal {
        sleep(self.lag).await;
        let stray = self.stray > 0 && random.usize(..self.stray) == 0;
        let refused = stray || self.in_flight.load(Ordering::SeqCst) >= self.limit.load(Ordering::SeqCst);
        self.log.lock().unwrap().push((Instant::now(), refused));
        let mut seen = self.in_flight.load(Ordering::SeqCst);
        if !refused {
            seen = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            let service = Duration::from_micros(random.u64(60_000..140_000));
            sleep(if self.fast { service / 10 } else { service }).await;
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
        }
        sleep(self.lag).await;
        Signal { refused, account_in_flight: self.hints.then(|| u32::try_from(seen).unwrap()) }
    }

    /// Answers and refusals in a stretch of time.
    fn seen(&self, from: Instant, to: Instant) -> (f64, f64) {
        let log = self.log.lock().unwrap();
        let within = log.iter().filter(|(at, _)| *at >= from && *at < to);
        within.fold(
            (0.0, 0.0),
            |(good, bad), (_, refused)| {
                if *refused { (good, bad + 1.0) } else { (good + 1.0, bad) }
            },
        )
    }
}

/// Workers that send as fast as they are let, each waiting a little after a refusal, until dropped. `answered` counts the answers that were no
/// refusals.
fn workers(
    seeds: Range<u64>,
    server: &Arc<Server>,
    throttle: &Arc<Throttle>,
    answered: &Arc<AtomicUsize>,
) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for seed in seeds {
        let (server, throttle, answered) = (Arc::clone(server), Arc::clone(throttle), Arc::clone(answered));
        workers.spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed);
            loop {
                let permit = throttle.permit().await;
                let signal = server.answer(&mut random).await;
                permit.answered(signal);
                if signal.refused {
                    sleep(Duration::from_millis(random.u64(1..250))).await;
                } else {
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
    workers
}

fn throttle(concurrency: usize, requests_per_second: u32) -> Arc<Throttle> {
    let limits = Limits { concurrency, requests_per_second, account_concurrency: None };
    Arc::new(Throttle::new(limits, Events::none()))
}

const PHASE: Duration = Duration::from_mins(1);
const SETTLE: Duration = Duration::from_secs(5);
const MEAN_SERVICE: f64 = 0.1;

/// The share of the refusals, and of the throughput that the server's limit allows, once the phase has settled.
async fn phase(server: &Server, limit: usize, settle: Duration) -> (f64, f64) {
    server.limit.store(limit, Ordering::SeqCst);
    sleep(settle).await;
    let from = Instant::now();
    sleep(PHASE).await;
    let (good, bad) = server.seen(from, Instant::now());
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let ideal = limit as f64 / MEAN_SERVICE * PHASE.as_secs_f64();
    (bad / (good + bad), good / ideal)
}

#[tokio::test(start_paused = true)]
async fn an_unknown_limit_is_found_and_hardly_ever_met_again() {
    // The longer the way, the more are in flight for the client that the server no longer or not yet counts.
    for (lag, throughput_at_least) in [(0, 0.95), (1, 0.93), (10, 0.75), (30, 0.55)] {
        let server = Arc::new(Server { lag: Duration::from_millis(lag), ..Server::default() });
        let throttle = throttle(64, 0);
        let _workers = workers(0..128, &server, &throttle, &Arc::default());
        let (refused, throughput) = phase(&server, 20, SETTLE).await;
        assert!(refused < 0.005, "lag {lag}: {refused}");
        assert!(throughput > throughput_at_least, "lag {lag}: {throughput}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_changes_is_followed_down_and_up() {
    let server = Arc::new(Server::default());
    let throttle = throttle(128, 0);
    let _workers = workers(0..256, &server, &throttle, &Arc::default());
    for (limit, settle) in [(80, 5), (30, 5), (100, 70)] {
        let (refused, throughput) = phase(&server, limit, Duration::from_secs(settle)).await;
        assert!(refused < 0.01, "limit {limit}: {refused}");
        assert!(throughput > 0.9, "limit {limit}: {throughput}");
    }
}

#[tokio::test(start_paused = true)]
async fn stray_refusals_do_not_bring_the_crawl_to_a_crawl() {
    for (one_in, throughput_at_least) in [(100, 0.75), (20, 0.35)] {
        let server = Arc::new(Server { stray: one_in, ..Server::default() });
        let throttle = throttle(16, 0);
        let _workers = workers(0..32, &server, &throttle, &Arc::default());
        server.limit.store(1000, Ordering::SeqCst);
        sleep(PHASE).await;
        let (good, _) = server.seen(Instant::now() - PHASE, Instant::now());
        let throughput = good / (16.0 / MEAN_SERVICE * PHASE.as_secs_f64());
        assert!(throughput > throughput_at_least, "one in {one_in}: {throughput}");
    }
}

#[tokio::test(start_paused = true)]
async fn stray_refusals_do_not_hold_a_run_at_one_request_in_flight() {
    let server = Arc::new(Server { stray: 30, fast: true, ..Server::default() });
    let throttle = throttle(16, 0);
    let _workers = workers(0..32, &server, &throttle, &Arc::default());
    sleep(Duration::from_secs(5)).await; // everything is refused
    server.limit.store(1000, Ordering::SeqCst);
    sleep(Duration::from_secs(30)).await;
    let (good, _) = server.seen(Instant::now() - Duration::from_secs(20), Instant::now());
    let one_in_flight = 20.0 / (MEAN_SERVICE / 10.0);
    assert!(good > 4.0 * one_in_flight, "{good}, and {one_in_flight} with one at a time");
}

#[tokio::test(start_paused = true)]
async fn the_accounts_own_limit_is_kept_when_the_server_says_how_many_there_are() {
    let server = Arc::new(Server { hints: true, ..Server::default() });
    server.limit.store(1000, Ordering::SeqCst);
    let limits = Limits { concurrency: 64, requests_per_second: 0, account_concurrency: Some(40) };
    let throttle = Arc::new(Throttle::new(limits, Events::none()));
    let _workers = workers(0..128, &server, &throttle, &Arc::default());
    for _ in 0..600 {
        sleep(Duration::from_millis(100)).await;
        assert!(server.in_flight.load(Ordering::SeqCst) < 40);
    }
    assert!(throttle.limit() >= 20, "{}", throttle.limit());
}

/// A process of the account: workers with a throttle of their own. Counts the answers that were no refusals.
fn process(
    number: u64,
    server: &Arc<Server>,
    account_concurrency: Option<u32>,
) -> (Arc<AtomicUsize>, JoinSet<()>) {
    let limits = Limits { concurrency: 64, requests_per_second: 0, account_concurrency };
    let throttle = Arc::new(Throttle::new(limits, Events::none()));
    let answered = Arc::new(AtomicUsize::new(0));
    let workers = workers(number * 1000..number * 1000 + 80, server, &throttle, &answered);
    (answered, workers)
}

/// Processes that start one after the other, and what each was answered in two minutes after that.
async fn processes(count: u64, server: &Arc<Server>, account_concurrency: Option<u32>) -> Vec<usize> {
    let mut processes = Vec::new();
    for number in 0..count {
        processes.push(process(number, server, account_concurrency));
        sleep(Duration::from_secs(2)).await;
    }
    sleep(PHASE).await;
    let counts = || processes.iter().map(|(answered, _)| answered.load(Ordering::SeqCst)).collect::<Vec<_>>();
    let before = counts();
    sleep(2 * PHASE).await;
    counts().iter().zip(before).map(|(after, before)| after - before).collect()
}

#[tokio::test(start_paused = true)]
async fn processes_that_do_not_talk_share_the_limit_of_their_account() {
    for count in [2, 4, 8] {
        let lag = Duration::from_millis(1);
        let server = Arc::new(Server { hints: true, lag, ..Server::default() });
        server.limit.store(40, Ordering::SeqCst);
        let answered = processes(count, &server, None).await;
        let (good, bad) = server.seen(Instant::now() - 2 * PHASE, Instant::now());
        let used = good / (40.0 / MEAN_SERVICE * 2.0 * PHASE.as_secs_f64());
        // Timers in paused time are rounded up to milliseconds: three in each round trip. Processes are measured by
        // `cargo bench --bench crawl -- fairness`.
        assert!(used > 0.92, "{count}: {used}");
        let refused = bad / (good + bad);
        assert!(refused < 0.01, "{count}: {refused}");
        let fair = answered.iter().sum::<usize>() / answered.len();
        assert!(answered.iter().all(|answered| *answered > fair / 2), "{count}: {answered:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_allowance_of_the_settings_is_shared_too() {
    let server = Arc::new(Server { hints: true, ..Server::default() });
    server.limit.store(1000, Ordering::SeqCst);
    let answered = processes(4, &server, Some(50)).await;
    let fair = answered.iter().sum::<usize>() / answered.len();
    assert!(answered.iter().all(|answered| *answered > fair / 2), "{answered:?}");
    // 42 of the 50.
    let per_second = answered.iter().sum::<usize>() / 120;
    assert!((360..430).contains(&per_second), "{per_second}");
}

#[tokio::test(start_paused = true)]
async fn no_second_has_more_than_the_rate_and_nearly_all_of_it_is_used() {
    for rate in [1_u32, 3, 10, 100, 200, 1000, 3000] {
        let throttle = throttle(16, rate);
        let server = Arc::new(Server::default());
        let started = Instant::now();
        let mut granted = Vec::new();
        let total = rate * 20;
        for _ in 0..total {
            let permit = throttle.permit().await;
            granted.push(Instant::now());
            drop(permit);
        }
        let most = most_in_a_second(&granted);
        assert!(most <= rate as usize, "{rate}: {most}");
        let achieved = f64::from(total) / started.elapsed().as_secs_f64();
        assert!(achieved >= 0.98 * f64::from(rate), "{rate}: {achieved}");
        drop(server);
    }
}

#[tokio::test(start_paused = true)]
async fn turns_come_in_the_order_of_asking() {
    let throttle = throttle(64, 50);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let (throttle, order) = (Arc::clone(&throttle), Arc::clone(&order));
        tasks.spawn(async move {
            let permit = throttle.permit().await;
            order.lock().unwrap().push(number);
            drop(permit);
        });
    }
    tasks.join_all().await;
    assert_eq!(*order.lock().unwrap(), (0..40).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_given_up_while_waiting_leaves_nothing_behind() {
    let throttle = throttle(2, 1);
    drop(throttle.permit().await);
    for _ in 0..10 {
        let waiting = tokio::time::timeout(Duration::from_millis(1), throttle.permit()).await;
        assert!(waiting.is_err());
    }
    let (first, second) = (throttle.permit().await, throttle.permit().await);
    assert_eq!(throttle.lock().in_flight, 2);
    drop((first, second));
    assert_eq!((throttle.lock().in_flight, throttle.slots.available_permits()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_cut_takes_slots_back_as_they_come_free() {
    let throttle = throttle(4, 0);
    let mut permits = Vec::new();
    for _ in 0..4 {
        permits.push(throttle.permit().await);
    }
    sleep(Duration::from_millis(1)).await;
    permits.pop().unwrap().answered(Signal { refused: true, account_in_flight: None });
    assert_eq!(throttle.limit(), 2);
    permits.pop().unwrap().answered(Signal { refused: true, account_in_flight: None });
    assert_eq!(throttle.limit(), 2, "sent before the cut: no second one");
    assert_eq!(throttle.slots.available_permits(), 0);
    drop(permits.pop());
    assert_eq!(throttle.slots.available_permits(), 1);
    drop(permits);
    assert_eq!(throttle.slots.available_permits(), 2);
}
