//! From a merged kubeconfig and the command line to one cluster and one user, by kubectl's rules. It reads no files
//! but the pod's own folder.

use super::{
    Wish,
    failure::Failure,
    incluster,
    kubeconfig::{Cluster, Context, Kubeconfig, User},
    load::{self, Loaded},
    nearest::nearest,
};

/// One cluster and one user, still in the kubeconfig's terms.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub context: String,
    pub cluster_name: String,
    pub user_name: String,
    pub namespace: Option<String>,
    pub cluster: Cluster,
    pub user: User,
    /// The certificate authority's file is rotated under our feet and must be read again.
    pub rotating_authority: bool,
}

/// Finds out whom to call and who is calling.
pub(super) fn choose(wish: &Wish) -> Result<Choice, Failure> {
    let loaded = load::load(wish)?;
    let mut choice = if loaded.merged.is_empty() {
        without_kubeconfig(wish, loaded)?
    } else {
        from_kubeconfig(wish, &loaded.merged)?
    };
    override_cluster(&mut choice, wish);
    override_user(&mut choice.user, wish);
    if wish.namespace.is_some() {
        choice.namespace.clone_from(&wish.namespace);
    }
    Ok(choice)
}

fn without_kubeconfig(wish: &Wish, loaded: Loaded) -> Result<Choice, Failure> {
    let names = wish.context.is_some() || wish.cluster.is_some() || wish.user.is_some();
    if !names && wish.server.is_some() {
        return Ok(Choice::default());
    }
    if !names
        && wish.kubeconfig.is_none()
        && let Some(choice) = incluster::choice(&wish.environment)
    {
        return Ok(choice);
    }
    Err(if loaded.found.is_empty() {
        Failure::NoKubeconfig { looked_for: loaded.looked_for }
    } else {
        Failure::EmptyKubeconfig { files: loaded.found }
    })
}

fn from_kubeconfig(wish: &Wish, merged: &Kubeconfig) -> Result<Choice, Failure> {
    let (name, mut context) = context(wish, merged)?;
    if let Some(cluster) = &wish.cluster {
        context.cluster.clone_from(cluster);
    }
    if let Some(user) = &wish.user {
        context.user.clone_from(user);
    }
    let cluster = match merged.clusters.iter().find(|known| known.name == context.cluster) {
        Some(found) => found.cluster.clone(),
        None if context.cluster.is_empty() && wish.server.is_some() => Cluster::default(),
        None if context.cluster.is_empty() && name.is_empty() => {
            return Err(Failure::NoContext { known: names(&merged.contexts, |entry| &entry.name) });
        }
        None => {
            let known = names(&merged.clusters, |entry| &entry.name);
            let nearest = nearest(&context.cluster, &known);
            return Err(Failure::UnknownCluster { wanted: context.cluster, known, nearest });
        }
    };
    let user = match merged.users.iter().find(|known| known.name == context.user) {
        Some(found) => found.user.clone(),
        None if context.user.is_empty() => User::default(),
        None => {
            let known = names(&merged.users, |entry| &entry.name);
            let nearest = nearest(&context.user, &known);
            return Err(Failure::UnknownUser { wanted: context.user, known, nearest });
        }
    };
    Ok(Choice {
        context: name,
        cluster_name: context.cluster,
        user_name: context.user,
        namespace: context.namespace,
        cluster,
        user,
        rotating_authority: false,
    })
}

/// The named context, else the current one; without either an empty one, which `--cluster` or `--server` may fill.
fn context(wish: &Wish, merged: &Kubeconfig) -> Result<(String, Context), Failure> {
    let wanted = wish.context.as_ref().unwrap_or(&merged.current_context);
    if wanted.is_empty() {
        return Ok((String::new(), Context::default()));
    }
    if let Some(found) = merged.contexts.iter().find(|known| &known.name == wanted) {
        return Ok((found.name.clone(), found.context.clone()));
    }
    let known = names(&merged.contexts, |entry| &entry.name);
    let nearest = nearest(wanted, &known);
    Err(Failure::UnknownContext { wanted: wanted.clone(), known, nearest })
}

fn names<T>(entries: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    entries.iter().map(|entry| name(entry).clone()).collect()
}

fn override_cluster(choice: &mut Choice, wish: &Wish) {
    let cluster = &mut choice.cluster;
    if let Some(server) = &wish.server {
        cluster.server = Some(server.clone());
        // The name in the kubeconfig belongs to the server in the kubeconfig.
        cluster.tls_server_name = None;
    }
    if wish.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = true;
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
}

fn override_user(user: &mut User, wish: &Wish) {
    if let Some(token) = &wish.token {
        // A client certificate would win over the token on the server, so nothing else may stay.
        *user = User {
            token: Some(token.clone()),
            impersonate: user.impersonate.take(),
            impersonate_uid: user.impersonate_uid.take(),
            impersonate_groups: std::mem::take(&mut user.impersonate_groups),
            impersonate_extra: std::mem::take(&mut user.impersonate_extra),
            ..User::default()
        };
    }
    if let Some(name) = &wish.impersonate {
        user.impersonate = Some(name.clone());
    }
    if !wish.impersonate_groups.is_empty() {
        user.impersonate_groups.clone_from(&wish.impersonate_groups);
    }
}
