//! The same bytes without foretop: curl fetches what foretop lists, and asks the server what it counts. Nothing of the
//! objects is looked at but a list's own metadata.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use foretop::model::kind::Kind;
use foretop::wire::frame;
use foretop::wire::meta::ListMeta;
use prost::bytes::Bytes;
use serde::Serialize;

use super::Result;
use super::credentials::Credentials;
use super::guard::Guard;

const PROTOBUF: &str = "Accept: application/vnd.kubernetes.protobuf";

const METRICS: &str = "/metrics";

/// The groups of APIs that measure, and have no watch.
const MEASURING: [&str; 3] = ["metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"];

/// Requests that the server has counted, from all clients but this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Requests {
    /// LISTs of the kinds that foretop watches.
    pub(crate) watched: u64,
    /// LISTs of other kinds.
    pub(crate) others: u64,
    /// Whatever was asked of APIs that measure.
    pub(crate) questions: u64,
    /// GETs of scales: one for each autoscaler that is asked for.
    pub(crate) scales: u64,
}

impl Requests {
    /// How many more there are than before.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            watched: self.watched.saturating_sub(before.watched),
            others: self.others.saturating_sub(before.others),
            questions: self.questions.saturating_sub(before.questions),
            scales: self.scales.saturating_sub(before.scales),
        }
    }

    fn count(&mut self, line: &str, count: u64) {
        let label = |name: &str| {
            let (_, rest) = line.split_once(&format!("{name}=\""))?;
            rest.split('"').next()
        };
        let is = |name: &str, value: &str| label(name) == Some(value);
        let watched = |kind: &Kind| is("resource", kind.resource()) && is("group", kind.group());
        if label("group").is_some_and(|group| MEASURING.contains(&group)) {
            self.questions += count;
        } else if is("verb", "LIST") && Kind::ALL.iter().any(watched) {
            self.watched += count;
        } else if is("verb", "LIST") {
            self.others += count;
        } else if is("verb", "GET") && is("subresource", "scale") {
            self.scales += count;
        }
    }
}

/// What a fetch took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fetched {
    /// The bytes of all bodies.
    pub(crate) bytes: u64,
    /// The time of the requests and answers, without starting curl and without connecting.
    pub(crate) time: Duration,
}

/// curl with the credentials of one cluster.
#[derive(Debug)]
pub(crate) struct Curl<'a> {
    guard: &'a Guard,
    credentials: &'a Credentials,
    lists: Cell<u64>,
}

impl<'a> Curl<'a> {
    pub(crate) fn new(guard: &'a Guard, credentials: &'a Credentials) -> Self {
        Self { guard, credentials, lists: Cell::new(0) }
    }

