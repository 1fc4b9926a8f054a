//! Embeds the themes: every file of `themes/` becomes an entry of a list, so that dropping a file in is enough.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=themes");
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let mut files: Vec<_> = fs::read_dir(Path::new(&root).join("themes"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let mut list =
        String::from("/// The embedded themes: name and text.\nconst EMBEDDED: &[(&str, &str)] = &[\n");
    for path in &files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    list.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("themes.rs"), list)
}
