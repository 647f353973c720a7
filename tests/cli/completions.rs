//! The completions of shells.

use std::process::Command;

use crate::common::command_line::{commands, flags};
use crate::common::{Home, skipped};

#[test]
fn completions_have_every_command_and_flag_and_are_what_the_shells_take() {
    let home = Home::new();
    for (shell, flag) in [("bash", "--"), ("zsh", "--"), ("fish", "-l ")] {
        let made = home.dtlearn().args(["completions", shell]).output().unwrap();
        assert!(made.status.success());
        let text = String::from_utf8(made.stdout).unwrap();
        for command in commands() {
            let name = command.get_name();
            assert!(text.contains(name), "{shell} does not complete {name}");
            for long in flags(&command) {
                assert!(text.contains(&format!("{flag}{long}")), "{shell} does not complete {name} --{long}");
            }
        }
        let file = home.path("completion");
        std::fs::write(&file, text).unwrap();
        match Command::new(shell).arg("-n").arg(&file).status() {
            Ok(status) => assert!(status.success(), "{shell} does not read it"),
            Err(_) => skipped(shell),
        }
    }
}
