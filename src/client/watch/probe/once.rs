//! What several ask in one round is asked once, and what was read of the answer is shared. It sends nothing and remembers
//! nothing beyond the round.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::OnceCell;

use super::ask::Refusal;

type Cell<T> = Arc<OnceCell<Result<T, Refusal>>>;

/// What was asked, by path.
#[derive(Debug)]
pub(super) struct Once<T>(Mutex<FxHashMap<String, Cell<T>>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Once<T> {
    /// What comes of asking, or came of it for somebody else; who asks the same meanwhile waits.
    pub(super) async fn get(
        &self,
        path: &str,
        ask: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let cell = {
            let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(asked.entry(path.to_owned()).or_default())
        };
        cell.get_or_init(|| ask).await.clone()
    }
}
