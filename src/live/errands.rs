//! What the live screen sends out for: actions, permissions, and what only an opened detail needs. Answers come back as
//! messages; nothing here waits for them.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Live;
use crate::client::audit::Audit;
use crate::client::connect::Session;
use crate::client::events::{self, EventNews};
use crate::client::gate::Kubelets;
use crate::client::object::{self, ManagedFields, Whole};
use crate::client::{access, kubelet, perform};
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::kubelet::{Question, Told};
use crate::model::operation::{Operation, Outcome, OutcomeResult, Permission};
use crate::model::server::Access;
use crate::ui::Msg;

impl Live {
    fn session(&self) -> Option<Arc<Session>> {
        self.link.session.borrow().clone()
    }

    /// One after the other: whoever confirmed several sees each answered.
    pub(super) fn perform(&self, operations: Vec<Operation>) {
        let Some(session) = self.session() else {
            return self.refuse(operations);
        };
        let post = self.post.clone();
        let audit = Audit::new(&self.state, session.identity());
        tokio::spawn(async move {
            for operation in operations {
                let outcome = perform::perform(&session, operation, session.mode, &audit).await;
                let _gone = post.send(Msg::Outcome(outcome)).await;
            }
        });
    }

    /// In a task of its own: there may be more than the inbox holds, and each is answered.
    fn refuse(&self, operations: Vec<Operation>) {
        let post = self.post.clone();
        tokio::spawn(async move {
            for operation in operations {
                let why = "there is no connection to the cluster".to_owned();
                let hint = "Wait until the header says that it is live.".to_owned();
                let result = OutcomeResult::NotSent { why, hint };
                let _gone = post.send(Msg::Outcome(Outcome { operation, result })).await;
            }
        });
    }

    pub(super) fn review(&self, permission: Permission) {
        let Some(session) = self.session() else {
            let access = Access::Unknown("there is no connection to the cluster".to_owned());
            let _full = self.post.try_send(Msg::Access(permission, access));
            return;
        };
        let post = self.post.clone();
        tokio::spawn(async move {
            let access = access::review(&session, &permission).await;
            let _gone = post.send(Msg::Access(permission, access)).await;
        });
    }

    /// Fetches what only an opened detail needs: the object's events and its YAML.
    pub(super) fn open(&mut self, target: &Target) {
        self.close();
        let Some(session) = self.session() else { return };
        let (post, of, watched) = (self.post.clone(), target.clone(), Arc::clone(&session));
        let uid = self.cluster.uid(target);
        self.detail.push(tokio::spawn(async move {
            let (sender, mut news) = mpsc::channel(4);
            let _following = events::follow(watched, &of, uid, sender);
            while let Some(news) = news.recv().await {
                let msg = match news {
                    EventNews::Current(list) => Msg::Events(of.clone(), list),
                    EventNews::Unavailable(why) => Msg::Notice(Severity::Warning, format!("events: {why}")),
                };
                if post.send(msg).await.is_err() {
                    return;
                }
            }
        }));
        if target.kind == Kind::Node && session.kubelets == Kubelets::Asked {
            self.detail.push(self.ask_kubelet(&session, target));
        }
        let (post, of) = (self.post.clone(), target.clone());
        self.detail.push(tokio::spawn(async move {
            let whole = object::whole(&session, &of, ManagedFields::Hide).await;
            let told = whole.map_err(|failure| format!("{failure} {}", failure.hint()));
            if let Ok(Whole { machine: Some(machine), .. }) = &told {
                let _gone = post.send(Msg::Machine(of.clone(), Box::new(machine.clone()))).await;
            }
            let _gone = post.send(Msg::Yaml(of, told.map(|whole| whole.yaml))).await;
        }));
    }

    /// Asks a node's kubelet, one question after the other.
    fn ask_kubelet(&self, session: &Arc<Session>, node: &Target) -> JoinHandle<()> {
        let (post, session, node) = (self.post.clone(), Arc::clone(session), node.clone());
        tokio::spawn(async move {
            for question in Question::ALL {
                let told = kubelet::ask(&session, &node.key.name, question).await;
                let last = matches!(told, Told::Unreached(_));
                if post.send(Msg::Kubelet(node.clone(), told)).await.is_err() || last {
                    return;
                }
            }
        })
    }

    pub(super) fn close(&mut self) {
        self.detail.drain(..).for_each(|task| task.abort());
    }
}
