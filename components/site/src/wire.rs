//! The index the site builder writes.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub struct Index {
    pub routes: BTreeMap<String, Page>,
    pub not_found: Page,
}

#[derive(Deserialize)]
pub struct Page {
    pub file: String,
    #[serde(rename = "type")]
    pub content_type: String,
    pub immutable: bool,
    pub etag: String,
    pub br: bool,
    pub gzip: bool,
}
