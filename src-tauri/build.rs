//! Runs tauri-build from `OUT_DIR`, so that what it generates stays out of the checkout.
#[cfg(feature = "desktop")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::PathBuf};

    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    // Relative, so that they mean this checkout: several may share a target folder, and this program with it.
    for path in ["src-tauri/capabilities", "ui", "tauri.conf.json"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let capabilities = root.join("src-tauri/capabilities/**/*").display().to_string();
    fs::copy(root.join("Cargo.toml"), out.join("Cargo.toml"))?;
    env::set_current_dir(&out)?;
    let commands = &[
        "query",
        "run",
        "cancel",
        "recover",
        "subscribe",
        "open_url",
        "open_folder",
        "open_terminal",
        "show_in_folder",
        "notify",
        "leave",
    ];
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .config_path(root.join("tauri.conf.json"))
            .capabilities_path_pattern(capabilities.leak())
            .app_manifest(tauri_build::AppManifest::new().commands(commands)),
    )?;
    Ok(())
}

#[cfg(not(feature = "desktop"))]
fn main() {}
