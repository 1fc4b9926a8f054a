//! Typed values of cells: what a person reads, what a program reads, and how they are ordered.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use super::bar::Bar;
use super::series::Series;
use super::{quantity, usage};

mod json;
mod parts;

pub use parts::{Amount, Countdown, Shortened, Told, Used};

/// A typed cell. What is larger than a text or a list stands elsewhere, because thousands of rows have dozens of cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(Cow<'static, str>),
    /// Several texts, shown with commas.
    List(Vec<String>),
    /// Texts shortened for people; programs and filters get them in full.
    Shortened(Box<Shortened>),
    /// A sentence, and the numbers that it tells, for programs.
    Told(Box<Told>),
    /// A number.
    Count(i64),
    /// Used of capacity, in numbers.
    Share(i64, i64),
    /// Used of capacity, in thousandths of a core.
    Cpu(i64, i64),
    /// Used of capacity, in bytes.
    Bytes(i64, i64),
    /// Measured of capacity, and until when it counts as what is used now.
    Used(Box<Used>),
    /// Whole percent from measurement to measurement, the newest last; `None` where one is missing.
    Trend(Vec<Option<u16>>),
    /// Two bounds, what is and what is wanted.
    Bar(Bar),
    /// Whole numbers from moment to moment.
    Series(Box<Series>),
    /// The time since this instant.
    Since(Timestamp),
    /// Something that happens at an instant.
    Countdown(Box<Countdown>),
    /// So many seconds.
    Lasts(i64),
    /// Yes or no.
    Flag(bool),
    /// There is nothing to show, and why: `<none>`, `<unknown>` or a sentence of few words.
    Missing(&'static str),
    /// The kind it is computed from is still being listed: what of it is known so far.
    Counting(i64),
}

impl Value {
    /// A text cell.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }

    /// `<none>`.
    pub const NONE: Self = Self::Missing("<none>");

    /// What a person reads; `now` is the server's clock.
    pub fn show(&self, now: Timestamp) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::List(texts) => Cow::Owned(texts.join(", ")),
            Self::Shortened(it) => Cow::Borrowed(&it.shown),
            Self::Told(it) => Cow::Borrowed(&it.text),
            Self::Count(count) => Cow::Owned(count.to_string()),
            Self::Share(used, all) => Cow::Owned(format!("{used}/{all}")),
            Self::Cpu(used, all) => Cow::Owned(format!(
                "{}/{}{}",
                quantity::cores(*used),
                quantity::cores(*all),
                percent(*used, *all)
            )),
            Self::Bytes(used, all) => Cow::Owned(format!(
                "{}/{}{}",
                quantity::bytes(*used),
                quantity::bytes(*all),
                percent(*used, *all)
            )),
            Self::Used(used) => Cow::Owned(used.show(now)),
            Self::Trend(trend) => Cow::Owned(usage::blocks(trend)),
            Self::Bar(bar) => Cow::Owned(bar.to_string()),
            Self::Series(series) => Cow::Owned(series.to_string()),
            Self::Since(at) => Cow::Owned(since(*at, now)),
            Self::Countdown(it) => {
                let left = age(it.at.duration_since(now).as_secs());
                Cow::Owned(format!("{}{left}{}", it.before, it.after))
            }
            Self::Lasts(seconds) => Cow::Owned(age(*seconds)),
            Self::Flag(yes) => Cow::Borrowed(if *yes { "yes" } else { "no" }),
            Self::Missing(why) => Cow::Borrowed(why),
            Self::Counting(so_far) => Cow::Owned(format!("counting {so_far}")),
        }
    }

    /// Whether it was measured too long ago to be what is so now.
    pub fn is_old(&self, now: Timestamp) -> bool {
        matches!(self, Self::Used(used) if used.is_old(now))
    }

    /// The order in which values of one column stand; what is missing stands last.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let ratio = |used: &i64, all: &i64| (*used as f64) / ((*all).max(1) as f64);
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Told(a), Self::Told(b)) => a.text.cmp(&b.text),
            (Self::Count(a) | Self::Counting(a), Self::Count(b) | Self::Counting(b))
            | (Self::Lasts(a), Self::Lasts(b)) => a.cmp(b),
            (Self::Share(a, x), Self::Share(b, y))
            | (Self::Cpu(a, x), Self::Cpu(b, y))
            | (Self::Bytes(a, x), Self::Bytes(b, y)) => ratio(a, x).total_cmp(&ratio(b, y)),
            (Self::Used(a), Self::Used(b)) => {
                ratio(&a.amount.number(), &a.of).total_cmp(&ratio(&b.amount.number(), &b.of))
            }
            (Self::Trend(a), Self::Trend(b)) => a.last().cmp(&b.last()),
            (Self::Bar(a), Self::Bar(b)) => a.share().total_cmp(&b.share()),
            (Self::Series(a), Self::Series(b)) => a.last().cmp(&b.last()),
            // The younger first: that is the smaller age.
            (Self::Since(a), Self::Since(b)) => b.cmp(a),
            (Self::Countdown(a), Self::Countdown(b)) => a.at.cmp(&b.at),
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Missing(a), Self::Missing(b)) => a.cmp(b),
            (Self::Missing(_), _) => Ordering::Greater,
            (_, Self::Missing(_)) => Ordering::Less,
            (a, b) => match (a.texts(), b.texts()) {
                (Some(a), Some(b)) => a.cmp(b),
                _ => a.weight().cmp(&b.weight()),
            },
        }
    }

    /// Several texts in full.
    pub(super) fn texts(&self) -> Option<&[String]> {
        match self {
            Self::List(texts) => Some(texts),
            Self::Shortened(it) => Some(&it.full),
            _ => None,
        }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Text(_) | Self::List(_) | Self::Shortened(_) | Self::Told(_) => 0,
            Self::Count(_)
            | Self::Share(..)
            | Self::Cpu(..)
            | Self::Bytes(..)
            | Self::Used(_)
            | Self::Trend(_)
            | Self::Bar(_)
            | Self::Series(_) => 1,
            Self::Since(_) | Self::Countdown(_) | Self::Lasts(_) | Self::Flag(_) => 2,
            Self::Counting(_) => 3,
            Self::Missing(_) => 4,
        }
    }
}

