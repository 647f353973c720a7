//! Files name each other in one direction only: whoever reads one of them need not have read the others first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Module = Vec<String>;

/// Circles that are still there, as sets of modules. It may only get shorter.
const KNOWN: &[&[&str]] = &[];

/// The source of every module, without comments and tests.
fn modules() -> BTreeMap<Module, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&src).unwrap().with_extension("").display().to_string();
                let mut module: Module = name.split('/').map(str::to_owned).collect();
                if module.last().is_some_and(|last| last == "mod") {
                    module.pop();
                }
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.insert(module, code.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    found
}

/// The paths of a tree of imports: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(prefix: &[String], tree: &str, out: &mut Vec<Vec<String>>) {
    let words = |text: &str| {
        text.split("::").map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect::<Vec<_>>()
    };
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        if !path.trim().is_empty() {
            out.push([prefix.to_vec(), words(path)].concat());
        }
        return;
    };
    let prefix = [prefix.to_vec(), words(head)].concat();
    let inside = rest.rfind('}').map_or(rest, |end| &rest[..end]);
    let (mut depth, mut part) = (0, String::new());
    for c in inside.chars().chain([',']) {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            expand(&prefix, &part, out);
            part.clear();
        } else {
            part.push(c);
        }
    }
}

/// What a module imports, and whether it hands it on.
fn imports(code: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].trim_end();
            let line = before.rsplit('\n').next().unwrap_or_default().trim();
            line.is_empty() || line.starts_with("pub") || line.ends_with('}') || line.ends_with(']')
        }) else {
            continue;
        };
        let before = statement[..at].rsplit('\n').next().unwrap_or_default();
        let mut paths = Vec::new();
        expand(&[], &statement[at + 4..], &mut paths);
        found.extend(paths.into_iter().map(|path| (before.contains("pub"), path)));
    }
    found
}

/// The module that a path begins with, and the names behind it.
fn resolve(
    modules: &BTreeMap<Module, String>,
    from: &Module,
    path: &[String],
) -> Option<(Module, Vec<String>)> {
    let mut base = from.clone();
    let mut rest = path;
    match rest.first().map(String::as_str) {
        Some("crate") => (base, rest) = (Vec::new(), &rest[1..]),
        Some("super") => {
            while rest.first().is_some_and(|word| word == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        Some(word) if modules.contains_key(&[base.clone(), vec![word.to_owned()]].concat()) => {}
        _ => return None,
    }
    while let Some(word) = rest.first() {
        let below = [base.clone(), vec![word.clone()]].concat();
        if !modules.contains_key(&below) {
            break;
        }
        (base, rest) = (below, &rest[1..]);
    }
    Some((base, rest.to_vec()))
}

/// Which module names which others of its layer; a module that only lists its children does not name them.
fn arrows(modules: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut handed_on: BTreeMap<(Module, String), Module> = BTreeMap::new();
    let mut named: Vec<(Module, Module, Vec<String>)> = Vec::new();
    for (module, code) in modules {
        for (public, path) in imports(code) {
            let Some((base, rest)) = resolve(modules, module, &path) else { continue };
            if let (true, Some(name)) = (public, rest.first()) {
                handed_on.insert((module.clone(), name.clone()), base.clone());
            }
            named.push((module.clone(), base, rest));
        }
    }
    let mut arrows: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, mut base, rest) in named {
        while let Some(next) = rest.first().and_then(|name| handed_on.get(&(base.clone(), name.clone()))) {
            if *next == base {
                break;
            }
            base = next.clone();
        }
        let is_child = base.starts_with(&module);
        if base != module && !is_child && base.first() == module.first() {
            arrows.entry(module).or_default().insert(base);
        }
    }
    arrows
}

/// The sets of modules that can each be reached from each other.
fn circles(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<String>> {
    let reach = |from: &Module| {
        let mut seen: BTreeSet<Module> = BTreeSet::new();
        let mut open: Vec<&Module> = vec![from];
        while let Some(at) = open.pop() {
            for next in arrows.get(at).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> =
        arrows.keys().map(|from| (from, reach(from))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, seen) in &reached {
        let mut circle: Vec<String> = seen
            .iter()
            .filter(|other| {
                reached.get(other).is_some_and(|back| back.contains(*from)) && seen.contains(*from)
            })
            .map(|module| module.join("/"))
            .collect();
        if !circle.is_empty() {
            circle.sort();
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let found = circles(&arrows(&modules()));
    let known: Vec<Vec<String>> =
        KNOWN.iter().map(|circle| circle.iter().map(|name| (*name).to_owned()).collect()).collect();
    let new: Vec<_> = found.iter().filter(|circle| !known.contains(circle)).collect();
    assert!(new.is_empty(), "{new:#?}");
    let gone: Vec<_> = known.iter().filter(|circle| !found.contains(circle)).collect();
    assert!(gone.is_empty(), "these are gone, take them off the list: {gone:#?}");
}

/// The check notices a circle through a name that a folder hands on, and none where there is none.
#[test]
fn the_check_of_circles_would_notice() {
    let module = |name: &str| name.split('/').map(str::to_owned).collect::<Module>();
    let world = |c: &str| {
        BTreeMap::from([
            (module("a"), "mod b;\nmod c;\npub use b::B;\npub use c::C;".to_owned()),
            (module("a/b"), "use super::{C, d::E};\npub struct B;".to_owned()),
            (module("a/c"), c.to_owned()),
        ])
    };
    assert_eq!(circles(&arrows(&world("use crate::a::B;"))), [["a/b", "a/c"]]);
    assert!(circles(&arrows(&world("use std::fs;"))).is_empty());
    let mut paths = Vec::new();
    expand(&[], "a::{b, c::{d as e, f}}", &mut paths);
    assert_eq!(paths.iter().map(|path| path.join("::")).collect::<Vec<_>>(), ["a::b", "a::c::d", "a::c::f"]);
}
