//! Where customers that were merged lead to in the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::CustomerId;

/// The customer that stays, for each that does not. `replaced_by` says for every customer that was
/// merged which one took its place, which may have been merged itself. Who is not here yet is left
/// out by whoever asks: until it comes, the one before it stands for itself.
///
/// Two people who merge the same two customers at the same time, one this way and one the other,
/// make a circle; of that the smallest id stays, on every replica.
#[must_use]
pub fn survivors(
    replaced_by: &BTreeMap<CustomerId, CustomerId>,
) -> BTreeMap<CustomerId, CustomerId> {
    let survivor = |merged: CustomerId| {
        let mut seen = BTreeSet::from([merged]);
        let (mut path, mut last) = (vec![merged], merged);
        while let Some(next) = replaced_by.get(&last).copied() {
            if !seen.insert(next) {
                return path.into_iter().skip_while(|it| *it != next).min().unwrap_or(next);
            }
            path.push(next);
            last = next;
        }
        last
    };
    let found = replaced_by.keys().map(|merged| (*merged, survivor(*merged)));
    found.filter(|(merged, survivor)| merged != survivor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> CustomerId {
        CustomerId(uuid::Uuid::from_u128(number))
    }

    fn of(pairs: &[(u128, u128)]) -> Vec<(u128, u128)> {
        let replaced_by = pairs.iter().map(|(from, to)| (id(*from), id(*to))).collect();
        let found = survivors(&replaced_by).into_iter();
        found.map(|(from, to)| (from.0.as_u128(), to.0.as_u128())).collect()
    }

    #[test]
    fn a_chain_leads_to_its_end() {
        assert_eq!(of(&[(1, 2), (2, 3)]), [(1, 3), (2, 3)]);
    }

    #[test]
    fn of_a_circle_the_smallest_stays_wherever_one_begins() {
        assert_eq!(of(&[(2, 3), (3, 1), (1, 2)]), [(2, 1), (3, 1)]);
        assert_eq!(of(&[(5, 4), (4, 3), (3, 4)]), [(4, 3), (5, 3)]);
    }
}
