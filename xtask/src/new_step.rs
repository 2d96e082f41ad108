//! `cargo xtask new-step NAME`: the files every step has.

use anyhow::{Result, bail};
use std::path::Path;

pub fn run(name: &str) -> Result<()> {
    let fits = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !fits {
        bail!("a step's name is lower-case words joined by dashes: folder, crate, component id and route tail in one");
    }
    let folder = Path::new("components").join(name);
    if folder.exists() {
        bail!("{} exists already", folder.display());
    }
    std::fs::create_dir_all(folder.join("src"))?;
    for (file, text) in FILES {
        std::fs::write(folder.join(file), text.replace("NAME", name))?;
    }
    println!(
        "Made {}. Next: its block in spin.toml, its README, its page; docs/ADDING-A-STEP.md has the list.",
        folder.display()
    );
    Ok(())
}

const FILES: [(&str, &str); 5] = [
    (
        "Cargo.toml",
        "[package]\nname = \"NAME\"\ndescription = \"Relatch step: what it does\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n[dependencies]\nhttp.workspace = true\nrelatch-core.workspace = true\nrelatch-http.workspace = true\nrelatch-spin.workspace = true\nrelatch-store.workspace = true\nserde.workspace = true\nspin-sdk.workspace = true\n\n[dev-dependencies]\npollster.workspace = true\nrelatch-testkit.workspace = true\n\n[lints]\nworkspace = true\n",
    ),
    (
        "README.md",
        "# NAME\n\nWhat it does, in one sentence.\n\n- Route: `/api/NAME`\n- Reads: \n- Writes: \n- Sends: \n- Grants: key-value `default`\n- Refuses with: \n- Store operations: \n",
    ),
    (
        "src/lib.rs",
        "//! What this step does.\n\npub mod step;\npub mod wire;\n\nuse relatch_http::{Code, Request};\nuse relatch_spin::{Handled, SpinApp, serve};\nuse spin_sdk::http::IntoResponse;\nuse spin_sdk::http_service;\n\n#[http_service]\nasync fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {\n    serve(request, route).await\n}\n\nasync fn route(_app: SpinApp, _request: Request) -> Handled {\n    Err(Code::NotFound.into())\n}\n",
    ),
    ("src/step.rs", "//! The order of work of this step.\n"),
    ("src/wire.rs", "//! Bodies of this step.\n"),
];
