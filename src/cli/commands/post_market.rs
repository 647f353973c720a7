//! `post-market`.

use super::super::args::PostMarketArgs;
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::analyze::price_options;
use super::{Invocation, answer};
use crate::app::{PostMarketRequest, post_market};

pub(super) fn run(args: &PostMarketArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.context.as_of.is_some() {
        let why =
            "post-market works on the present: --now says which moment that is, --as-of only looks back";
        return Err(CliError::Usage(why.into(), None));
    }
    let request = PostMarketRequest { prices: price_options(&args.prices)?, force: args.force };
    let done = post_market(&call.context, &request)?;
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    answer(call, &done.view)?;
    Ok(if done.failed > 0 || !done.whole { ExitStatus::Part } else { ExitStatus::Done })
}
