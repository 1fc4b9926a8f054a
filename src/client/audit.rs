//! The audit log: one JSON line for each attempt to change something, kept on this machine. It sends nothing, and it
//! is never read back.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::clock;
use crate::model::operation::{Operation, OutcomeResult};
use crate::model::server::Identity;

/// The log's name in the state directory.
const NAME: &str = "audit.jsonl";

/// The audit log. What could not be written is kept and written before the next attempt may begin.
#[derive(Clone, Debug)]
pub struct Audit {
    file: PathBuf,
    identity: Identity,
    unwritten: Arc<Mutex<Vec<String>>>,
}

/// One attempt, written when it ends; also when it is given up half-way.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a> {
    audit: &'a Audit,
    file: File,
    line: Option<Line>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    time: String,
    context: String,
    cluster: String,
    user: String,
    operation: &'static str,
    target: String,
    field: &'static str,
    old: String,
    new: String,
    dry_run: bool,
    kubectl: String,
    result: &'static str,
    message: String,
}

impl Audit {
    /// The log in this folder, which is made when it is first needed.
    pub fn new(folder: &Path, identity: Identity) -> Self {
        Self { file: folder.join(NAME), identity, unwritten: Arc::default() }
    }

    /// Where the log is.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A sentence about what has not been written yet, if anything.
    pub fn trouble(&self) -> Option<String> {
        let count = self.pending().len();
        (count > 0).then(|| {
            let lines = if count == 1 { "line" } else { "lines" };
            format!("the audit log {} lacks {count} {lines} that could not be written", self.file.display())
        })
    }

    /// Begins an attempt, which makes sure that it can be logged.
    ///
    /// # Errors
    /// A sentence, when the log cannot be written; the attempt must then not be made.
    pub fn begin(&self, operation: &Operation, dry_run: bool) -> Result<Attempt<'_>, String> {
        let mut file = self.open().map_err(|error| self.sentence(&error))?;
        let mut pending = self.pending();
        while let Some(line) = pending.first() {
            file.write_all(line.as_bytes()).map_err(|error| self.sentence(&error))?;
            pending.remove(0);
        }
        drop(pending);
        let line = Line {
            time: format!("{:.3}", clock::now()),
            context: self.identity.context.clone(),
            cluster: self.identity.cluster.clone(),
            user: self.identity.user.clone(),
            operation: operation.action,
            target: operation.subject(),
            field: operation.field,
            old: operation.old.clone(),
            new: operation.new.clone(),
            dry_run,
            kubectl: operation.kubectl.clone(),
            result: "unanswered",
            message: "given up before the server had answered".to_owned(),
        };
        Ok(Attempt { audit: self, file, line: Some(line) })
    }

    fn open(&self) -> std::io::Result<File> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.file)?;
        #[cfg(unix)]
        {
            // A log that was there before may have been made with wider permissions.
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            file.set_permissions(private)?;
        }
        Ok(file)
    }

    fn sentence(&self, error: &std::io::Error) -> String {
        format!("the audit log {} cannot be written: {error}", self.file.display())
    }

    fn pending(&self) -> MutexGuard<'_, Vec<String>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Ends the attempt and writes its line.
    ///
    /// # Errors
    /// A sentence, when the line could not be written; it is kept, and no other attempt begins before it is written.
    pub fn finish(mut self, result: &OutcomeResult) -> Result<(), String> {
        let (word, message) = match result {
            OutcomeResult::Accepted | OutcomeResult::AcceptedDryRun => ("accepted", String::new()),
            OutcomeResult::Refused { why, .. } => ("refused", why.clone()),
            OutcomeResult::Unknown { why, .. } => ("unknown", why.clone()),
            OutcomeResult::NotSent { why, .. } => ("not sent", why.clone()),
        };
        if let Some(line) = &mut self.line {
            line.result = word;
            line.message = message;
        }
        self.write()
    }

    fn write(&mut self) -> Result<(), String> {
        let Some(line) = self.line.take() else { return Ok(()) };
        let mut text = serde_json::to_string(&line).map_err(|error| error.to_string())?;
        text.push('\n');
        // One write of one short line: other programs that append to the same file do not come between.
        self.file.write_all(text.as_bytes()).map_err(|error| {
            self.audit.pending().push(text);
            self.audit.sentence(&error)
        })
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Err(sentence) = self.write() {
            tracing::error!("{sentence}");
        }
    }
}

#[cfg(test)]
mod tests;
