//! Spans of time as the scenario files write them.

use serde::Deserialize;

/// A span of time: `90s`, `15m`, `6h`, `12d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) i64);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no span of time such as 90s, 15m, 6h or 12d");
        let Some((number, unit)) = text.len().checked_sub(1).and_then(|at| text.split_at_checked(at)) else {
            return Err(wrong());
        };
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        number.parse::<i64>().map(|number| Self(number * seconds)).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        assert_eq!(Span::try_from("15m".to_owned()), Ok(Span(900)));
        assert!(Span::try_from("m".to_owned()).is_err());
        assert!(Span::try_from(String::new()).is_err());
    }
}
