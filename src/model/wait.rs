//! Waiting with a limit, side by side and until an interrupt, on zbus' runtime.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt as _;
use zruntime::signal::{Signal, Signals};
use zruntime::{Shared, SharedRuntime};

/// How many futures run at the same time, each with up to 3 calls: dbus-daemon allows 128 pending replies per connection.
const CONCURRENT: usize = 32;

/// Boxed so that callers are not monomorphized per future (binary size).
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `None` if `limit` passes first.
pub async fn timed<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    timed_boxed(limit, Box::pin(future)).await
}

async fn timed_boxed<T>(limit: Duration, future: Boxed<'_, T>) -> Option<T> {
    match SharedRuntime::current() {
        Ok(runtime) => runtime.timeout(limit, future).await.ok(),
        // Without a reactor there is no connection to wait for either.
        Err(_) => Some(future.await),
    }
}

/// The result of the future that is ready first; of `one` if both are.
pub async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    futures_util::future::select(pin!(one), pin!(other)).await.factor_first().0
}

/// Lets other futures run.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs futures concurrently, and returns their results in order.
pub async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let numbered = futures.into_iter().enumerate();
    let mut boxed = numbered.map(|(at, future)| -> Boxed<'_, _> { Box::pin(async move { (at, future.await) }) });
    together_boxed(&mut boxed).await
}

async fn together_boxed<'a, T>(futures: &mut dyn Iterator<Item = Boxed<'a, (usize, T)>>) -> Vec<T> {
    // Unordered, so that a slow future does not delay others.
    let mut results: Vec<_> = futures_util::stream::iter(futures).buffer_unordered(CONCURRENT).collect().await;
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// SIGINT (Ctrl-C), SIGTERM, and SIGHUP (the terminal is closed) unless it is ignored (`nohup`).
#[expect(clippy::disallowed_methods, reason = "the kernel reports ignored signals in a file")]
fn termination_signals() -> Vec<Signal> {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    let hangup = (ignored & HANGUP == 0).then_some(Signal::Hangup);
    [Signal::Interrupt, Signal::Terminate].into_iter().chain(hangup).collect()
}

/// Ignores termination signals until the future is done.
pub async fn to_the_end<T>(future: impl Future<Output = T>) -> T {
    let _signals = SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, termination_signals()));
    future.await
}

/// `None` if a termination signal comes before the future is done.
pub async fn unless_interrupted<T>(future: impl Future<Output = T>) -> Option<T> {
    unless_interrupted_boxed(Box::pin(future)).await
}

async fn unless_interrupted_boxed<T>(future: Boxed<'_, T>) -> Option<T> {
    let signals = SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, termination_signals()));
    let Ok(mut signals) = signals else { return Some(future.await) };
    let interrupt = async {
        match signals.recv().await {
            Ok(_) => None,
            Err(_) => std::future::pending().await,
        }
    };
    first(async { Some(future.await) }, interrupt).await
}

/// Ignores interrupts while `work` runs, such as a program that has the terminal and receives them itself.
pub fn shielded<T>(work: impl FnOnce() -> T) -> T {
    let _signals = interrupts();
    work()
}

/// The same, and reports whether there was an interrupt.
pub async fn shielded_reporting<T>(work: impl FnOnce() -> T) -> (T, bool) {
    let signals = interrupts();
    let result = work();
    let Ok(mut signals) = signals else { return (result, false) };
    // It has arrived already; only the runtime has to pass it on.
    let interrupt = timed(Duration::from_millis(50), signals.recv()).await;
    (result, matches!(interrupt, Some(Ok(_))))
}

fn interrupts() -> std::io::Result<Signals<Shared>> {
    SharedRuntime::current().and_then(|runtime| Signals::new(&runtime, [Signal::Interrupt, Signal::Terminate]))
}

pub async fn sleep(duration: Duration) {
    timed(duration, std::future::pending::<()>()).await;
}