fn since(at: Timestamp, now: Timestamp) -> String {
    age(now.duration_since(at).as_secs())
}

/// A share in whole percent, truncated.
fn percent(used: i64, all: i64) -> String {
    if all <= 0 { String::new() } else { format!(" {}%", i128::from(used) * 100 / i128::from(all)) }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// For how many more seconds an age is printed in the same words.
pub fn age_lasts(seconds: i64) -> i64 {
    let unit = match seconds {
        s if s < 10 * MINUTE => 1,
        s if s < 8 * HOUR => MINUTE,
        s if s < 8 * DAY => HOUR,
        // A year has whole days.
        s if s < 8 * YEAR => DAY,
        _ => YEAR,
    };
    if seconds < 0 { 1 - seconds } else { unit - seconds % unit }
}

/// An age as kubectl prints it: `45s`, `3m20s`, `5h`, `12d`, `2y30d`; a clock that is behind gives `0s`.
pub fn age(seconds: i64) -> String {
    let two = |big: i64, unit: char, small: i64, sub: char| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{sub}") }
    };
    match seconds.max(0) {
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => two(s / MINUTE, 'm', s % MINUTE, 's'),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => two(s / HOUR, 'h', s % HOUR / MINUTE, 'm'),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => two(s / DAY, 'd', s % DAY / HOUR, 'h'),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => two(s / YEAR, 'y', s % YEAR / DAY, 'd'),
        s => format!("{}y", s / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_printed_in_the_same_words_for_as_long_as_it_says() {
        let hours = |from: i64, to: i64| (from..to).step_by(7);
        let all = (-3..2 * DAY).chain(hours(2 * DAY, 9 * DAY)).chain((9 * DAY..9 * YEAR).step_by(9_999));
        for seconds in all {
            let end = seconds + age_lasts(seconds);
            assert!(end > seconds);
            assert_eq!(age(end - 1), age(seconds), "{seconds}");
        }
        let change = |seconds: i64| age(seconds) != age(seconds + age_lasts(seconds));
        assert!([0, 119, 120, 599, 600, 7 * HOUR, 9 * DAY, 3 * YEAR, 9 * YEAR].into_iter().all(change));
    }

    #[test]
    fn what_was_measured_says_when_it_is_old() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let used = |amount| Value::from(Used { amount, of: 4000, at: at(100), until: at(145) });
        let cpu = used(Amount::Cpu(290));
        assert_eq!(cpu.show(at(145)), "290m 7%");
        assert_eq!(cpu.show(at(220)), "290m 7% 2m old");
        assert!(cpu.is_old(at(146)) && !cpu.is_old(at(145)));
        let json = cpu.json();
        assert_eq!((&json["usedMillicores"], &json["percent"]), (&290.into(), &7.into()));
        assert_eq!(used(Amount::Bytes(2000)).json()["ofBytes"], 4000);
        assert_eq!(used(Amount::Cpu(0)).show(at(100)), "0 0%", "nothing is not missing");
        assert_eq!(cpu.compare(&used(Amount::Cpu(300))), Ordering::Less);
        assert_eq!(Value::Trend(vec![Some(100), None]).json(), serde_json::json!([100, null]));
    }

    #[test]
    fn a_cell_stays_small() {
        assert_eq!(size_of::<Value>(), 32);
    }

    #[test]
    fn ages_read_like_kubectl() {
        for (seconds, text) in [
            (-5, "0s"),
            (119, "119s"),
            (200, "3m20s"),
            (3600, "60m"),
            (4 * 3600 + 60, "4h1m"),
            (50 * 3600, "2d2h"),
        ] {
            assert_eq!(age(seconds), text);
        }
    }
}
