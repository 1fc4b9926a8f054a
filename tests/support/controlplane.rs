//! A real etcd, kube-apiserver and kube-controller-manager on loopback ports, started from `KUBEBUILDER_ASSETS`.
//! There is no kubelet and no scheduler: `fixtures` plays those parts.
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;

use super::api::{Api, runtime};
use super::credentials::{Credentials, FRONT, User};
use super::gate::Gate;
use super::objects;
use super::processes::{Process, Tether, free_ports};
use super::proxy::Proxy;

/// How long a silent node keeps its Ready condition; the default of 50 s would make for long tests.
pub(crate) const GRACE: Duration = Duration::from_secs(16);

/// Between two of the controller's passes over the nodes.
pub(crate) const PERIOD: Duration = Duration::from_secs(2);

/// The flags of the controller manager that decide what it does about silent nodes.
pub(crate) fn lifecycle_flags() -> [String; 3] {
    [
        format!("--node-monitor-period={}s", PERIOD.as_secs()),
        format!("--node-monitor-grace-period={}s", GRACE.as_secs()),
        "--unhealthy-zone-threshold=0.55".to_owned(),
    ]
}

/// A server on two busy cores needs about ten seconds.
const STARTUP: Duration = Duration::from_secs(90);

/// The folder with the binaries. Without it says how to get them, once, and returns nothing.
pub(crate) fn assets() -> Option<PathBuf> {
    static ASSETS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let folder =
            std::env::var_os("KUBEBUILDER_ASSETS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        if folder.is_none() {
            // Not a print macro: the test runner would keep the line to itself.
            let line =
                "SKIPPED: real control plane tests; export KUBEBUILDER_ASSETS=$(tests/controlplane/build)";
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        folder
    };
    ASSETS.get_or_init(find).clone()
}

/// What a test program wants of its control plane beyond what all have.
#[derive(Default)]
pub(crate) struct Wishes {
    /// More flags of the controller manager.
    pub(crate) controllers: Vec<String>,
    /// More flags of the API server.
    pub(crate) apiserver: Vec<String>,
    /// A gate between the controller manager and the API server.
    pub(crate) gate: Option<Arc<Gate>>,
}

/// The control plane that all tests of one test program share: it starts with the first that asks.
pub(crate) fn shared() -> Option<&'static ControlPlane> {
    shared_with(Wishes::default)
}

/// The same with wishes, which are those of the first that asks.
pub(crate) fn shared_with(wishes: impl FnOnce() -> Wishes) -> Option<&'static ControlPlane> {
    // A failure is kept too: it would be the same for every test, after a long wait each.
    static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    let assets = assets()?;
    let started = SHARED.get_or_init(|| ControlPlane::start(&assets, &wishes()));
    Some(started.as_ref().unwrap_or_else(|why| panic!("no control plane: {why}")))
}

/// A running control plane. Everything of it is gone when it is dropped or when the test process ends.
pub(crate) struct ControlPlane {
    assets: PathBuf,
    ports: Ports,
    credentials: Credentials,
    wished: Vec<String>,
    running: Mutex<Running>,
    /// Between the controller manager and the API server, where there is a gate.
    between: Option<Proxy>,
    tether: Tether,
}

#[derive(Clone, Copy)]
struct Ports {
    api: u16,
    etcd: u16,
    peer: u16,
}

struct Running {
    apiserver: Option<Process>,
    others: Vec<Process>,
}

impl ControlPlane {
    /// Starts everything and waits until it serves; a port that somebody else took first gets two more tries.
    fn start(assets: &Path, wishes: &Wishes) -> Result<Self, String> {
        let retry = |_, attempt| Self::try_start(assets, wishes, attempt);
        Self::try_start(assets, wishes, 0).or_else(|why| retry(why, 1)).or_else(|why| retry(why, 2))
    }

    fn try_start(assets: &Path, wishes: &Wishes, attempt: u16) -> Result<Self, String> {
        let tether = Tether::new("foretop-controlplane-");
        let credentials = Credentials::write(tether.folder());
        let [api, etcd, peer] = free_ports(attempt);
        let ports = Ports { api, etcd, peer };
        let running = Mutex::new(Running { apiserver: None, others: Vec::new() });
        let assets = assets.to_owned();
        let flags = wishes.apiserver.clone();
        let mut plane = Self { assets, ports, credentials, wished: flags, running, between: None, tether };
        for user in User::ALL {
            plane.kubeconfig(user);
        }
        let etcd = plane.spawn("etcd", &plane.etcd_flags());
        plane.lock().others.push(etcd);
        plane.start_apiserver();
        plane.wait_until_ready()?;
        plane.between = wishes.gate.as_ref().map(|gate| Proxy::behind(&plane.api(User::Admin), gate));
        let flags = [plane.controller_flags(), wishes.controllers.clone()].concat();
        let controllers = plane.spawn("kube-controller-manager", &flags);
        plane.lock().others.push(controllers);
        plane.grant();
        Ok(plane)
    }

    pub(crate) fn server(&self) -> String {
        format!("https://{}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.api).into()
    }

    /// The path of a kubeconfig for the user.
    pub(crate) fn kubeconfig(&self, user: User) -> PathBuf {
        self.credentials.kubeconfig(user, &self.server())
    }

    /// A folder for files that a test needs; it goes when the control plane goes.
    pub(crate) fn folder(&self) -> &Path {
        self.tether.folder()
    }

    pub(crate) fn api(&self, user: User) -> Api {
        Api::connect(&self.server(), Some(self.credentials.ca()), Some(self.credentials.token(user)))
    }

    /// Kills the API server as a crash would, without a goodbye to its clients.
    pub(crate) fn kill_apiserver(&self) {
        let apiserver = self.lock().apiserver.take();
        drop(apiserver.expect("the API server runs"));
    }

    /// Starts the API server again on its port, and waits until it serves.
    pub(crate) fn restart_apiserver(&self) {
        self.start_apiserver();
        self.wait_until_ready().unwrap_or_else(|error| panic!("the API server does not come back: {error}"));
    }

    /// The process ids of what runs now.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let running = self.lock();
        running.apiserver.iter().chain(&running.others).map(Process::pid).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, name: &str, flags: &[String]) -> Process {
        self.tether.start(name, &self.assets.join(name), flags)
    }

