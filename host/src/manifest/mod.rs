//! `spin.toml`, as much of it as this host honours. What it does not know, it refuses: a grant that is silently
//! ignored here would be a surprise under Spin.

mod raw;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use template::{Template, is_variable_name};

/// The one store label that exists without Spin's runtime configuration.
const ONLY_STORE: &str = "default";

/// A manifest that was read and checked.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The application's name.
    pub name: String,
    /// Its version, if it says.
    pub version: Option<String>,
    /// Application variables.
    pub variables: BTreeMap<String, Variable>,
    /// Public routes, as written.
    pub routes: Vec<PublicRoute>,
    /// Components by id.
    pub components: BTreeMap<String, Component>,
}

/// An application variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its value if nobody gives one. `None`: required.
    pub default: Option<String>,
}

/// A route the outside can reach.
#[derive(Debug, Clone)]
pub struct PublicRoute {
    /// `/x/...` or `/x`.
    pub pattern: String,
    /// Who answers.
    pub component: String,
}

/// A component and all it may touch.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its id.
    pub id: String,
    /// The `.wasm` file.
    pub source: PathBuf,
    /// Folders it can read.
    pub mounts: Vec<Mount>,
    /// Stores it may open.
    pub stores: BTreeSet<String>,
    /// Where it may send requests; values may name variables.
    pub outbound: Vec<Template>,
    /// Variables it can read.
    pub variables: BTreeMap<String, Template>,
}

/// A folder mounted read-only.
#[derive(Debug, Clone)]
pub struct Mount {
    /// On this machine.
    pub source: PathBuf,
    /// In the component.
    pub destination: String,
}

impl Manifest {
    /// Reads and checks a manifest; paths in it are relative to its folder.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::parse(&text, &path.display().to_string(), folder)
    }

    /// Like [`Manifest::load`], from text; `file` is the name errors use.
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Self> {
        raw::read(text, folder).map_err(|problem| {
            let line = problem.offset.map(|offset| text.get(..offset).unwrap_or(text).matches('\n').count() + 1);
            match line {
                Some(line) => anyhow::anyhow!("{file}:{line}: {}", problem.reason),
                None => anyhow::anyhow!("{file}: {}", problem.reason),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "spin_manifest_version = 2\n[application]\nname = \"app\"\n";

    fn parse(rest: &str) -> Result<Manifest> {
        Manifest::parse(&format!("{HEAD}{rest}"), "spin.toml", Path::new("/app"))
    }

    fn refusal(rest: &str) -> String {
        parse(rest).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    const ONE: &str = "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"a\"\n[component.a]\nsource = \"a.wasm\"\n";

    #[test]
    fn a_small_manifest_is_read() -> Result<()> {
        let manifest = parse(ONE)?;
        let component = manifest.components.get("a").context("no component")?;
        assert_eq!(component.source, Path::new("/app/a.wasm"));
        assert!(component.stores.is_empty() && component.outbound.is_empty() && component.variables.is_empty());
        assert_eq!(manifest.routes.len(), 1);
        Ok(())
    }

    #[test]
    fn what_is_unknown_is_refused_with_its_line() {
        assert!(refusal(&format!("{ONE}sqlite_databases = [\"default\"]\n")).starts_with("spin.toml:9: unknown field"));
        assert!(refusal("[outbound]\n").starts_with("spin.toml:4: unknown field"));
        assert!(refusal("[[trigger.redis]]\nchannel = \"x\"\n").starts_with("spin.toml:4: unknown field `redis`"));
    }

    #[test]
    fn routes_are_exact_or_end_in_three_dots() {
        for route in ["/a/:id", "/a/*", "a", "/a/.../b", "/.well-known/spin/x"] {
            let text = ONE.replace("/...", route);
            assert!(refusal(&text).starts_with("spin.toml:5: "), "{route}: {}", refusal(&text));
        }
        assert!(parse(&ONE.replace("\"/...\"", "{ private = true }")).is_ok());
        assert!(refusal(&ONE.replace("\"/...\"", "{ private = false }")).contains("private"));
    }

    #[test]
    fn a_route_has_one_owner() {
        let twice = format!("{}{ONE}", ONE.split("[component").next().unwrap_or_default());
        assert!(refusal(&twice).contains("spin.toml:8: the route `/...` is given twice"), "{}", refusal(&twice));
    }

    #[test]
    fn a_trigger_and_its_component_know_each_other() {
        assert!(refusal(&ONE.replace("[component.a]", "[component.b]")).contains("`a`"));
        assert!(refusal(&format!("{ONE}[component.b]\nsource = \"b.wasm\"\n")).contains("no trigger"));
    }

    #[test]
    fn only_the_default_store_exists() {
        assert!(parse(&format!("{ONE}key_value_stores = [\"default\"]\n")).is_ok());
        assert!(refusal(&format!("{ONE}key_value_stores = [\"other\"]\n")).starts_with("spin.toml:9: "));
    }

    #[test]
    fn a_variable_has_a_default_or_is_required() {
        assert!(refusal("[variables]\nx = { secret = true }\n").starts_with("spin.toml:5: "));
        assert!(refusal("[variables]\nx = { required = true, default = \"1\" }\n").contains("both"));
        assert!(refusal("[variables]\nX = { required = true }\n").contains("lower-case"));
    }

    #[test]
    fn a_template_names_known_variables() {
        let text = format!("{ONE}[component.a.variables]\nv = \"{{{{ nobody }}}}\"\n");
        assert!(refusal(&text).starts_with("spin.toml:10: "), "{}", refusal(&text));
        let text = format!("{ONE}allowed_outbound_hosts = [\"{{{{ nobody }}}}\"]\n");
        assert!(refusal(&text).contains("nobody"));
    }

    #[test]
    fn another_manifest_version_is_refused() {
        let text = HEAD.replace("= 2", "= 1");
        let error = Manifest::parse(&text, "spin.toml", Path::new(".")).map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with("spin.toml:1: "), "{error}");
    }
}
