//! What the measuring programs share: they start what they measure, look at it from outside, and end it.

pub(crate) mod credentials;
pub(crate) mod guard;
pub(crate) mod keys;
pub(crate) mod marks;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod server;

/// What went wrong, in a sentence for whoever measures.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The value below which this share (0 to 1) of the sorted values lies; the default for none at all.
pub(crate) fn quantile<T: Copy + Default>(sorted: &[T], share: f64) -> T {
    let at = (sorted.len().saturating_sub(1) as f64 * share).ceil() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
