//! The lines that schedule the work after the close.

use crate::common::{Home, seen};

#[test]
fn the_printed_units_are_what_systemd_takes() {
    let home = Home::new();
    let cron =
        seen(home.dtlearn().env("PWD", "/srv").args(["schedule", "cron", "--prices", "bars.csv"]), &home);
    assert!(cron.contains("CRON_TZ=America/New_York\n5 16 * * 1-5 \""), "{cron}");
    assert!(
        cron.contains(
            "--root \"/srv/da_brains\" --lock-wait 300 -q post-market --prices \"/srv/bars.csv\"\n"
        ),
        "{cron}"
    );
    let odd = home.seen(&["--root", "a%b", "schedule", "cron"], "");
    assert!(odd.starts_with("status 2\n"), "{odd}");
    let output = home.dtlearn().env("PWD", home.0.path()).args(["schedule", "systemd"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (service, timer) = text.split_once("# dtlearn.timer").unwrap();
    assert!(timer.contains("OnCalendar=Mon..Fri *-*-* 16:05:00 America/New_York"));
    // The manual is not installed here.
    let service = service.replace("Documentation=man:dtlearn-timers(7)\n", "");
    std::fs::write(home.path("dtlearn.service"), service).unwrap();
    std::fs::write(home.path("dtlearn.timer"), format!("# {timer}")).unwrap();
    let verify = std::process::Command::new("systemd-analyze")
        .arg("verify")
        .args([home.path("dtlearn.service"), home.path("dtlearn.timer")])
        .output();
    match verify {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => eprintln!("SKIPPED: no systemd-analyze on this machine"),
    }
}
