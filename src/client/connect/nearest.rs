//! The name a user probably meant. It suggests; it never chooses.

/// The name in `known` closest to `wanted`, if it is close enough to be worth suggesting.
pub(super) fn nearest(wanted: &str, known: &[String]) -> Option<String> {
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    let lower = wanted.to_lowercase();
    known
        .iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit || name.to_lowercase().contains(&lower))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.clone())
}

/// Edits (insert, remove, replace, swap neighbours) that turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        assert_eq!(distance("prod", "prod"), 0);
        assert_eq!(distance("prdo", "prod"), 1);
        assert_eq!(distance("prod", ""), 4);
        assert_eq!(distance("staging", "stagign-eu"), 4);
    }

    #[test]
    fn suggests_only_what_is_close() {
        let known = ["production".to_owned(), "staging".to_owned()];
        assert_eq!(nearest("prodction", &known).as_deref(), Some("production"));
        assert_eq!(nearest("Staging", &known).as_deref(), Some("staging"));
        assert_eq!(nearest("prod", &known).as_deref(), Some("production"));
        assert_eq!(nearest("kind-test", &known), None);
    }
}
