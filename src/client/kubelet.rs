//! A node's kubelet, asked through the API server: whether it is well, how it is configured, what its machine uses.
//! Three GETs, one after the other, when somebody asks for them; never again by itself. The gate lets none of them
//! leave unless the user has turned it on.

use std::time::Duration;

use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::connect::{Failure, Session};
use crate::model::kubelet::{Disk, Question, Stats, Told};

/// A kubelet that does not answer sooner does not answer: the API server would wait for half a minute.
const PATIENCE: Duration = Duration::from_secs(2);
/// A summary of a node full of pods has about a megabyte.
const LARGEST: usize = 8 << 20;

/// How the API server begins when a machine is not there for it.
const UNREACHED: &str = "error trying to reach service";

/// The fields of the configuration that are shown; none of them can hold a secret.
const FIELDS: &[&str] = &[
    "evictionHard",
    "evictionSoft",
    "evictionSoftGracePeriod",
    "evictionPressureTransitionPeriod",
    "evictionMinimumReclaim",
    "imageGCHighThresholdPercent",
    "imageGCLowThresholdPercent",
    "imageMinimumGCAge",
    "nodeStatusUpdateFrequency",
    "nodeStatusReportFrequency",
    "nodeStatusMaxImages",
    "nodeLeaseDurationSeconds",
    "maxPods",
    "podPidsLimit",
    "kubeReserved",
    "systemReserved",
    "enforceNodeAllocatable",
    "shutdownGracePeriod",
    "shutdownGracePeriodCriticalPods",
    "serverTLSBootstrap",
    "rotateCertificates",
    "failSwapOn",
    "cgroupDriver",
    "cpuManagerPolicy",
    "memoryManagerPolicy",
    "topologyManagerPolicy",
    "serializeImagePulls",
    "containerLogMaxSize",
];

/// Asks one question of a node's kubelet.
pub async fn ask(session: &Session, node: &str, question: Question) -> Told {
    match fetch(session, node, question).await {
        Ok(body) => read(question, &body),
        Err(failure) => refused(question, &failure),
    }
}

async fn fetch(session: &Session, node: &str, question: Question) -> Result<Vec<u8>, Failure> {
    let path = format!("/api/v1/nodes/{node}/proxy/{}", question.path());
    let request = Request::get(&path)
        .header(ACCEPT, "application/json, text/plain, */*")
        .body(Vec::new())
        .map_err(|error| Failure::Undecodable { path: path.clone(), why: error.to_string() })?;
    let answer = session.send_within(PATIENCE, request).await?;
    // A kubelet that is unwell says so with 500 and, in plain text, which of its checks failed.
    let kind = answer.headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let unwell = question == Question::Health && answer.status == 500 && kind.starts_with(b"text/plain");
    let body = async {
        let answer = if unwell { answer } else { answer.check().await? };
        Ok(answer.body.collect(LARGEST).await?.into())
    };
    tokio::time::timeout(PATIENCE, body).await.unwrap_or_else(|_| Err(session.unanswered(PATIENCE)))
}

/// Tells a kubelet that is not there from one that does not answer this question. A refusal names the right.
fn refused(question: Question, failure: &Failure) -> Told {
    match failure {
        Failure::Forbidden { message, .. } => Told::Unreached(format!(
            "{message}. It needs the right to get nodes/proxy, which is close to root on the node; the finer rights \
             nodes/healthz, nodes/configz and nodes/stats count only for those who speak to the kubelet's own port."
        )),
        // Its health is asked first: who has answered that is reached, whatever comes of the other questions.
        Failure::Server { message, .. } if question == Question::Health && message.contains(UNREACHED) => {
            Told::Unreached(message.clone())
        }
        Failure::Timeout { .. } if question == Question::Health => Told::Unreached(format!(
            "{failure}: the API server is still trying to reach it, or it does not answer"
        )),
        Failure::Unauthorized { .. } => {
            Told::Unreached("the kubelet refuses the API server's own credentials (401)".to_owned())
        }
        Failure::Stopped(_) => Told::Unreached(failure.to_string()),
        other => Told::Nothing(question, format!("{other} {}", other.hint()).trim_end().to_owned()),
    }
}

fn read(question: Question, body: &[u8]) -> Told {
    if question == Question::Health {
        let text: String = String::from_utf8_lossy(body).trim().chars().take(400).collect();
        return Told::Health(text);
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Told::Nothing(question, "the answer is no JSON".to_owned());
    };
    match question {
        Question::Config => Told::Config(config(&value)),
        _ => Told::Stats(Box::new(stats(&value))),
    }
}

