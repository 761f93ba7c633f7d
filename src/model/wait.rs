//! Waiting: not for ever, not alone, and not past an interrupt. On the runtime that the D-Bus
//! library brings along.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use zruntime::SharedRuntime;
use zruntime::signal::{Signal, Signals};

/// How many things are looked at at the same time, each with up to three questions: dbus-daemon lets one connection wait
/// for 128 answers.
const LOOKS: usize = 32;

/// A future of which only the result is known: what waits for it is compiled once for each kind of result, and not
/// for each future.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `None` when `limit` passes first.
pub async fn timed<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    timed_boxed(limit, Box::pin(future)).await
}

async fn timed_boxed<T>(limit: Duration, future: Boxed<'_, T>) -> Option<T> {
    match SharedRuntime::current() {
        Ok(runtime) => runtime.timeout(limit, future).await.ok(),
        // Without a reactor no connection could have been made either.
        Err(_) => Some(future.await),
    }
}

/// Runs futures side by side, a window of them at a time; gives their results in their order.
pub async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let numbered = futures.into_iter().enumerate();
    let mut boxed = numbered.map(|(at, future)| -> Boxed<'_, _> { Box::pin(async move { (at, future.await) }) });
    together_boxed(&mut boxed).await
}

async fn together_boxed<'a, T>(futures: &mut dyn Iterator<Item = Boxed<'a, (usize, T)>>) -> Vec<T> {
    // Whichever is done makes room for the next: one that takes long holds up nothing.
    let mut results: Vec<_> = futures_util::stream::iter(futures).buffer_unordered(LOOKS).collect().await;
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The signals that ask the process to end: SIGINT, as by Ctrl-C, SIGTERM, and SIGHUP, as when the terminal is closed,
/// unless whoever started the process had it ignore that one (`nohup`).
#[expect(clippy::disallowed_methods, reason = "the kernel tells in a file what a process ignores")]
fn endings() -> Vec<Signal> {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    let hangup = (ignored & HANGUP == 0).then_some(Signal::Hangup);
    [Signal::Interrupt, Signal::Terminate].into_iter().chain(hangup).collect()
}

/// Does something to its end, whoever asks the process to end meanwhile.
pub async fn to_the_end<T>(future: impl Future<Output = T>) -> T {
    let _signals = SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, endings()));
    future.await
}

/// `None` when the process is asked to end (SIGINT, as by Ctrl-C, SIGTERM, or SIGHUP) before the future is
/// done. While it runs, these do not end the process by themselves.
pub async fn unless_interrupted<T>(future: impl Future<Output = T>) -> Option<T> {
    unless_interrupted_boxed(Box::pin(future)).await
}

async fn unless_interrupted_boxed<T>(future: Boxed<'_, T>) -> Option<T> {
    let signals = SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, endings()));
    let Ok(mut signals) = signals else { return Some(future.await) };
    let interrupt = async {
        match signals.recv().await {
            Ok(_) => None,
            Err(_) => std::future::pending().await,
        }
    };
    futures_lite::future::or(async { Some(future.await) }, interrupt).await
}

/// Does something that an interrupt does not end, such as waiting for a program that has the terminal
/// and gets the interrupt itself.
pub fn shielded<T>(work: impl FnOnce() -> T) -> T {
    let signals =
        SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, [Signal::Interrupt, Signal::Terminate]));
    let result = work();
    drop(signals);
    result
}

/// The same, and tells whether there was an interrupt.
pub async fn shielded_told<T>(work: impl FnOnce() -> T) -> (T, bool) {
    let signals =
        SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, [Signal::Interrupt, Signal::Terminate]));
    let result = work();
    let Ok(mut signals) = signals else { return (result, false) };
    // It came while nobody looked; only the runtime has to pass it on.
    let told = timed(Duration::from_millis(50), signals.recv()).await;
    (result, matches!(told, Some(Ok(_))))
}

/// Waits for a span of time.
pub async fn sleep(span: Duration) {
    timed(span, std::future::pending::<()>()).await;
}
