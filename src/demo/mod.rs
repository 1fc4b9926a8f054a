//! stub
use std::net::SocketAddr;
pub struct Options {
    pub scenario: String,
    pub seed: u64,
    pub listen: SocketAddr,
    pub clock: Clock,
}
pub enum Clock {
    Wall,
    Frozen(jiff::Timestamp),
}
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct DemoError;
#[derive(Debug)]
pub struct Demo;
pub async fn serve(_options: Options) -> Result<Demo, DemoError> {
    Err(DemoError)
}
impl Demo {
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }
    pub fn kubeconfig(&self) -> String {
        String::new()
    }
    pub async fn stop(self) {}
}
