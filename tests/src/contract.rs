//! Every API reply a test sees is held against docs/openapi.yaml.

use crate::browser::Answer;
use crate::site::root;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(root().join("docs/openapi.yaml")).expect("docs/openapi.yaml");
    serde_yaml_ng::from_str(&text).expect("docs/openapi.yaml is YAML")
});
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// Says what is wrong when a reply is not documented, or not as documented.
pub fn judge(method: &str, path: &str, answer: &Answer) -> Result<(), String> {
    // A HEAD has no body to judge; a 500 without a request id is the host's own, after a guest was killed.
    if method == "HEAD" || (answer.status == 500 && !answer.headers.contains_key("x-request-id")) {
        return Ok(());
    }
    let path = path.split('?').next().unwrap_or(path);
    let Some((template, item)) = find(path) else { return Ok(()) };
    let method = method.to_lowercase();
    let Some(operation) = item.get(&method) else {
        return if matches!(answer.status, 405 | 403 | 413) {
            Ok(())
        } else {
            Err(format!("{method} {template} answered {} and is not documented", answer.status))
        };
    };
    let status = answer.status.to_string();
    let responses = &operation["responses"];
    let response =
        responses.get(&status).or_else(|| (answer.status >= 400).then(|| responses.get("default")).flatten());
    let Some(response) = response else {
        return Err(format!("{method} {template}: status {status} is not documented"));
    };
    let response = resolve(response);
    let media = answer.header("content-type").split(';').next().unwrap_or_default();
    let Some(schema) = response["content"].get(media).map(|content| &content["schema"]) else {
        return if answer.text.is_empty() {
            Ok(())
        } else {
            Err(format!("{method} {template} {status}: body of undocumented type {media:?}: {}", answer.text))
        };
    };
    let body = answer.json();
    let errors: Vec<String> =
        validator(schema).iter_errors(&body).map(|error| format!("{error} at {}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(format!("{method} {template} {status}: {errors:?}\n{body}")) }
}

/// The documented path that fits: exact before templated.
fn find(path: &str) -> Option<(String, Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    if let Some(item) = paths.get(path) {
        return Some((path.to_owned(), item.clone()));
    }
    let parts: Vec<&str> = path.split('/').collect();
    paths.iter().find_map(|(template, item)| {
        let wanted: Vec<&str> = template.split('/').collect();
        let fits = wanted.len() == parts.len()
            && wanted
                .iter()
                .zip(&parts)
                .all(|(want, part)| want == part || (want.starts_with('{') && part.len() == 32));
        fits.then(|| (template.clone(), item.clone()))
    })
}

/// Every documented operation, as "POST /api/users".
pub fn operations() -> Vec<String> {
    let of = |path: &str, item: &Value| -> Vec<String> {
        let methods = item.as_object().expect("a path").keys().filter(|key| *key != "parameters");
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect()
    };
    DOCUMENT["paths"].as_object().expect("paths").iter().flat_map(|(path, item)| of(path, item)).collect()
}

/// The documented operation that a request is one of: exact before templated.
pub fn operation(method: &Method, path: &str) -> Option<String> {
    let fits = |operation: &&String, exact: bool| {
        let (verb, template) = operation.split_once(' ').expect("a method and a path");
        let (wanted, parts): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        let same = |(want, part): (&&str, &&str)| want == part || (!exact && want.starts_with('{'));
        verb == method.as_str() && wanted.len() == parts.len() && wanted.iter().zip(&parts).all(same)
    };
    let all = operations();
    let found = [true, false].into_iter().find_map(|exact| all.iter().find(|operation| fits(operation, exact)));
    found.cloned()
}

fn resolve(value: &Value) -> Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            DOCUMENT.pointer(reference.trim_start_matches('#')).expect("a reference that leads somewhere").clone()
        }
        None => value.clone(),
    }
}

fn validator(schema: &Value) -> &'static Validator {
    let mut known = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    known.entry(schema.to_string()).or_insert_with(|| {
        let whole = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
        Box::leak(Box::new(jsonschema::draft202012::new(&whole).expect("a schema that compiles")))
    })
}