    fn start_apiserver(&self) {
        let apiserver = self.spawn("kube-apiserver", &self.apiserver_flags());
        self.lock().apiserver = Some(apiserver);
    }

    /// Asks /readyz until it agrees, and gives up when a process has died or the time is over.
    fn wait_until_ready(&self) -> Result<(), String> {
        let api = self.api(User::Admin);
        let started = Instant::now();
        while started.elapsed() < STARTUP {
            let request = http::Request::get("/readyz").body(Vec::new()).expect("a valid request");
            if runtime().block_on(api.client().request_text(request)).is_ok() {
                return Ok(());
            }
            let mut running = self.lock();
            let Running { apiserver, others } = &mut *running;
            if let Some(why) = others.iter_mut().chain(apiserver.as_mut()).find_map(Process::died) {
                return Err(why);
            }
            drop(running);
            runtime().block_on(async { tokio::time::sleep(Duration::from_millis(200)).await });
        }
        Err(format!("/readyz did not agree within {STARTUP:?}"))
    }

    /// Creates the users' roles and waits until the authorizer has seen them.
    fn grant(&self) {
        let admin = self.api(User::Admin);
        let rbac = "/apis/rbac.authorization.k8s.io/v1";
        for role in [objects::viewer_role(), objects::node_reader_role()] {
            admin.create(&format!("{rbac}/clusterroles"), &role);
        }
        for binding in objects::role_bindings() {
            admin.create(&format!("{rbac}/clusterrolebindings"), &binding);
        }
        // Of each user the right that comes last.
        for (user, resource) in [(User::Viewer, "pods"), (User::NodeReader, "nodes")] {
            let review = json!({"spec": {"resourceAttributes": {"verb": "list", "resource": resource}}});
            let api = self.api(user);
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
            let allowed = async {
                loop {
                    let answer = api.send(&Method::POST, path, Some(&review)).await;
                    if answer.is_ok_and(|answer| answer["status"]["allowed"] == true) {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let granted = runtime().block_on(async { tokio::time::timeout(STARTUP, allowed).await });
            granted.unwrap_or_else(|_| panic!("{} was never allowed to list {resource}", user.name()));
        }
    }

    fn file(&self, name: &str) -> String {
        self.tether.folder().join(name).display().to_string()
    }

    fn etcd_flags(&self) -> Vec<String> {
        let client = format!("http://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("http://127.0.0.1:{}", self.ports.peer);
        vec![
            format!("--data-dir={}", self.file("etcd")),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
            "--log-level=warn".to_owned(),
            // The data lives as long as the tests: nothing is gained from waiting for the disk.
            "--unsafe-no-fsync".to_owned(),
        ]
    }

    fn apiserver_flags(&self) -> Vec<String> {
        let fixed = [
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            // Pods need no service account here, and waiting for one would slow every namespace down.
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
        ];
        let own = [
            format!("--secure-port={}", self.ports.api),
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports.etcd),
            format!("--tls-cert-file={}", self.file("server.crt")),
            format!("--tls-private-key-file={}", self.file("server.key")),
            format!("--client-ca-file={}", self.file("ca.crt")),
            format!("--token-auth-file={}", self.file("tokens.csv")),
            format!("--service-account-key-file={}", self.file("accounts.pub")),
            // How it shows itself, and its users, to API servers behind it.
            format!("--proxy-client-cert-file={}", self.file("front.crt")),
            format!("--proxy-client-key-file={}", self.file("front.key")),
            format!("--requestheader-client-ca-file={}", self.file("ca.crt")),
            format!("--requestheader-allowed-names={FRONT}"),
            "--requestheader-username-headers=X-Remote-User".to_owned(),
            "--requestheader-group-headers=X-Remote-Group".to_owned(),
            "--requestheader-extra-headers-prefix=X-Remote-Extra-".to_owned(),
            format!("--service-account-signing-key-file={}", self.file("accounts.key")),
        ];
        fixed.into_iter().map(str::to_owned).chain(own).chain(self.wished.clone()).collect()
    }

    fn controller_flags(&self) -> Vec<String> {
        let controllers = [
            // It fills the role `view`.
            "clusterrole-aggregation-controller",
            "node-lifecycle-controller",
            "taint-eviction-controller",
            "deployment-controller",
            "replicaset-controller",
            "disruption-controller",
            "horizontal-pod-autoscaler-controller",
            "garbage-collector-controller",
            "namespace-controller",
        ];
        let kubeconfig = match &self.between {
            Some(proxy) => proxy.kubeconfig(self.tether.folder(), "controllers"),
            None => self.kubeconfig(User::Admin),
        };
        vec![
            format!("--kubeconfig={}", kubeconfig.display()),
            format!("--controllers={}", controllers.join(",")),
            // It serves nothing that the tests ask for, so it needs no port.
            "--secure-port=0".to_owned(),
            // Its lease says since when it leads. It must outlive an API server that is away for a while.
            "--leader-elect=true".to_owned(),
            "--leader-elect-lease-duration=180s".to_owned(),
            "--leader-elect-renew-deadline=150s".to_owned(),
        ]
        .into_iter()
        .chain(lifecycle_flags())
        .collect()
    }
}
