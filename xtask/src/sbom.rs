//! The bill of materials: everything the components and the pages are made of, as CycloneDX has it.
//!
//! No serial number and no time: the same sources give the same bytes.

use crate::components;
use crate::shell::{cargo, output, say};
use anyhow::{Context, Result, bail};
use cyclonedx_bom::models::component::{Classification, Scope};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::prelude::{Bom, Component, Components, Metadata, Purl, SpdxExpression, SpecVersion, Validate};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const FILE: &str = "target/sbom/relatch.cdx.json";
const VERSION: SpecVersion = SpecVersion::V1_5;
const APPLICATION: &str = "relatch";
/// What makes the modules of the pages and is in none of them.
const TOOLS: [&str; 1] = ["esbuild"];

/// Writes it anew.
pub fn write() -> Result<()> {
    let bom = make()?;
    let packages = bom.components.as_ref().map_or(0, |components| components.0.len());
    let checked = bom.validate_version(VERSION);
    if !checked.passed() {
        bail!("the bill of materials is not valid: {:?}", checked.errors().collect::<Vec<_>>());
    }
    let mut text = Vec::new();
    bom.output_as_json(&mut text, VERSION)?;
    std::fs::create_dir_all(Path::new(FILE).parent().context("a file in no folder")?)?;
    std::fs::write(FILE, text)?;
    say(&format!("Bill of materials: {packages} packages in {FILE}"));
    Ok(())
}

fn make() -> Result<Bom> {
    let arguments = ["metadata", "--locked", "--format-version", "1", "--filter-platform", components::TARGET];
    let metadata: Value = serde_json::from_str(&output(cargo().args(arguments))?)?;
    let names = components::names()?;
    let used = used(&metadata, &names)?;
    let sums = checksums(&std::fs::read_to_string("Cargo.lock")?);
    let mut all = Vec::new();
    for package in list(&metadata, "packages") {
        if let Some(scope) = used.get(text(package, "id")) {
            all.push(crate_of(package, scope.clone(), &sums, &names)?);
        }
    }
    let pages: Value = serde_json::from_slice(&std::fs::read("static/package-lock.json")?)?;
    all.extend(modules_of(&pages)?);
    let mut whole = Component::new(Classification::Application, APPLICATION, env!("CARGO_PKG_VERSION"), None);
    whole.bom_ref = Some(APPLICATION.to_owned());
    let mut dependencies = links(&metadata, &used);
    dependencies.push(Dependency { dependency_ref: APPLICATION.to_owned(), dependencies: roots(&metadata, &names) });
    Ok(Bom {
        serial_number: None,
        metadata: Some(Metadata { component: Some(whole), ..Metadata::default() }),
        components: Some(Components(all)),
        dependencies: Some(Dependencies(dependencies)),
        spec_version: VERSION,
        ..Bom::default()
    })
}

