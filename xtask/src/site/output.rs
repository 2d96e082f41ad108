//! Compressed copies, and a folder that is replaced as a whole.

use anyhow::{Context as _, Result};
use std::fs;
use std::io::Write as _;
use std::path::Path;

pub fn gzip_of(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}

pub fn brotli_of(body: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: body.len(),
        mode: brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
        ..Default::default()
    };
    let mut copy = Vec::new();
    brotli::BrotliCompress(&mut &*body, &mut copy, &parameters)?;
    Ok(copy)
}

/// Fills a new folder beside `out_dir`, then puts it in its place. A failed build leaves the old one alone.
pub fn swap_in(out_dir: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let name = out_dir.file_name().and_then(|name| name.to_str()).context("the output folder has no name")?;
    let beside = |word: &str| out_dir.with_file_name(format!(".{name}.{word}.{}", std::process::id()));
    let (fresh, stale) = (beside("new"), beside("old"));
    fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
    if let Err(error) = fill(&fresh) {
        fs::remove_dir_all(&fresh)?;
        return Err(error);
    }
    if out_dir.exists() {
        fs::rename(out_dir, &stale)?;
    }
    fs::rename(&fresh, out_dir)?;
    if stale.exists() {
        fs::remove_dir_all(&stale)?;
    }
    Ok(())
}