fn config(answer: &Value) -> Vec<(String, String)> {
    let config = answer.get("kubeletconfig").unwrap_or(&Value::Null);
    let shown = FIELDS.iter().filter_map(|field| Some((*field, text(field, config.get(*field)?)?)));
    shown.map(|(field, text)| (field.to_owned(), text)).collect()
}

/// A value as one line: thresholds as `memory.available<100Mi`, other maps as `cpu=100m`.
fn text(field: &str, value: &Value) -> Option<String> {
    let sign = if matches!(field, "evictionHard" | "evictionSoft") { "<" } else { "=" };
    let text = match value {
        Value::Object(map) => {
            let pairs = map.iter().filter_map(|(key, value)| Some(format!("{key}{sign}{}", plain(value)?)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        Value::Array(all) => all.iter().filter_map(plain).collect::<Vec<_>>().join(", "),
        other => plain(other)?,
    };
    (!text.is_empty()).then_some(text)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

fn stats(summary: &Value) -> Stats {
    let number = |at: &str| summary.pointer(at).and_then(Value::as_i64);
    let disk = |at: &str| Disk {
        capacity: number(&format!("{at}/capacityBytes")),
        available: number(&format!("{at}/availableBytes")),
        inodes: number(&format!("{at}/inodes")),
        inodes_free: number(&format!("{at}/inodesFree")),
    };
    let share = |what: &str, whom: &str| summary.pointer(&format!("/node/{what}/psi/{whom}/avg10"))?.as_f64();
    let pressure = ["cpu", "memory", "io"].into_iter().filter_map(|what| {
        let some = share(what, "some")?;
        Some((what, some, share(what, "full").unwrap_or_default()))
    });
    Stats {
        cpu: number("/node/cpu/usageNanoCores"),
        working_set: number("/node/memory/workingSetBytes"),
        available: number("/node/memory/availableBytes"),
        swap: number("/node/swap/swapUsageBytes"),
        node_disk: disk("/node/fs"),
        image_disk: disk("/node/runtime/imageFs"),
        processes: (number("/node/rlimit/curproc"), number("/node/rlimit/maxpid")),
        pressure: pressure.collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_chosen_fields_of_the_configuration_are_shown() {
        let answer = json!({"kubeletconfig": {
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "10%"},
            "maxPods": 110, "kubeReserved": {"cpu": "100m"}, "enforceNodeAllocatable": ["pods"], "systemReserved": {},
            "staticPodURLHeader": {"Authorization": ["Bearer secret"]}, "tlsPrivateKeyFile": "/secret", "evictionSoft": null
        }});
        let told = read(Question::Config, answer.to_string().as_bytes());
        let Told::Config(fields) = &told else { panic!("{told:?}") };
        let lines: Vec<String> = fields.iter().map(|(field, value)| format!("{field} {value}")).collect();
        assert_eq!(
            lines,
            [
                "evictionHard memory.available<100Mi, nodefs.available<10%",
                "maxPods 110",
                "kubeReserved cpu=100m",
                "enforceNodeAllocatable pods"
            ]
        );
        assert!(!format!("{told:?}").to_lowercase().contains("secret"));
    }

    #[test]
    fn a_summary_with_and_without_pressure() {
        let summary = json!({"node": {
            "cpu": {"usageNanoCores": 1_500_000_000_i64, "psi": {"some": {"avg10": 1.5}, "full": {"avg10": 0.25}}},
            "memory": {"workingSetBytes": 100, "availableBytes": 50},
            "fs": {"capacityBytes": 10, "availableBytes": 4, "inodes": 8, "inodesFree": 7},
            "runtime": {"imageFs": {"capacityBytes": 20, "availableBytes": 9}},
            "rlimit": {"maxpid": 4096, "curproc": 300}
        }});
        let Told::Stats(stats) = read(Question::Stats, summary.to_string().as_bytes()) else { panic!() };
        assert_eq!(
            (stats.cpu, stats.working_set, stats.available),
            (Some(1_500_000_000), Some(100), Some(50))
        );
        assert_eq!((stats.node_disk.inodes_free, stats.image_disk.inodes), (Some(7), None));
        assert_eq!(stats.pressure, [("cpu", 1.5, 0.25)]);
        assert_eq!(read(Question::Stats, b"{}"), Told::Stats(Box::default()));
        assert!(matches!(read(Question::Stats, b"<html>"), Told::Nothing(Question::Stats, _)));
        assert_eq!(read(Question::Health, b"ok\n"), Told::Health("ok".into()));
    }
}
