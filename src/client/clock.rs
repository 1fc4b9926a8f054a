//! The one place where `client` reads the wall clock. Everything that computes with time takes it as a parameter.

/// The present instant by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the edge of client where the clock is read")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
