//! Which kubeconfig files are read, and how several become one. It chooses no context.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{Environment, Wish, failure::Failure, kubeconfig::Kubeconfig};

/// What was found, and where it was looked for.
#[derive(Debug)]
pub(super) struct Loaded {
    /// All found files merged.
    pub merged: Kubeconfig,
    /// The files that exist.
    pub found: Vec<PathBuf>,
    /// The files that were looked for.
    pub looked_for: Vec<PathBuf>,
}

/// Reads the given text alone, else the given file alone, else the `KUBECONFIG` list, else `~/.kube/config`.
///
/// Only a file given by name must exist.
pub(super) fn load(wish: &Wish) -> Result<Loaded, Failure> {
    match &wish.kubeconfig_text {
        Some(text) => {
            let merged = Kubeconfig::parse(text.as_bytes(), Path::new("the embedded kubeconfig"))?;
            Ok(Loaded { merged, found: Vec::new(), looked_for: Vec::new() })
        }
        None => from_files(wish.kubeconfig.as_deref(), &wish.environment),
    }
}

fn from_files(explicit: Option<&Path>, environment: &Environment) -> Result<Loaded, Failure> {
    let looked_for = explicit.map_or_else(|| candidates(environment), |file| vec![file.to_owned()]);
    let (mut found, mut files) = (Vec::new(), Vec::new());
    for file in &looked_for {
        match std::fs::read(file) {
            Ok(text) => {
                files.push(Kubeconfig::parse(&text, file)?);
                found.push(file.clone());
            }
            Err(error) if error.kind() == ErrorKind::NotFound && explicit.is_none() => {}
            Err(error) => return Err(Failure::unreadable("kubeconfig", file, &error)),
        }
    }
    Ok(Loaded { merged: merge(files), found, looked_for })
}

fn candidates(environment: &Environment) -> Vec<PathBuf> {
    let listed = environment.kubeconfig.as_ref().map(|list| {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in std::env::split_paths(list) {
            if !file.as_os_str().is_empty() && !files.contains(&file) {
                files.push(file);
            }
        }
        files
    });
    match listed {
        Some(files) if !files.is_empty() => files,
        _ => environment.home.iter().map(|home| home.join(".kube").join("config")).collect(),
    }
}

/// The first file that names a cluster, user, context or current context wins it whole.
fn merge(files: Vec<Kubeconfig>) -> Kubeconfig {
    let mut merged = Kubeconfig::default();
    for file in files {
        for cluster in file.clusters {
            if !merged.clusters.iter().any(|known| known.name == cluster.name) {
                merged.clusters.push(cluster);
            }
        }
        for user in file.users {
            if !merged.users.iter().any(|known| known.name == user.name) {
                merged.users.push(user);
            }
        }
        for context in file.contexts {
            if !merged.contexts.iter().any(|known| known.name == context.name) {
                merged.contexts.push(context);
            }
        }
        if merged.current_context.is_empty() {
            merged.current_context = file.current_context;
        }
    }
    merged
}
