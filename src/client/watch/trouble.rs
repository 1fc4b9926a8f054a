//! Which kind of trouble a failure is for a stream. Pure; what to do about it is `machine`'s.

use super::machine::{Next, Trouble};
use crate::client::connect::Failure;

/// What `failure` means for a stream that was asking for `asked`.
pub(super) fn trouble(failure: &Failure, asked: &Next) -> Trouble {
    let why = failure.short();
    match failure {
        Failure::Gone { .. } => Trouble::Expired,
        // Without the right to watch there is no streaming list, but there may be a plain one.
        Failure::Forbidden { .. } if *asked == Next::StreamList => Trouble::NoStreaming,
        Failure::Forbidden { .. } => Trouble::Forbidden,
        Failure::NotFound { .. } => Trouble::Absent,
        Failure::Server { code: 406 | 415, .. } => Trouble::NoProtobuf,
        failure if failure.is_behind() => Trouble::Behind { why },
        Failure::Server { code: 400..=499, .. } => match asked {
            Next::StreamList => Trouble::NoStreaming,
            Next::Watch { .. } => Trouble::Unknown { why },
            Next::List => Trouble::Hopeless { why },
        },
        other if other.is_retryable() => Trouble::Passing { why, wait: other.retry_after() },
        Failure::Undecodable { .. } => Trouble::Passing { why, wait: None },
        _ => Trouble::Hopeless { why },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answered(code: u16, asked: &Next) -> Trouble {
        trouble(&Failure::from_status(code, b""), asked)
    }

    fn watch() -> Next {
        Next::Watch { from: "7".into() }
    }

    #[test]
    fn a_server_without_streaming_lists_answers_in_many_ways() {
        for code in [400, 403, 422] {
            assert_eq!(answered(code, &Next::StreamList), Trouble::NoStreaming, "{code}");
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        assert_eq!(answered(410, &watch()), Trouble::Expired);
        assert_eq!(answered(410, &Next::List), Trouble::Expired);
        assert_eq!(answered(403, &Next::List), Trouble::Forbidden);
        assert_eq!(answered(404, &Next::List), Trouble::Absent);
        assert_eq!(answered(406, &Next::List), Trouble::NoProtobuf);
        assert!(matches!(answered(400, &watch()), Trouble::Unknown { .. }));
        assert!(matches!(answered(401, &Next::List), Trouble::Hopeless { .. }));
        assert!(matches!(answered(503, &watch()), Trouble::Passing { wait: None, .. }));
    }

    #[test]
    fn the_servers_own_delay_is_taken_over() {
        let failure = Failure::from_status(429, b"").with_retry_after(Some(Duration::from_secs(3)));
        let wait = Some(Duration::from_secs(3));
        assert_eq!(trouble(&failure, &Next::List), Trouble::Passing { why: failure.short(), wait });
    }

    #[test]
    fn no_server_makes_anybody_wait_for_ever() {
        for code in [429, 503] {
            let failure =
                Failure::from_status(code, b"").with_retry_after(Some(Duration::from_secs(u64::MAX)));
            assert_eq!(failure.retry_after(), Some(Duration::from_hours(1)), "{code}");
        }
    }

    #[test]
    fn a_version_from_the_future_means_that_the_server_is_behind() {
        let body =
            br#"{"reason":"Timeout","code":504,"details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}"#;
        let found = trouble(&Failure::from_status(504, body), &watch());
        assert!(matches!(found, Trouble::Behind { .. }), "{found:?}");
    }
}
