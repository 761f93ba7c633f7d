//! A spinner for what takes longer than half a second.

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::model::wait::{first, sleep};

const PATIENCE: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(100);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
/// Back to the line's beginning, and clear it (ECMA-48, EL).
const CLEAR: &str = "\r\x1b[K";

/// On a terminal, shows `words` in a line that is cleared at the end.
pub async fn while_waiting<T>(words: impl Fn() -> String, future: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return future.await;
    }
    let line = Line { drawn: false.into() };
    let turning = async {
        let start = Instant::now();
        sleep(PATIENCE).await;
        for frame in FRAMES.into_iter().cycle() {
            line.draw(&format!("{frame} {} ({}s)", words(), start.elapsed().as_secs()));
            sleep(STEP).await;
        }
        std::future::pending().await
    };
    first(future, turning).await
}

pub fn bar(done: usize, of: usize) -> String {
    const WIDTH: usize = 24;
    let full = (done * WIDTH).checked_div(of).unwrap_or(WIDTH).min(WIDTH);
    format!("[{}{}] {done} of {of}", "#".repeat(full), ".".repeat(WIDTH - full))
}

/// Cleared when it is dropped.
struct Line {
    drawn: std::cell::Cell<bool>,
}

impl Line {
    fn draw(&self, text: &str) {
        let width = super::table::terminal_width(&io::stderr()).unwrap_or(80);
        let text: String = text.chars().take(width.saturating_sub(1)).collect();
        let _ = write!(io::stderr().lock(), "{CLEAR}{text}");
        self.drawn.set(true);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.drawn.get() {
            let _ = write!(io::stderr().lock(), "{CLEAR}");
        }
    }
}
