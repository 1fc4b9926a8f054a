//! Embeds the themes: every file of `themes/` becomes an entry of a list, so that dropping a file in is enough.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=themes");
    let mut files: Vec<_> = fs::read_dir("themes")?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let mut list =
        String::from("/// The embedded themes: name and text.\nconst EMBEDDED: &[(&str, &str)] = &[\n");
    for path in &files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // Where the package is now: a checkout may be moved together with what was built in it.
        let from = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?})", format!("/{}", path.display()));
        let _ = writeln!(list, "    ({name:?}, include_str!({from})),");
    }
    list.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("themes.rs"), list)
}
