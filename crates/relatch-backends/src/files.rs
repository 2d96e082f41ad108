//! Folders only this user may enter: the database holds sealed personal data, the cache holds machine code.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Makes a folder (and what leads to it) that nobody else can read or write.
pub fn private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).with_context(|| format!("cannot make the folder {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .with_context(|| format!("cannot close the folder {} to others", path.display()))?;
    }
    Ok(())
}
