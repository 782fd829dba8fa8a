//! The order in which the servers of a domain are tried (RFC 2782). Pure: chance comes in as a number.

/// One SRV record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) priority: u16,
    pub(super) weight: u16,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Sorts by priority; within one priority draws by weight. `draw(n)` is a random number below `n`.
#[cfg_attr(
    not(feature = "dns"),
    allow(dead_code, reason = "only DNS yields records")
)]
pub(super) fn in_order(mut records: Vec<Record>, mut draw: impl FnMut(u32) -> u32) -> Vec<Record> {
    // Weight 0 first, so that it is drawn only by a zero (RFC 2782, "Weight").
    records.sort_by_key(|record| (record.priority, record.weight));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let same = records
            .iter()
            .take_while(|record| record.priority == priority);
        let total: u32 = same.map(|record| u32::from(record.weight)).sum();
        let mut left = draw(total + 1);
        let chosen = records
            .iter()
            .position(|record| {
                let weight = u32::from(record.weight);
                let is_chosen = left <= weight;
                left = left.saturating_sub(weight);
                is_chosen
            })
            .unwrap_or_default();
        ordered.push(records.remove(chosen));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::{Record, in_order};

    fn record(priority: u16, weight: u16, host: &str) -> Record {
        Record {
            priority,
            weight,
            host: host.to_owned(),
            port: 5222,
        }
    }

    fn check(draw: impl FnMut(u32) -> u32, expect: &str) {
        let records = vec![
            record(20, 0, "late"),
            record(10, 30, "b"),
            record(10, 0, "zero"),
            record(10, 10, "a"),
        ];
        let hosts: Vec<_> = in_order(records, draw)
            .into_iter()
            .map(|record| record.host)
            .collect();
        assert_eq!(hosts.join(" "), expect);
    }

    #[test]
    fn priority_comes_first_and_weight_decides_within() {
        check(|_| 0, "zero a b late");
        check(|limit| limit - 1, "b a zero late");
        let mut draws = [5, 20, 0, 0].into_iter();
        check(|_| draws.next().unwrap(), "a b zero late");
    }
}
