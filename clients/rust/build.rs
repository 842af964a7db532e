//! Generates the stubs from the contract: protoc comes with a crate, so a toolchain is all that a build needs.

use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let contract = root.join("proto");
    println!("cargo::rerun-if-changed={}", contract.join("assay").display());

    let mut config = tonic_prost_build::Config::new();
    config.protoc_executable(protoc_bin_vendored::protoc_bin_path()?);
    // Maps in order: what is sent for the same thing is the same bytes.
    config.btree_map(["."]);
    config.extern_path(".assay.v1.MetricValue", "crate::metric_value::MetricValue");
    let includes = [contract.clone(), root.join("googleapis"), protoc_bin_vendored::include_path()?];
    tonic_prost_build::configure().generate_default_stubs(true).build_server(true).compile_with_config(
        config,
        &protos(&contract.join("assay/v1"))?,
        &includes,
    )?;
    Ok(())
}

fn protos(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
