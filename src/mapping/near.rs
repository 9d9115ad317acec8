//! Suggests what a user may have meant: the nearest known name to an unknown one.

/// The candidate nearest to a name, when it is near enough to be a slip of the fingers.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &from) in left.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, &to) in right.iter().enumerate() {
            let mut best =
                (last[column] + usize::from(from != to)).min(last[column + 1] + 1).min(this[column] + 1);
            if row > 0 && column > 0 && from == right[column - 1] && left[row - 1] == to {
                best = best.min(before_last[column - 1] + 1);
            }
            this.push(best);
        }
        before_last = std::mem::replace(&mut last, this);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let names = ["unique_name", "friendly_name", "sid", "type"];
        assert_eq!(nearest("unqiue_name", names), Some("unique_name"));
        assert_eq!(nearest("friendlyname", names), Some("friendly_name"));
        assert_eq!(nearest("sdi", names), Some("sid"));
        assert_eq!(nearest("body", names), None);
        assert_eq!(nearest("", names), None);
    }
}