    /// Fetches paths one after another on one connection; the last body stays in the file when there is one.
    fn fetch(&self, paths: &[String], into: Option<&Path>) -> Result<Fetched> {
        let mut child = Command::new("curl")
            .arg("-K")
            .arg(&self.credentials.config)
            .args(["-H", PROTOBUF, "-K", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| format!("curl does not start: {why}"))?;
        let _guarded = self.guard.watch(child.id());
        let output = into.unwrap_or(Path::new("/dev/null")).display();
        let mut list = String::from(
            "write-out = \"%{http_code} %{size_download} %{time_total} %{time_pretransfer}\\n\"\n",
        );
        for path in paths {
            writeln!(list, "url = \"{}{path}\"\noutput = \"{output}\"", self.credentials.server)?;
        }
        child.stdin.take().ok_or("curl has no input")?.write_all(list.as_bytes())?;
        let ended = child.wait_with_output()?;
        let mut fetched = Fetched::default();
        for (line, path) in String::from_utf8_lossy(&ended.stdout).lines().zip(paths) {
            let mut fields = line.split_whitespace();
            let code = fields.next().unwrap_or_default();
            if code == "404" || code == "403" {
                continue;
            }
            let mut number = || fields.next().and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
            let (size, total, before) = (number(), number(), number());
            if code != "200" {
                return Err(format!("{path}: the server answered {code} to curl").into());
            }
            fetched.bytes += size as u64;
            fetched.time += Duration::from_secs_f64((total - before).max(0.0));
        }
        self.lists.set(self.lists.get() + paths.iter().filter(|path| *path != METRICS).count() as u64);
        let said = String::from_utf8_lossy(&ended.stderr);
        if ended.status.success() { Ok(fetched) } else { Err(said.trim().to_owned().into()) }
    }

    /// Everything that foretop lists, each kind in one piece.
    pub(crate) fn whole(&self, kinds: &[Kind]) -> Result<Fetched> {
        let paths: Vec<String> = kinds.iter().map(|kind| path(*kind, "")).collect();
        self.fetch(&paths, None)
    }

    /// Everything that foretop lists, in pages of that many objects, on one connection. A first walk, which is not
    /// counted, learns how the pages continue.
    pub(crate) fn pages(&self, kinds: &[Kind], size: usize) -> Result<Fetched> {
        let mut paths = Vec::new();
        for kind in kinds {
            let mut token = String::new();
            loop {
                let query = format!("limit={size}&continue={token}");
                let query = query.trim_end_matches("&continue=");
                paths.push(path(*kind, query));
                token = encode(&self.page(*kind, query)?.1.continue_token);
                if token.is_empty() {
                    break;
                }
            }
        }
        self.fetch(&paths, None)
    }

    fn page(&self, kind: Kind, query: &str) -> Result<(Fetched, ListMeta)> {
        let file = self.guard.file("page");
        let fetched = self.fetch(&[path(kind, query)], Some(&file))?;
        if fetched.bytes == 0 {
            return Ok((fetched, ListMeta::default()));
        }
        let body = std::fs::read(&file)?;
        Ok((fetched, frame::split_items(frame::open(body.into())?.raw, |_| Ok(()))?))
    }

    /// A kind's whole list as the server sends it; none when it is not served or not for us.
    pub(crate) fn list(&self, kind: Kind) -> Result<Option<Bytes>> {
        let file = self.guard.file("list");
        let fetched = self.fetch(&[path(kind, "")], Some(&file))?;
        Ok((fetched.bytes > 0).then(|| std::fs::read(&file)).transpose()?.map(Bytes::from))
    }

    /// How many objects of a kind there are.
    pub(crate) fn count(&self, kind: Kind) -> Result<u64> {
        let file = self.guard.file("page");
        let fetched = self.fetch(&[path(kind, "limit=1")], Some(&file))?;
        if fetched.bytes == 0 {
            return Ok(0);
        }
        let mut seen = 0;
        let list = frame::split_items(frame::open(std::fs::read(&file)?.into())?.raw, |_| {
            seen += 1;
            Ok(())
        })?;
        Ok(seen + list.remaining_item_count.unwrap_or(0).unsigned_abs())
    }

    /// The server's resourceVersion: every write to any object makes it one larger.
    pub(crate) fn version(&self) -> Result<u64> {
        let (_, list) = self.page(Kind::Node, "limit=1")?;
        Ok(list.resource_version.parse()?)
    }

    /// What others than this program have asked, as the server counts it; none when it does not tell.
    pub(crate) fn others(&self) -> Option<Requests> {
        let mut all = Requests::default();
        for (line, count) in &self.counted()? {
            all.count(line, *count);
        }
        // What this program lists are kinds that foretop watches.
        Some(Requests { watched: all.watched.saturating_sub(self.lists.get()), ..all })
    }

    /// How many requests with a verb the server has counted, or none when it does not tell.
    pub(crate) fn requests(&self, verb: &str) -> Option<u64> {
        let verb = format!("verb=\"{verb}\"");
        Some(self.counted()?.iter().filter(|(line, _)| line.contains(&verb)).map(|(_, count)| count).sum())
    }

    /// The server's counters of requests, each with its labels.
    fn counted(&self) -> Option<Vec<(String, u64)>> {
        let file = self.guard.file("metrics");
        self.fetch(&[METRICS.to_owned()], Some(&file)).ok().filter(|fetched| fetched.bytes > 0)?;
        let text = std::fs::read_to_string(&file).ok()?;
        let lines = text.lines().filter_map(|line| line.strip_prefix("apiserver_request_total{"));
        let counts = lines.filter_map(|line| line.rsplit_once(' '));
        let counts =
            counts.filter_map(|(line, count)| Some((line.to_owned(), count.parse::<f64>().ok()? as u64)));
        Some(counts.collect())
    }
}

fn path(kind: Kind, query: &str) -> String {
    let path = kind.collection((kind == Kind::NodeLease).then_some("kube-node-lease"));
    let selector = match kind {
        Kind::NetworkConfig => "fieldSelector=metadata.name%3Dkube-flannel-cfg",
        _ => "",
    };
    let query: Vec<&str> = [query, selector].into_iter().filter(|it| !it.is_empty()).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// Percent-encodes a query value.
fn encode(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(text).collect()
}
