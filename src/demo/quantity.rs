//! resource.Quantity in milli-units, as far as the simulation needs it. It does not keep a quantity's own spelling.

/// Suffixes and the milli-units that one of them is worth.
const SUFFIXES: &[(&str, f64)] = &[
    ("Ki", 1_024_000.0),
    ("Mi", 1_048_576_000.0),
    ("Gi", 1_073_741_824_000.0),
    ("Ti", 1_099_511_627_776_000.0),
    ("n", 1e-6),
    ("u", 1e-3),
    ("m", 1.0),
    ("k", 1e6),
    ("M", 1e9),
    ("G", 1e12),
    ("T", 1e15),
];

/// Thousandths of the unit; 0 for what is no quantity.
pub(crate) fn milli(text: &str) -> i64 {
    for (suffix, worth) in SUFFIXES {
        if let Some(number) = text.strip_suffix(suffix) {
            return (number.parse::<f64>().unwrap_or(0.0) * worth).ceil() as i64;
        }
    }
    (text.parse::<f64>().unwrap_or(0.0) * 1000.0).ceil() as i64
}

/// Milli-units as Kubernetes spells a decimal quantity: the largest suffix that leaves no fraction.
pub(crate) fn decimal(milli: i64) -> String {
    if milli == 0 {
        return "0".to_owned();
    }
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let mut whole = milli / 1000;
    let mut suffix = "";
    for next in ["k", "M", "G", "T", "P"] {
        if whole % 1000 != 0 {
            break;
        }
        whole /= 1000;
        suffix = next;
    }
    format!("{whole}{suffix}")
}

/// Milli-units as Kubernetes spells a binary quantity: the largest suffix that leaves no fraction. Fractions of the unit
/// and what is small are spelt as decimal quantities.
pub(crate) fn binary(milli: i64) -> String {
    let mut whole = milli / 1000;
    if milli % 1000 != 0 || whole.abs() < 1024 {
        return decimal(milli);
    }
    let mut suffix = "";
    for next in ["Ki", "Mi", "Gi", "Ti"] {
        if whole % 1024 != 0 {
            break;
        }
        whole /= 1024;
        suffix = next;
    }
    format!("{whole}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_and_write() {
        assert_eq!(milli("250m"), 250);
        assert_eq!(milli("2"), 2000);
        assert_eq!(milli("1.5"), 1500);
        assert_eq!(milli("64Mi"), 64 * 1024 * 1024 * 1000);
        assert_eq!(decimal(1500), "1500m");
        assert_eq!(decimal(2_000_000), "2k");
        assert_eq!(decimal(12_345_000), "12345");
        assert_eq!(binary(milli("412Mi")), "412Mi");
        assert_eq!(
            (binary(1_025_000), binary(1_500), binary(2_048_500)),
            ("1025".into(), "1500m".into(), "2048500m".into())
        );
    }
}
