//! resource.Quantity: parsing into integers and printing as kubectl does. No floating point is kept.
//!
//! Source: apimachinery `pkg/api/resource/quantity.go`; suffixes n u m (none) k M G T P E and Ki..Ei, or an exponent.

use std::fmt;

/// A quantity in thousandths, saturating at the ends of `i64`, as the autoscaler computes with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Milli(pub i64);

/// Splits `text` into its number and the factor of its suffix as (numerator, denominator).
fn split(text: &str) -> Option<(&str, i128, i128)> {
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    for (power, suffix) in BINARY.iter().enumerate() {
        if let Some(number) = text.strip_suffix(suffix) {
            return Some((number, 1 << (10 * (power + 1)), 1));
        }
    }
    for (suffix, denominator) in [("n", 1_000_000_000), ("u", 1_000_000), ("m", 1_000)] {
        if let Some(number) = text.strip_suffix(suffix) {
            return Some((number, 1, denominator));
        }
    }
    if let Some(at) = text.find(['e', 'E']).filter(|at| at + 1 < text.len()) {
        let exponent: i32 = text[at + 1..].parse().ok()?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        return Some(if exponent < 0 { (&text[..at], 1, power) } else { (&text[..at], power, 1) });
    }
    for (power, suffix) in DECIMAL.iter().enumerate() {
        if let Some(number) = text.strip_suffix(suffix) {
            return Some((number, 10_i128.pow(3 * (power as u32 + 1)), 1));
        }
    }
    Some((text, 1, 1))
}

/// What nearly all quantities are: few digits and a usual suffix, without a sign or a fraction. Every pod has some.
fn usual(text: &str, scale: i64) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let (number, suffix) = text.split_at(digits);
    let (numerator, denominator) = match suffix {
        "" => (1, 1),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        _ => return None,
    };
    let number = number.bytes().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let top = number.checked_mul(numerator)?.checked_mul(scale)?;
    Some(top / denominator + i64::from(top % denominator != 0))
}

/// Parses into units of 1/`scale`, rounded up away from zero as Kubernetes does; `None` when it is no quantity.
pub fn parse(text: &str, scale: i128) -> Option<i64> {
    if let Some(value) = i64::try_from(scale).ok().and_then(|scale| usual(text, scale)) {
        return Some(value);
    }
    parse_any(text, scale)
}

fn parse_any(text: &str, scale: i128) -> Option<i64> {
    let (number, numerator, denominator) = split(text.trim())?;
    let negative = number.starts_with('-');
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.len() > 18 {
        return None;
    }
    let fraction_scale = 10_i128.pow(fraction.len() as u32);
    let read = |part: &str| if part.is_empty() { Some(0) } else { part.parse::<u64>().ok().map(i128::from) };
    let all = read(whole)?.checked_mul(fraction_scale)?.checked_add(read(fraction)?)?;
    let top = all.checked_mul(numerator)?.checked_mul(scale);
    let bottom = denominator.checked_mul(fraction_scale)?;
    let value = top.map_or(i128::MAX, |top| top.div_euclid(bottom) + i128::from(top.rem_euclid(bottom) != 0));
    let value = if negative { -value } else { value };
    Some(value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

impl Milli {
    /// Parses a quantity into thousandths; `None` when it is no quantity.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text, 1000).map(Self)
    }
}

/// Parses a quantity into whole units (bytes, pods); `None` when it is no quantity.
pub fn whole(text: &str) -> Option<i64> {
    parse(text, 1)
}

impl fmt::Display for Milli {
    /// As autoscaler targets are written: `250m`, `12`, `1500m`, `20k`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milli = self.0;
        if milli % 1000 != 0 {
            return write!(f, "{milli}m");
        }
        let mut units = milli / 1000;
        let mut suffix = "";
        for next in ["k", "M", "G", "T", "P", "E"] {
            if units == 0 || units % 1000 != 0 {
                break;
            }
            units /= 1000;
            suffix = next;
        }
        write!(f, "{units}{suffix}")
    }
}

/// Bytes with a binary suffix and at most one decimal: `512Mi`, `1.5Gi`.
pub fn bytes(count: i64) -> String {
    const UNITS: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut value = count as f64;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 || value.abs() >= 100.0 || (value - value.round()).abs() < 0.05 {
        format!("{value:.0}{}", UNITS[unit])
    } else {
        format!("{value:.1}{}", UNITS[unit])
    }
}

/// A measured number with at most one decimal, for people: `250m`, `115.3`, `20.2k`, `2.6M`.
pub fn decimal(milli: i64) -> String {
    if milli.abs() < 1000 {
        return if milli == 0 { "0".to_owned() } else { format!("{milli}m") };
    }
    let mut value = milli as f64 / 1000.0;
    let mut suffix = "";
    for next in ["k", "M", "G", "T", "P"] {
        if value.abs() < 10_000.0 {
            break;
        }
        value /= 1000.0;
        suffix = next;
    }
    if (value - value.round()).abs() < 0.05 {
        format!("{value:.0}{suffix}")
    } else {
        format!("{value:.1}{suffix}")
    }
}

/// Processor time in cores: `250m`, `1.5`, `16`.
pub fn cores(milli: i64) -> String {
    match milli {
        m if m % 1000 == 0 => format!("{}", m / 1000),
        m if m.abs() < 1000 => format!("{m}m"),
        m => format!("{:.1}", m as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_kubernetes_writes() {
        for (text, milli) in [
            ("0", 0),
            ("500m", 500),
            ("2", 2000),
            ("1.5", 1500),
            ("123456n", 1),
            ("10k", 10_000_000),
            ("1Ki", 1_024_000),
            ("1e3", 1_000_000),
            ("1E", 1_000_000_000_000_000_000 * 9), // saturates below
            ("-3", -3000),
            (".5", 500),
        ] {
            let got = Milli::parse(text).unwrap().0;
            if text == "1E" { assert_eq!(got, i64::MAX) } else { assert_eq!(got, milli, "{text}") }
        }
        assert_eq!(whole("16Gi"), Some(16 << 30));
        assert_eq!(whole("100m"), Some(1), "rounded up, as Kubernetes does");
    }

    #[test]
    fn the_short_way_comes_to_the_same() {
        let numbers = ["0", "1", "007", "250", "999", "1001", "123456789", "1234567890"];
        for number in numbers {
            for suffix in ["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "n", "e3", "x"] {
                let text = format!("{number}{suffix}");
                for scale in [1, 1000] {
                    assert_eq!(parse(&text, scale), parse_any(&text, scale), "{text}");
                }
            }
        }
    }

    #[test]
    fn refuses_what_is_no_quantity() {
        for text in ["", "abc", "1.2.3", "--1", "12x", "1e999", "m"] {
            assert_eq!(Milli::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn prints_as_kubectl_does() {
        assert_eq!(Milli(731_500).to_string(), "731500m");
        assert_eq!(Milli(20_000_000).to_string(), "20k");
        assert_eq!(bytes(16 << 30), "16Gi");
        assert_eq!(bytes(1_610_612_736), "1.5Gi");
        assert_eq!(
            [250, 0, 115_347, 2_587_833, 20_240_000].map(decimal),
            ["250m", "0", "115.3", "2587.8", "20.2k"]
        );
        assert_eq!(cores(250), "250m");
        assert_eq!(cores(7_800), "7.8");
    }
}
