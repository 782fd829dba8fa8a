//! Which SASL mechanism to use. Pure. Never falls to a weaker one than the server offers, nor to PLAIN unasked.

use std::collections::BTreeSet;

use sasl::common::ChannelBinding;
use xmpp_parsers::sasl::Mechanism;
use xmpp_parsers::sasl_cb::Type;

use crate::session::Login;
use crate::session::config::LoginRule;

/// What the server offers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'o> {
    pub(super) mechanisms: &'o BTreeSet<String>,
    /// The types of channel binding it names (XEP-0440), if it names any.
    pub(super) bindings: Option<&'o [Type]>,
}

/// What we bring.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) has_account: bool,
    /// Nobody can listen.
    pub(super) is_private: bool,
    /// What the configuration is content with.
    pub(super) rule: LoginRule,
    /// What binds the login to TLS, on TLS 1.3.
    pub(super) exporter: Option<Vec<u8>>,
}

/// The decision.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) mechanism: Mechanism,
    pub(super) binding: ChannelBinding,
}

pub(super) fn choose(offer: Offer<'_>, means: &Means) -> Result<Choice, Login> {
    let offers = |name: &str| offer.mechanisms.contains(name);
    let unbound = |mechanism| Choice {
        mechanism,
        binding: ChannelBinding::None,
    };
    if !means.has_account {
        if offers("ANONYMOUS") {
            return Ok(unbound(Mechanism::Anonymous));
        }
        return Err(refused(
            offer,
            "ANONYMOUS is needed; name a user and password in the URL",
        ));
    }
    let offers_binding = offer.mechanisms.iter().any(|name| name.ends_with("-PLUS"));
    // A server that offers -PLUS without saying for which binding may know only that of TLS 1.2 (ejabberd 23.01 does),
    // and would refuse ours as if the password were wrong.
    let can_bind = offer
        .bindings
        .is_some_and(|types| types.contains(&Type::TlsExporter));
    if let Some(exporter) = &means.exporter
        && can_bind
    {
        for (name, mechanism) in [
            ("SCRAM-SHA-256-PLUS", Mechanism::ScramSha256Plus),
            ("SCRAM-SHA-1-PLUS", Mechanism::ScramSha1Plus),
        ] {
            if offers(name) {
                let binding = ChannelBinding::TlsExporter(exporter.clone());
                return Ok(Choice { mechanism, binding });
            }
        }
    }
    if means.rule == LoginRule::Bound {
        return Err(refused(
            offer,
            "SCRAM bound to TLS 1.3 by tls-exporter is needed, as ?auth=bound says",
        ));
    }
    // RFC 5802 §6: 'y' says "I could bind, you seem not to", so that a server which does offer it notices that its
    // offer was tampered with; 'n' says that we cannot.
    let binding = if means.exporter.is_some() && !offers_binding {
        ChannelBinding::Unsupported
    } else {
        ChannelBinding::None
    };
    for (name, mechanism) in [
        ("SCRAM-SHA-256", Mechanism::ScramSha256),
        ("SCRAM-SHA-1", Mechanism::ScramSha1),
    ] {
        if offers(name) {
            return Ok(Choice { mechanism, binding });
        }
    }
    let offers_scram = offer
        .mechanisms
        .iter()
        .any(|name| name.starts_with("SCRAM-"));
    if !offers("PLAIN") || offers_scram {
        return Err(refused(offer, "SCRAM-SHA-256 or SCRAM-SHA-1 is needed"));
    }
    if !means.is_private {
        return Err(refused(offer, "PLAIN is not used where others may listen"));
    }
    if means.rule != LoginRule::PlainAllowed {
        return Err(refused(
            offer,
            "if the server may see the password, allow it with ?auth=plain",
        ));
    }
    Ok(unbound(Mechanism::Plain))
}

fn refused(offer: Offer<'_>, needed: &'static str) -> Login {
    let offered: Vec<&str> = offer.mechanisms.iter().map(String::as_str).collect();
    Login::NoMechanism {
        offered: if offered.is_empty() {
            "no way to log in".to_owned()
        } else {
            offered.join(", ")
        },
        needed,
    }
}

