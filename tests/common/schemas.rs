//! JSON Schemas of what the program writes. Payloads are put together key by key, so that no type says what stands in
//! them: their schemas are inferred from real answers of every world that a test asks in JSON, widened with each new one,
//! and every answer of every later run is held against them, key by key.
//!
//! `DTLEARN_WRITE_SCHEMAS=1 cargo test --test cli` widens them; delete one first to have it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;

use super::folders::files_below;
use serde_json::{Map, Value as Json, json};

use super::optional_keys::OPTIONAL;

/// Below these keys stand names that are data: symbols, dates, knobs, features.
const MAPS: &[&str] = &[
    "confidence_buckets",
    "dt_brain_knobs",
    "events",
    "extra",
    "features",
    "in_force",
    "knobs",
    "records_bound",
    "settings",
    "undefined",
    "windows",
];

/// What is under these is the engine's own, of any form.
const ANYTHING: &[&str] = &["extra", "features"];

/// What is never null: the keys that every answer begins with.
const ALWAYS: &[&str] = &["schema", "generated_at", ROOT];

/// The place of a whole answer.
const ROOT: &str = "$";

static WRITING: Mutex<()> = Mutex::new(());

fn is_map(key: &str, object: &Map<String, Json>) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_name = |name: &String| {
        name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && name.chars().all(plain)
    };
    key.starts_with("by_") || MAPS.contains(&key) || object.keys().any(|name| !is_name(name))
}

/// Whether a key is one of amounts, which may be whole by chance.
fn is_amount(key: &str) -> bool {
    ["_usd", "_pct", "_frac", "_bps", "_minutes"].iter().any(|unit| key.ends_with(unit))
}

/// The schema of one value, in the form in which schemas are merged: types as a list, nothing shared.
fn infer(key: &str, value: &Json) -> Json {
    match value {
        Json::Null => json!({"type": ["null"]}),
        Json::Bool(_) => json!({"type": ["boolean"]}),
        Json::Number(number) if number.is_f64() || is_amount(key) => json!({"type": ["number"]}),
        Json::Number(_) => json!({"type": ["integer"]}),
        Json::String(_) => json!({"type": ["string"]}),
        Json::Array(items) => {
            let of = items.iter().map(|item| infer(key, item)).reduce(|a, b| merge(&a, &b));
            let mut node = json!({"type": ["array"]});
            if let Some(of) = of {
                node["items"] = of;
            }
            node
        }
        Json::Object(_) if ANYTHING.contains(&key) => json!({"type": ["object"]}),
        Json::Object(object) if is_map(key, object) => {
            let of = object.values().map(|value| infer("", value)).reduce(|a, b| merge(&a, &b));
            json!({"type": ["object"], "additionalProperties": of.unwrap_or(json!({}))})
        }
        Json::Object(object) => {
            let properties: BTreeMap<&String, Json> =
                object.iter().map(|(key, value)| (key, infer(key, value))).collect();
            let required: Vec<&&String> = properties.keys().collect();
            json!({"type": ["object"], "properties": properties, "required": required})
        }
    }
}

