//! What the program prints or installs for others: its manual and completions.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::Home;

/// Every file below a folder by its path there.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(dir) = folders.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn every_page_of_the_manual_and_the_completions_are_installed_as_they_are() {
    let home = Home::new();
    let said = home.seen(&["generate", "man", "share"], "");
    let installed = files(&home.path("share"));
    let mut wanted = BTreeMap::new();
    for (name, text) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("man")) {
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
    assert!(files(&home.path("share")) == wanted);
}

#[test]
fn pages_do_not_go_into_the_store_and_a_folder_is_asked_for() {
    let home = Home::with_real_days();
    let said = home.seen(&["generate", "man", home.store("").to_str().unwrap()], "");
    assert!(said.starts_with("status 14\n") && said.contains("is a file of the store"), "{said}");
    let said = home.seen(&["generate", "man"], "");
    assert!(
        said.starts_with("status 2\n") && said.contains("hint: dtlearn generate man ~/.local/share"),
        "{said}"
    );
}