#[cfg(test)]
mod tests {
    use super::{ChannelBinding, LoginRule, Means, Mechanism, Offer, Type, choose};

    fn means(exporter: bool) -> Means {
        Means {
            has_account: true,
            is_private: true,
            rule: LoginRule::Scram,
            exporter: exporter.then(|| vec![7; 32]),
        }
    }

    fn check(
        offered: &str,
        bindings: Option<&[Type]>,
        means: &Means,
        expect: Option<(Mechanism, &str)>,
    ) {
        let mechanisms = offered.split_whitespace().map(str::to_owned).collect();
        let offer = Offer {
            mechanisms: &mechanisms,
            bindings,
        };
        let chosen = choose(offer, means).ok();
        let chosen = chosen.map(|choice| (choice.mechanism, choice.binding));
        let header =
            |binding: &ChannelBinding| String::from_utf8_lossy(binding.header()).into_owned();
        let found = chosen
            .as_ref()
            .map(|(mechanism, binding)| (mechanism.clone(), header(binding)));
        let expect = expect.map(|(mechanism, header)| (mechanism, header.to_owned()));
        assert_eq!(found, expect, "{offered}");
    }

    const ALL: &str = "PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS";

    #[test]
    fn the_strongest_scram_is_taken_and_bound_where_possible() {
        check(
            ALL,
            Some(&[Type::TlsUnique, Type::TlsExporter]),
            &means(true),
            Some((Mechanism::ScramSha256Plus, "p=tls-exporter,,")),
        );
        check(
            "SCRAM-SHA-1 SCRAM-SHA-1-PLUS",
            Some(&[Type::TlsExporter]),
            &means(true),
            Some((Mechanism::ScramSha1Plus, "p=tls-exporter,,")),
        );
    }

    #[test]
    fn a_server_without_binding_still_gets_scram_and_is_told_that_we_could() {
        check(
            "SCRAM-SHA-1 SCRAM-SHA-256 PLAIN",
            None,
            &means(true),
            Some((Mechanism::ScramSha256, "y,,")),
        );
    }

    #[test]
    fn a_binding_that_one_side_may_lack_is_not_claimed() {
        let unbound = || Some((Mechanism::ScramSha256, "n,,"));
        check(ALL, Some(&[Type::TlsExporter]), &means(false), unbound());
        check(ALL, None, &means(true), unbound());
        check(
            ALL,
            Some(&[Type::TlsServerEndPoint]),
            &means(true),
            Some((Mechanism::ScramSha256, "n,,")),
        );
    }

    #[test]
    fn a_binding_can_be_insisted_on() {
        let strict = |exporter| Means {
            rule: LoginRule::Bound,
            ..means(exporter)
        };
        let bound = Some((Mechanism::ScramSha256Plus, "p=tls-exporter,,"));
        check(ALL, Some(&[Type::TlsExporter]), &strict(true), bound);
        check(ALL, None, &strict(true), None);
        check(ALL, Some(&[Type::TlsExporter]), &strict(false), None);
        check("SCRAM-SHA-256 PLAIN", None, &strict(true), None);
    }

    #[test]
    fn plain_is_the_last_resort_and_must_be_asked_for() {
        let allowed = |is_private| Means {
            rule: LoginRule::PlainAllowed,
            is_private,
            ..means(false)
        };
        check("PLAIN", None, &means(true), None);
        check(
            "PLAIN",
            None,
            &allowed(true),
            Some((Mechanism::Plain, "n,,")),
        );
        check("PLAIN", None, &allowed(false), None);
        check("PLAIN SCRAM-SHA-512", None, &allowed(true), None);
        check("PLAIN ANONYMOUS", None, &means(false), None);
        check("", None, &means(false), None);
    }

    #[test]
    fn anonymous_is_used_without_an_account_only() {
        let nobody = || Means {
            has_account: false,
            ..means(false)
        };
        check(
            "ANONYMOUS PLAIN",
            None,
            &nobody(),
            Some((Mechanism::Anonymous, "n,,")),
        );
        check("SCRAM-SHA-256", None, &nobody(), None);
        check("ANONYMOUS", None, &means(false), None);
    }
}
