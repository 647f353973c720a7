//! What `--help` shows.

use crate::common::Home;
use crate::common::command_line::names;

#[test]
fn every_help_has_exit_codes_and_examples() {
    let home = Home::new();
    for command in names() {
        let help = home.seen(&[&command, "--help"], "");
        assert!(help.contains("Examples:") && help.contains("Exit status:"), "{command}");
    }
    assert!(home.seen(&["report", "metrcs"], "").contains("a similar value exists: 'metrics'"));
}
