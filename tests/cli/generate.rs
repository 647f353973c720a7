//! What the program prints or installs for others: its manual and completions.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::Home;
use crate::common::folders::texts_below;

#[test]
fn every_page_of_the_manual_and_the_completions_are_installed_as_they_are() {
    let home = Home::new();
    let said = home.seen(&["generate", "man", "share"], "");
    let installed = texts_below(&home.path("share"));
    let mut wanted = BTreeMap::new();
    for (name, text) in texts_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("man")) {
        let section = name.rsplit('.').next().unwrap();
        if section.parse::<u8>().is_ok() {
            wanted.insert(format!("man/man{section}/{name}"), text);
        }
    }
    let told = format!("status 0\n--- out\nshare: {} manual pages below man/, ", wanted.len());
    assert!(said.starts_with(&told), "{said}");
    for (shell, path) in [
        ("bash", "bash-completion/completions/dtlearn"),
        ("zsh", "zsh/site-functions/_dtlearn"),
        ("fish", "fish/vendor_completions.d/dtlearn.fish"),
    ] {
        wanted.insert(path.into(), home.dtlearn().args(["completions", shell]).output().unwrap().stdout);
    }
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&installed),
        names(&wanted),
        "a page of man/ is not in src/cli/manual.rs, or is there no more"
    );
    assert!(
        installed == wanted,
        "a page of section 1 is stale: DTLEARN_WRITE_MANUAL=1 cargo test --test docs"
    );

    // Once more is an update, and nothing of it is left lying about.
    std::fs::write(home.path("share/man/man1/dtlearn.1"), "old").unwrap();
    assert_eq!(home.seen(&["generate", "man", "share"], ""), said);
    assert!(texts_below(&home.path("share")) == wanted);
}

#[test]
fn pages_do_not_go_into_the_store_and_a_folder_is_asked_for() {
    let home = Home::with_real_days();
    let said = home.seen(&["generate", "man", home.store("").to_str().unwrap()], "");
    assert!(said.starts_with("status 14\n") && said.contains("is a file of the store"), "{said}");
    assert!(!home.store("man").exists());
    let said = home.seen(&["generate", "man"], "");
    assert!(
        said.starts_with("status 2\n") && said.contains("hint: dtlearn generate man ~/.local/share"),
        "{said}"
    );
}

#[test]
fn schemas_are_listed_and_printed_and_each_file_of_them_is_known() {
    let home = Home::new();
    let said = home.seen(&["generate", "schema"], "");
    let listed: Vec<&str> = said.lines().skip(2).take_while(|line| *line != "--- err").collect();
    let files = crate::common::schemas::all_names();
    assert_eq!(listed, files, "src/cli/schema_files.rs names the files of src/cli/schemas");
    for view in crate::common::command_line::views() {
        assert!(listed.contains(&&*format!("report.{view}")), "{view} has no schema");
    }
    for name in listed {
        let text = home.seen(&["generate", "schema", name], "");
        let text = text.split("--- out\n").nth(1).unwrap().split("--- err").next().unwrap();
        let schema: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(schema["title"], format!("dtlearn {name}"));
        assert!(schema["properties"].get("schema").is_some() || name.starts_with("file."), "{name}");
    }
    let said = home.seen(&["generate", "schema", "report.metric"], "");
    assert!(said.starts_with("status 2\n") && said.contains("did you mean report.metrics?"), "{said}");
}

#[test]
fn a_schema_asks_for_what_is_always_there_and_allows_null_where_it_may_be() {
    let home = Home::new();
    let schema = |name: &str| -> serde_json::Value {
        let output = home.dtlearn().args(["generate", "schema", name]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let analyze = schema("analyze");
    let required =
        |node: &serde_json::Value, key: &str| node["required"].as_array().unwrap().contains(&key.into());
    assert_eq!(analyze["properties"]["generated_at"]["type"], "string");
    for key in ["generated_at", "trades", "windows", "read"] {
        assert!(required(&analyze, key), "{key}");
    }
    // Only several stores have desks.
    assert!(!required(&analyze, "desks"));
    let trade = schema("file.trade_outcomes");
    for (key, may_be_null, is_required) in [
        ("outcome", false, true),
        ("pnl_pct", true, true),
        ("entry_time", true, true),
        ("fill_id", true, false),
    ] {
        let types = trade["properties"][key]["type"].to_string();
        assert_eq!(
            (types.contains("null"), required(&trade, key)),
            (may_be_null, is_required),
            "{key}: {types}"
        );
    }
}
