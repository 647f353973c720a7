//! `post-market`.

use super::super::args::PostMarketArgs;
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::notes::Voice;
use super::analyze::price_options;
use super::{Context, answer};
use crate::app::post_market;

pub(super) fn run(args: &PostMarketArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    if context.desk.as_of.is_some() {
        let why =
            "post-market works on the present: --now says which moment that is, --as-of only looks back";
        return Err(CliError::Usage(why.into(), None));
    }
    let options = price_options(&args.prices)?;
    let done = post_market(&context.desk, &options)?;
    for warning in &done.warnings {
        context.notes.warning(Voice::PostMarket, warning);
    }
    answer(context, &done.view)?;
    Ok(if done.failed > 0 || !done.whole { ExitStatus::Part } else { ExitStatus::Done })
}
