//! `post-market`.

use clap::Args;

use super::analyze::price_options;
use crate::app::{PostMarketError, PostMarketRequest, post_market};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer};
use crate::cli::options::PriceArgs;
use crate::report::{Notice, day_done_view};

/// Which prices.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn post-market --prices bars.csv.gz\n  dtlearn post-market --prices bars/*.csv --prices-tz America/New_York\n\n", include_str!("../exit_status.txt")))]
pub struct PostMarketArgs {
    #[command(flatten)]
    pub(in crate::cli) prices: PriceArgs,
    /// Run although the session is not over, or although its work is done
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

pub(super) fn run(args: &PostMarketArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.context.as_of.is_some() {
        let why =
            "post-market works on the present: --now says which moment that is, --as-of only looks back";
        return Err(CliError::Usage(why.into(), None));
    }
    let request = PostMarketRequest { prices: price_options(&args.prices)?, force: args.force };
    let done = post_market(&call.context, &request, &mut call.notices);
    match &done {
        // A session that still runs is no news.
        Ok(_) | Err(PostMarketError::NotOver { .. }) => {}
        Err(error) => call.notices.push(Notice::of_failure(&error.to_string())),
    }
    let done = done?;
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    answer(call, &day_done_view(&done.done))?;
    Ok(if done.failed > 0 || !done.whole { ExitStatus::Part } else { ExitStatus::Done })
}