fn words(node: &Json, key: &str) -> BTreeSet<String> {
    node[key].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// What both allow.
fn merge(a: &Json, b: &Json) -> Json {
    let mut types: BTreeSet<String> = &words(a, "type") | &words(b, "type");
    if types.contains("number") {
        types.remove("integer");
    }
    let mut out = json!({"type": types});
    let of_both = |key: &str| match (a.get(key), b.get(key)) {
        (Some(a), Some(b)) => Some(merge(a, b)),
        (one, other) => one.or(other).cloned(),
    };
    if let Some(items) = of_both("items") {
        out["items"] = items;
    }
    let values = |node: &Json| -> Vec<Json> {
        let named = node["properties"].as_object().into_iter().flat_map(|all| all.values().cloned());
        named.chain(node.get("additionalProperties").cloned()).collect()
    };
    if a.get("additionalProperties").or(b.get("additionalProperties")).is_some() {
        // One of them has shown that the names are data.
        let all = values(a).into_iter().chain(values(b)).reduce(|a, b| merge(&a, &b));
        out["additionalProperties"] = all.unwrap_or(json!({}));
        return out;
    }
    let (Some(of_a), Some(of_b)) = (a["properties"].as_object(), b["properties"].as_object()) else {
        for key in ["properties", "required"] {
            if let Some(found) = a.get(key).or(b.get(key)) {
                out[key] = found.clone();
            }
        }
        return out;
    };
    let mut properties: BTreeMap<String, Json> = BTreeMap::new();
    for (key, node) in of_a.iter().chain(of_b) {
        let merged = properties.get(key).map_or_else(|| node.clone(), |known| merge(known, node));
        properties.insert(key.clone(), merged);
    }
    out["properties"] = json!(properties);
    out["required"] = json!(&words(a, "required") & &words(b, "required"));
    out
}

/// As it is published: null is what was seen so, every figure, because samples cannot show each without a value, and what
/// the source says may be it. Nothing is said of what was never seen but null.
fn published(node: &Json, key: &str) -> Json {
    let mut out = Map::new();
    let mut types = words(node, "type");
    let may_be_null = types.contains("number") || OPTIONAL.null.contains(key);
    if !types.is_empty() && may_be_null && !ALWAYS.contains(&key) {
        types.insert("null".into());
    }
    let types: Vec<String> = types.into_iter().collect();
    match types.as_slice() {
        [] => {}
        [only] if only == "null" => return json!({}),
        [only] => drop(out.insert("type".into(), only.as_str().into())),
        several => drop(out.insert("type".into(), json!(several))),
    }
    for key in ["items", "additionalProperties"] {
        out.extend(node.get(key).map(|inner| (key.to_owned(), published(inner, key))));
    }
    if let Some(properties) = node["properties"].as_object() {
        let all: Map<String, Json> =
            properties.iter().map(|(key, node)| (key.clone(), published(node, key))).collect();
        out.insert("properties".into(), Json::Object(all));
        let always = words(node, "required").into_iter().filter(|key| !OPTIONAL.absent.contains(key));
        out.insert("required".into(), always.collect::<Vec<_>>().into());
    }
    Json::Object(out)
}

/// The form in which schemas are merged, from what is published.
fn internal(node: &Json, defs: &Json) -> Json {
    if let Some(name) = node["$ref"].as_str() {
        return internal(&defs[name.trim_start_matches("#/$defs/")], defs);
    }
    let types = match &node["type"] {
        Json::String(only) => json!([only]),
        Json::Null => json!(["null"]),
        several => several.clone(),
    };
    let mut out = json!({"type": types});
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = node.get(key) {
            out[key] = if inner == &json!({}) { json!({}) } else { internal(inner, defs) };
        }
    }
    if let Some(properties) = node["properties"].as_object() {
        let all: Map<String, Json> =
            properties.iter().map(|(key, node)| (key.clone(), internal(node, defs))).collect();
        out["properties"] = Json::Object(all);
        out["required"] = node["required"].clone();
    }
    out
}

/// Objects that occur more than once, to stand in one place each.
fn count(node: &Json, seen: &mut BTreeMap<String, u32>) {
    if node.get("properties").is_some() {
        let text = node.to_string();
        *seen.entry(text.clone()).or_default() += u32::from(text.len() > 200);
    }
    let inner = node["properties"].as_object().into_iter().flat_map(|all| all.values());
    for inner in inner.chain(node.get("items")).chain(node.get("additionalProperties")) {
        count(inner, seen);
    }
}

