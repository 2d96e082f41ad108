//! Where the store is, and the keys its deployment has: the same variables as its hosts.

use anyhow::{Context, Result, bail};
use relatch_backends::{KeyValue, StoreConfig};
use relatch_store::keys::Keys;
use relatch_store::seal::{NamedKey, Sealer, parse_keys};
use std::path::PathBuf;
use std::sync::Arc;

/// The label the components open.
pub const LABEL: &str = "default";

#[derive(clap::Args)]
pub struct Place {
    /// `sqlite` (in the state folder, also where Spin keeps it), `sqlite:PATH` or `redis://HOST:PORT/DB`.
    #[arg(long, value_name = "STORE", default_value = "sqlite", value_parser = StoreConfig::parse)]
    store: StoreConfig,
    /// The folder `.spin` is in.
    #[arg(long, value_name = "FOLDER", default_value = ".relatch")]
    state: PathBuf,
    /// Values of variables: lines SPIN_VARIABLE_NAME=value. They beat the environment.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

/// An open store, and what opens its records.
pub struct Deployment {
    pub store: Arc<dyn KeyValue>,
    pub config: StoreConfig,
    pub sealer: Sealer,
    /// Ids of `sealing_keys`, newest first.
    pub sealing: Vec<String>,
    pub keys: Keys,
    /// Ids of `pepper`, newest first.
    pub peppers: Vec<String>,
}

impl Place {
    pub async fn open(&self) -> Result<Deployment> {
        let given = match &self.env_file {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                relatch_backends::parse_env_file(&text).with_context(|| path.display().to_string())?
            }
            None => Default::default(),
        };
        let listed = |name: &'static str| -> Result<Vec<NamedKey>> {
            let variable = format!("{}{}", relatch_backends::PREFIX, name.to_ascii_uppercase());
            let text = given.get(name).cloned().or_else(|| std::env::var(&variable).ok());
            let text = text.with_context(|| format!("the variable {name} ({variable}) is not there"))?;
            parse_keys(&text).with_context(|| format!("the variable {name} does not hold keys (id:key[,id:key])"))
        };
        let (sealing, pepper) = (listed("sealing_keys")?, listed("pepper")?);
        let sealing_ids = ids("sealing_keys", &sealing)?;
        let peppers = ids("pepper", &pepper)?;
        // A file that is not there would be made, and nothing be found in it.
        if let Some(file) = self.store.file(&self.state).filter(|file| !file.is_file()) {
            bail!("there is no store at {}", file.display());
        }
        Ok(Deployment {
            store: self.store.open(&self.state).await?,
            config: self.store.clone(),
            sealer: Sealer::new(sealing).context("sealing_keys")?,
            sealing: sealing_ids,
            keys: Keys::of(listed("lookup_key")?).context("lookup_key")?,
            peppers,
        })
    }
}

fn ids(variable: &str, keys: &[NamedKey]) -> Result<Vec<String>> {
    let ids: Vec<String> = keys.iter().map(|named| named.id.clone()).collect();
    match ids.iter().enumerate().find(|(at, id)| ids.iter().take(*at).any(|earlier| earlier == *id)) {
        Some((_, id)) => bail!("{variable} has two keys of the name {id}"),
        None => Ok(ids),
    }
}
