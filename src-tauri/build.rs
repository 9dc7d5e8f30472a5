//! Runs tauri-build from `OUT_DIR`, so that what it generates stays out of the checkout.
#[cfg(feature = "desktop")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::PathBuf};

    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo:rerun-if-changed={}", root.join("src-tauri/capabilities").display());
    println!("cargo:rerun-if-changed={}", root.join("ui").display());
    fs::copy(root.join("Cargo.toml"), out.join("Cargo.toml"))?;
    env::set_current_dir(&out)?;
    let commands =
        &["query", "run", "cancel", "subscribe", "open_url", "open_folder", "open_terminal"];
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .config_path(root.join("tauri.conf.json"))
            .capabilities_path_pattern(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/src-tauri/capabilities/**/*"
            ))
            .app_manifest(tauri_build::AppManifest::new().commands(commands)),
    )?;
    Ok(())
}

#[cfg(not(feature = "desktop"))]
fn main() {}
