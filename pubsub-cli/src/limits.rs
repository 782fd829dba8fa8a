//! The table `limits` of the configuration file of `serve`. Every name is that of a field of `pubsub_server::Limits`; times are in seconds.

use std::num::NonZeroU32;
use std::time::Duration;

use pubsub_server::Limits;
use serde::Deserialize;

macro_rules! table {
    (numbers: $($number:ident)*; times: $($time:ident)*; rates: $($rate:ident)*;) => {
        /// What is said of limits.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Table {
            $($number: Option<usize>,)*
            $($time: Option<u64>,)*
            $($rate: Option<NonZeroU32>,)*
        }

        impl Table {
            /// The limits with what is said of them.
            pub(crate) fn apply(&self, mut limits: Limits) -> Limits {
                $(if let Some(number) = self.$number { limits.$number = number; })*
                $(if let Some(seconds) = self.$time { limits.$time = Duration::from_secs(seconds); })*
                $(if self.$rate.is_some() { limits.$rate = self.$rate; })*
                limits
            }
        }
    };
}

table! {
    numbers: connections connections_per_address entering entering_per_address resources_per_account login_attempts stanza_before_login stanza depth
        queue queues nodes nodes_per_account items_per_node stored_bytes payload subscriptions_per_node affiliations_per_node awaited_per_account awaited contacts_per_account
        offline_messages offline_bytes offline_bytes_by_all page page_bytes;
    times: login login_delay idle ping resumption shutdown;
    rates: stanzas_per_second bytes_per_second;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_done_and_nothing_else() {
        let table: Table =
            toml::from_str("stanza = 7\nlogin = 8\nstanzas_per_second = 9").expect("a table");
        let limits = table.apply(Limits::default());
        let expected = Limits {
            stanza: 7,
            login: Duration::from_secs(8),
            stanzas_per_second: NonZeroU32::new(9),
            ..Limits::default()
        };
        assert_eq!(limits, expected);
        for wrong in ["stanzas = 7", "stanzas_per_second = 0", "login = -1"] {
            toml::from_str::<Table>(wrong).expect_err(wrong);
        }
    }
}