/// Ids of the packages the components need. What only helps to compile them is out of scope, as CycloneDX calls it.
fn used(metadata: &Value, names: &[String]) -> Result<BTreeMap<String, Scope>> {
    let nodes: BTreeMap<&str, &Value> =
        list(metadata, "resolve/nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let mut used: BTreeMap<String, Scope> = BTreeMap::new();
    let mut open: Vec<(String, Scope)> = roots(metadata, names).into_iter().map(|id| (id, Scope::Required)).collect();
    if open.len() != names.len() {
        bail!("cargo does not know every component");
    }
    let macros: BTreeSet<&str> =
        list(metadata, "packages").iter().filter(|of| is_macro(of)).map(|of| text(of, "id")).collect();
    while let Some((id, scope)) = open.pop() {
        let scope = if macros.contains(id.as_str()) { Scope::Excluded } else { scope };
        if used.get(&id).is_some_and(|known| *known == Scope::Required || *known == scope) {
            continue;
        }
        used.insert(id.clone(), scope.clone());
        let node = nodes.get(id.as_str()).with_context(|| format!("cargo says nothing of {id}"))?;
        for needed in list(node, "deps") {
            let kinds: Vec<&str> = list(needed, "dep_kinds").iter().map(|kind| text(kind, "kind")).collect();
            // "" is an ordinary one; for tests there is "dev".
            if kinds.contains(&"") {
                open.push((text(needed, "pkg").to_owned(), scope.clone()));
            } else if kinds.contains(&"build") {
                open.push((text(needed, "pkg").to_owned(), Scope::Excluded));
            }
        }
    }
    Ok(used)
}

fn roots(metadata: &Value, names: &[String]) -> Vec<String> {
    let members: BTreeSet<&str> = list(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    let packages = list(metadata, "packages").iter().filter(|package| members.contains(text(package, "id")));
    packages
        .filter(|package| names.iter().any(|name| name == text(package, "name")))
        .map(|package| text(package, "id").to_owned())
        .collect()
}

fn is_macro(package: &Value) -> bool {
    let kinds = list(package, "targets").iter().flat_map(|target| list(target, "kind"));
    kinds.filter_map(Value::as_str).any(|kind| kind == "proc-macro")
}

fn links(metadata: &Value, used: &BTreeMap<String, Scope>) -> Vec<Dependency> {
    let nodes = list(metadata, "resolve/nodes").iter().filter(|node| used.contains_key(text(node, "id")));
    nodes
        .map(|node| Dependency {
            dependency_ref: text(node, "id").to_owned(),
            dependencies: list(node, "deps")
                .iter()
                .filter(|needed| list(needed, "dep_kinds").iter().any(|kind| text(kind, "kind") != "dev"))
                .map(|needed| text(needed, "pkg").to_owned())
                .filter(|id| used.contains_key(id))
                .collect(),
        })
        .collect()
}

fn crate_of(package: &Value, scope: Scope, sums: &BTreeMap<String, String>, names: &[String]) -> Result<Component> {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let ours = package.get("source").is_none_or(Value::is_null);
    let is_step = ours && names.iter().any(|step| step == name);
    let kind = if is_step { Classification::Application } else { Classification::Library };
    let mut of = Component::new(kind, name, version, Some(text(package, "id").to_owned()));
    of.scope = Some(scope);
    of.licenses = licence(text(package, "license"));
    if !ours {
        of.purl = Some(Purl::new("cargo", name, version)?);
        let sum = sums.get(&format!("{name} {version}")).with_context(|| format!("{name} is not in Cargo.lock"))?;
        of.hashes = Some(hash(HashAlgorithm::SHA_256, sum.clone()));
    }
    Ok(of)
}

/// The modules of the pages, and what makes them. What is optional is esbuild for another machine.
fn modules_of(lock: &Value) -> Result<Vec<Component>> {
    let packages =
        lock.get("packages").and_then(Value::as_object).context("static/package-lock.json has no packages")?;
    let mut all = Vec::new();
    for (place, package) in packages {
        let Some((_, name)) = place.rsplit_once("node_modules/") else { continue };
        if package.get("optional").is_some() {
            continue;
        }
        let version = text(package, "version");
        let mut of = Component::new(Classification::Library, name, version, Some(format!("npm:{name}@{version}")));
        of.scope = Some(if TOOLS.contains(&name) { Scope::Excluded } else { Scope::Required });
        of.licenses = licence(text(package, "license"));
        of.purl = Some(npm(name, version)?);
        let sum = text(package, "integrity").strip_prefix("sha512-").context("an npm package without a SHA-512")?;
        let sum =
            data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(sum.as_bytes()).ok().context("no base64")?);
        of.hashes = Some(hash(HashAlgorithm::SHA_512, sum));
        all.push(of);
    }
    Ok(all)
}

/// `@scope/name` has a namespace, whose @ is escaped.
fn npm(name: &str, version: &str) -> Result<Purl> {
    let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
    purl.parse().ok().with_context(|| format!("{purl} is no package URL"))
}

fn licence(expression: &str) -> Option<Licenses> {
    let known = SpdxExpression::parse_lax(expression.to_owned()).ok();
    known.map(|expression| Licenses(vec![LicenseChoice::Expression(expression)]))
}

fn hash(alg: HashAlgorithm, content: String) -> Hashes {
    Hashes(vec![Hash { alg, content: HashValue(content) }])
}

/// `name version` and its SHA-256: `Cargo.lock` has them line by line.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let value = |part: &str, key: &str| {
        part.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(" = ")?.trim_matches('"').to_owned()))
    };
    let part =
        |part: &str| Some((format!("{} {}", value(part, "name")?, value(part, "version")?), value(part, "checksum")?));
    lock.split("[[package]]").filter_map(part).collect()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(&format!("/{path}")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    fn here() -> Bom {
        std::env::set_current_dir(root()).unwrap();
        make().unwrap()
    }

    fn in_scope(bom: &Bom, kind: &str) -> BTreeSet<String> {
        let of_kind = |of: &&Component| of.purl.as_ref().is_some_and(|purl| purl.to_string().starts_with(kind));
        let required = |of: &&Component| of.scope == Some(Scope::Required);
        let all = &bom.components.as_ref().unwrap().0;
        let name = |of: &Component| format!("{} v{}", of.name, of.version.as_ref().unwrap());
        all.iter().filter(of_kind).filter(required).map(name).collect()
    }

    #[test]
    fn every_package_of_the_components_is_named_once() {
        let bom = here();
        let named = in_scope(&bom, "pkg:cargo/");
        // Another look at the same thing: what cargo prints as the tree of what is linked.
        let mut tree = cargo();
        tree.args(["tree", "--locked", "--target", components::TARGET, "--edges", "normal,no-proc-macro"]);
        tree.args(["--prefix", "none", "--format", "{p}"]);
        for name in components::names().unwrap() {
            tree.args(["-p", &name]);
        }
        let tree = output(&mut tree).unwrap();
        let ours = |line: &&str| !line.is_empty() && !line.contains(" (/") && !line.contains(" (proc-macro)");
        let linked: BTreeSet<String> =
            tree.lines().filter(ours).map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
        assert!(linked.len() > 50, "{linked:?}");
        assert_eq!(linked.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new());
        let all = &bom.components.as_ref().unwrap().0;
        let references: BTreeSet<_> = all.iter().map(|of| of.bom_ref.clone()).collect();
        assert_eq!(references.len(), all.len());
    }

    #[test]
    fn the_pages_modules_are_named_and_their_tools_are_out_of_scope() {
        let modules = in_scope(&here(), "pkg:npm/");
        assert!(modules.iter().any(|name| name.starts_with("@zxcvbn-ts/core v")), "{modules:?}");
        assert!(!modules.iter().any(|name| name.contains("esbuild")), "{modules:?}");
    }

    #[test]
    fn it_is_valid_and_is_read_back() {
        let bom = here();
        assert!(bom.validate_version(VERSION).passed(), "{:?}", bom.validate_version(VERSION));
        let mut text = Vec::new();
        bom.clone().output_as_json(&mut text, VERSION).unwrap();
        let read = Bom::parse_from_json_v1_5(text.as_slice()).unwrap();
        assert_eq!(read.components.unwrap().0.len(), bom.components.unwrap().0.len());
        let unlicensed: Vec<_> =
            here().components.unwrap().0.into_iter().filter(|of| of.licenses.is_none()).map(|of| of.name).collect();
        assert!(unlicensed.is_empty(), "{unlicensed:?}");
    }
}
