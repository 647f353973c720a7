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

#[test]
fn the_units_of_the_package_leave_a_service_little_to_do_harm_with() {
    let home = Home::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/debian");
    let unit = std::fs::read_to_string(folder.join("dtlearn@.service")).unwrap();
    assert!(unit.contains("\nUser=dtlearn\n"), "{unit}");
    std::fs::write(home.path("dtlearn@desk.service"), unit).unwrap();
    // Of 100; a threshold of 30 is an exposure of 3.0.
    let line = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "dtlearn@desk.service"];
    if std::process::Command::new("systemd-analyze").arg("--version").output().is_err() {
        return eprintln!("SKIPPED: no systemd-analyze on this machine");
    }
    let output = home.program(&line, b"");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // What the package takes from here is here.
    let manifest = std::fs::read_to_string(folder.join("../../Cargo.toml")).unwrap();
    for asset in manifest.lines().filter_map(|line| line.trim().strip_prefix("[\"fixtures/debian/")) {
        assert!(folder.join(asset.split('"').next().unwrap()).is_file(), "{asset}");
    }
}
