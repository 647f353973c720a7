//! How far a long piece of work is, on a terminal, and only when it takes longer than half a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::Progress;

const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on stderr.
pub(super) struct Bar {
    shown: bool,
    state: Mutex<Option<(ProgressBar, Instant, bool)>>,
}

impl Bar {
    /// A bar; one that nobody would see draws nothing.
    pub(super) fn new(shown: bool) -> Self {
        Self { shown, state: Mutex::new(None) }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long something takes changes no result, only what is shown"
)]
fn instant() -> Instant {
    Instant::now()
}

impl Progress for Bar {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !self.shown {
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) => "{msg} {wide_bar} {percent:>3} %  {eta}",
            None => "{msg} {pos}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        if let Ok(mut state) = self.state.lock() {
            *state = Some((bar, instant(), false));
        }
    }

    fn advance(&self, amount: u64) {
        if !self.shown {
            return;
        }
        let Ok(mut state) = self.state.lock() else { return };
        let Some((bar, since, drawn)) = state.as_mut() else { return };
        bar.inc(amount);
        if !*drawn && instant().duration_since(*since) > PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            *drawn = true;
        }
    }

    fn end(&self) {
        if let Ok(mut state) = self.state.lock()
            && let Some((bar, ..)) = state.take()
        {
            bar.finish_and_clear();
        }
    }

    #[expect(clippy::print_stderr, reason = "it cannot wait until the command is over")]
    fn waiting_for_lock(&self) {
        eprintln!("dtlearn: waiting for another process to finish writing");
    }
}
