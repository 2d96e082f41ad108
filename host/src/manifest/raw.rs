//! The manifest as TOML has it, and the checks that turn it into a [`Manifest`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Component, Manifest, Mount, ONLY_STORE, PublicRoute, Template, Variable, is_variable_name};

/// What is wrong, and where.
pub(super) struct Problem {
    pub(super) offset: Option<usize>,
    pub(super) reason: String,
}

fn at<T>(place: &Spanned<T>, reason: impl Into<String>) -> Problem {
    Problem { offset: Some(place.span().start), reason: reason.into() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    spin_manifest_version: Spanned<u32>,
    application: RawApplication,
    #[serde(default)]
    variables: BTreeMap<Spanned<String>, RawVariable>,
    #[serde(default)]
    trigger: RawTriggers,
    #[serde(default)]
    component: BTreeMap<Spanned<String>, RawComponent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApplication {
    name: String,
    version: Option<String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default, rename = "authors")]
    _authors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVariable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
    // The host shows no variable's value, secret or not.
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawTriggers {
    #[serde(default)]
    http: Vec<RawHttp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHttp {
    route: Spanned<RawRoute>,
    component: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a route is \"/path\", \"/path/...\" or { private = true }")]
enum RawRoute {
    Path(String),
    Private(RawPrivate),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrivate {
    private: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComponent {
    source: String,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    files: Vec<Spanned<RawMount>>,
    #[serde(default)]
    key_value_stores: Vec<Spanned<String>>,
    #[serde(default)]
    allowed_outbound_hosts: Vec<Spanned<String>>,
    #[serde(default)]
    variables: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMount {
    source: String,
    destination: String,
}

pub(super) fn read(text: &str, folder: &Path) -> Result<Manifest, Problem> {
    let raw: RawManifest = toml::from_str(text)
        .map_err(|error| Problem { offset: error.span().map(|span| span.start), reason: error.message().to_owned() })?;
    if *raw.spin_manifest_version.get_ref() != 2 {
        return Err(at(&raw.spin_manifest_version, "this host reads spin_manifest_version = 2"));
    }
    let variables = variables(raw.variables)?;
    let routes = routes(&raw.trigger.http, &raw.component)?;
    let triggered: BTreeSet<&str> = raw.trigger.http.iter().map(|http| http.component.get_ref().as_str()).collect();
    let mut components = BTreeMap::new();
    for (id, component) in raw.component {
        if !triggered.contains(id.get_ref().as_str()) {
            return Err(at(&id, format!("the component `{id}` has no trigger", id = id.get_ref())));
        }
        let component = self::component(&id, component, &variables, folder)?;
        components.insert(id.into_inner(), component);
    }
    Ok(Manifest { name: raw.application.name, version: raw.application.version, variables, routes, components })
}

fn variables(raw: BTreeMap<Spanned<String>, RawVariable>) -> Result<BTreeMap<String, Variable>, Problem> {
    let mut variables = BTreeMap::new();
    for (name, variable) in raw {
        if !is_variable_name(name.get_ref()) {
            return Err(at(&name, "a variable's name is lower-case letters, digits and single underscores"));
        }
        match (variable.required, &variable.default) {
            (true, Some(_)) => {
                return Err(at(&name, "a variable cannot be both required and have a default"));
            }
            (false, None) => return Err(at(&name, "a variable is required or has a default")),
            (true, None) | (false, Some(_)) => {}
        }
        let known = Variable { default: variable.default };
        variables.insert(name.into_inner(), known);
    }
    Ok(variables)
}

fn routes(
    triggers: &[RawHttp],
    components: &BTreeMap<Spanned<String>, RawComponent>,
) -> Result<Vec<PublicRoute>, Problem> {
    let mut routes: Vec<PublicRoute> = Vec::new();
    for trigger in triggers {
        let component = trigger.component.get_ref();
        if !components.keys().any(|id| id.get_ref() == component) {
            return Err(at(&trigger.component, format!("there is no component `{component}`")));
        }
        let pattern = match trigger.route.get_ref() {
            RawRoute::Private(RawPrivate { private: true }) => continue,
            RawRoute::Private(RawPrivate { private: false }) => {
                return Err(at(&trigger.route, "a route is a path or { private = true }"));
            }
            RawRoute::Path(pattern) => pattern,
        };
        check_pattern(pattern).map_err(|reason| at(&trigger.route, reason))?;
        if routes.iter().any(|route| route.pattern == *pattern) {
            return Err(at(&trigger.route, format!("the route `{pattern}` is given twice")));
        }
        routes.push(PublicRoute { pattern: pattern.clone(), component: component.clone() });
    }
    Ok(routes)
}

fn check_pattern(pattern: &str) -> Result<(), String> {
    let path = pattern.strip_suffix("/...").unwrap_or(pattern);
    if !pattern.starts_with('/') {
        return Err(format!("the route `{pattern}` must start with /"));
    }
    if path.contains("...") || path.contains('*') || path.contains("/:") || path.contains("//") {
        return Err(format!("the route `{pattern}`: this host knows exact paths and a last `/...`, nothing else"));
    }
    if pattern.starts_with("/.well-known/spin/") {
        return Err("paths under /.well-known/spin/ are the host's own".to_owned());
    }
    Ok(())
}

fn component(
    id: &Spanned<String>,
    raw: RawComponent,
    known: &BTreeMap<String, Variable>,
    folder: &Path,
) -> Result<Component, Problem> {
    let template = |text: &Spanned<String>| -> Result<Template, Problem> {
        let template = Template::parse(text.get_ref()).map_err(|error| at(text, error.to_string()))?;
        if let Some(name) = template.variables().find(|name| !known.contains_key(*name)) {
            return Err(at(text, format!("there is no variable `{name}`")));
        }
        Ok(template)
    };
    let mut mounts = Vec::new();
    for mount in raw.files {
        if !mount.get_ref().destination.starts_with('/') {
            return Err(at(&mount, "a destination starts with /"));
        }
        let RawMount { source, destination } = mount.into_inner();
        mounts.push(Mount { source: folder.join(source), destination });
    }
    for store in &raw.key_value_stores {
        if store.get_ref() != ONLY_STORE {
            let reason = format!("there is no store `{}`; this host has one, `{ONLY_STORE}`", store.get_ref());
            return Err(at(store, reason));
        }
    }
    let mut variables = BTreeMap::new();
    for (name, value) in &raw.variables {
        if !is_variable_name(name.get_ref()) {
            return Err(at(name, "a variable's name is lower-case letters, digits and single underscores"));
        }
        variables.insert(name.get_ref().clone(), template(value)?);
    }
    Ok(Component {
        id: id.get_ref().clone(),
        source: folder.join(raw.source),
        mounts,
        stores: raw.key_value_stores.into_iter().map(Spanned::into_inner).collect(),
        outbound: raw.allowed_outbound_hosts.iter().map(template).collect::<Result<_, _>>()?,
        variables,
    })
}