fn share(
    key: &str,
    node: &Json,
    seen: &BTreeMap<String, u32>,
    defs: &mut Vec<(String, String, Json)>,
) -> Json {
    let mut out = node.clone();
    if let Some(properties) = out.get_mut("properties").and_then(Json::as_object_mut) {
        for (key, inner) in properties.iter_mut() {
            *inner = share(key, inner, seen, defs);
        }
    }
    for place in ["items", "additionalProperties"] {
        if let Some(inner) = node.get(place) {
            out[place] = share(key, inner, seen, defs);
        }
    }
    let text = node.to_string();
    if seen.get(&text).is_none_or(|times| *times < 2) {
        return out;
    }
    let known = defs.iter().find(|(other, ..)| *other == text).map(|(_, name, _)| name.clone());
    let name = known.unwrap_or_else(|| {
        let same =
            defs.iter().filter(|(_, name, _)| name.trim_end_matches(|c: char| c.is_ascii_digit()) == key);
        let name = match same.count() {
            0 => key.to_owned(),
            n => format!("{key}{}", n + 1),
        };
        defs.push((text, name.clone(), out));
        name
    });
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The text of a published schema.
fn text_of(name: &str, node: &Json) -> String {
    let plain = published(node, ROOT);
    let (mut seen, mut defs) = (BTreeMap::new(), Vec::new());
    count(&plain, &mut seen);
    let mut body = plain.as_object().unwrap().clone();
    for place in ["properties", "additionalProperties", "items"] {
        let Some(inner) = body.get_mut(place) else { continue };
        match inner.as_object_mut().filter(|_| place == "properties") {
            Some(all) => all.iter_mut().for_each(|(key, inner)| *inner = share(key, inner, &seen, &mut defs)),
            None => *inner = share("entry", inner, &seen, &mut defs),
        }
    }
    let mut whole = Map::new();
    whole.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    whole.insert("title".into(), format!("dtlearn {name}").into());
    whole.extend(body);
    if !defs.is_empty() {
        let defs: BTreeMap<String, Json> = defs.into_iter().map(|(_, name, node)| (name, node)).collect();
        whole.insert("$defs".into(), json!(defs));
    }
    serde_json::to_string(&whole).unwrap() + "\n"
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/cli/schemas")
}

/// The names of all schemas, in order.
pub fn all_names() -> Vec<String> {
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = files_below(&folder()).iter().map(stem).collect();
    names.sort();
    names
}

/// Names them all in the source, which cannot look into a folder.
fn list_all() {
    let source = folder().with_file_name("schema_files.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    let (before, _) = text.split_once("= &[\n").unwrap();
    let rows: String = all_names().iter().map(|name| format!("    schema!({name:?}),\n")).collect();
    std::fs::write(source, format!("{before}= &[\n{rows}];\n")).unwrap();
}

/// Where a value does not fit, with the path to it; a key of which the schema says nothing does not fit.
fn misfit(node: &Json, value: &Json, path: &str) -> Option<String> {
    let types = words(node, "type");
    let kind = match value {
        // What was never seen with a value may have any.
        _ if types.is_empty() || types == BTreeSet::from(["null".to_owned()]) => return None,
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() || !types.contains("integer") => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    if !types.contains(kind) {
        return Some(format!("{path} is {kind}, not {types:?}"));
    }
    match value {
        Json::Array(items) => {
            let of = node.get("items")?;
            items.iter().enumerate().find_map(|(at, item)| misfit(of, item, &format!("{path}[{at}]")))
        }
        Json::Object(object) => {
            let missing = words(node, "required").into_iter().find(|key| !object.contains_key(key));
            if let Some(key) = missing {
                return Some(format!("{path}.{key} is missing"));
            }
            object.iter().find_map(|(key, value)| {
                let path = format!("{path}.{key}");
                match (node["properties"].get(key), node.get("additionalProperties"), node.get("properties"))
                {
                    (Some(of), ..) | (None, Some(of), _) => misfit(of, value, &path),
                    (None, None, Some(_)) => Some(format!("{path} is not in the schema")),
                    (None, None, None) => None,
                }
            })
        }
        _ => None,
    }
}

/// Whether a schema that a value fits says something of all of it: nothing is said of what was never seen but null.
fn is_said(node: &Json, value: &Json) -> bool {
    let of = |node: Option<&Json>, value: &Json| node.is_none_or(|node| is_said(node, value));
    match value {
        Json::Null => true,
        _ if words(node, "type") == BTreeSet::from(["null".to_owned()]) => false,
        Json::Array(items) => items.iter().all(|item| of(node.get("items"), item)),
        Json::Object(object) => object
            .iter()
            .all(|(key, value)| of(node["properties"].get(key).or(node.get("additionalProperties")), value)),
        _ => true,
    }
}

/// Holds a value against the schema of that name, or widens the schema with it.
pub fn fits<'v>(name: &str, values: impl IntoIterator<Item = &'v Json>) {
    let path = folder().join(format!("{name}.json"));
    let is_written = std::env::var_os("DTLEARN_WRITE_SCHEMAS").is_some();
    // A test that failed while it held the lock has written nothing.
    let guard = is_written.then(|| WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    let known = std::fs::read_to_string(&path).ok().map(|text| serde_json::from_str::<Json>(&text).unwrap());
    let mut schema = known.map(|known| internal(&known, &known["$defs"]));
    if is_written {
        let mut is_widened = false;
        for value in values {
            // What fits stays as it is, whatever part of the tests is run.
            if schema
                .as_ref()
                .is_some_and(|known| misfit(known, value, "").is_none() && is_said(known, value))
            {
                continue;
            }
            let new = infer("", value);
            schema = Some(schema.map_or(new.clone(), |known| merge(&known, &new)));
            is_widened = true;
        }
        if let Some(schema) = schema.filter(|_| is_widened) {
            std::fs::create_dir_all(folder()).unwrap();
            let is_new = !path.exists();
            std::fs::write(path, text_of(name, &schema)).unwrap();
            if is_new {
                list_all();
            }
        }
        drop(guard);
        return;
    }
    for value in values {
        let how = "DTLEARN_WRITE_SCHEMAS=1 cargo test --test cli";
        let schema = schema.as_ref().unwrap_or_else(|| panic!("there is no schema {name}: {how}"));
        if let Some(why) = misfit(schema, value, "") {
            panic!("{name}: {why}; if it is meant so: {how}");
        }
    }
}

/// The name of an answer's schema, as it says itself: `report.metrics` of `dtlearn.report.metrics/2`.
pub fn name_in(answer: &Json) -> Option<String> {
    let name = answer.get("schema")?.as_str()?.strip_prefix("dtlearn.")?;
    name.split('/').next().map(str::to_owned)
}
