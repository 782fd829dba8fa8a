//! Forms that are submitted: what is taken from one is what the form that is made of it says.

use pubsub_xml::Reader;

use crate::service::options::NodeConfig;
use crate::service::terms::PLAIN;
use crate::wire::form;

/// A form, as the configuration of a node and as the options of a subscription.
///
/// # Panics
///
/// When what was taken reads differently from the form that is made of it.
pub fn form(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut reader = Reader::new(text);
    if reader.root().is_err() {
        return;
    }
    let Ok(submission) = form::read(&mut reader) else {
        return;
    };
    if let Ok(config) = NodeConfig::default().with(&submission.fields) {
        let mut written = String::new();
        form::write_configuration(&mut written, "submit", &config);
        again(&written, |fields| {
            assert_eq!(
                NodeConfig::default().with(fields),
                Ok(config.clone()),
                "{written}"
            );
        });
    }
    if let Ok(terms) = PLAIN.with(&submission.fields) {
        let mut written = String::new();
        form::write_subscription_options(&mut written, "submit", &terms);
        again(&written, |fields| {
            assert_eq!(PLAIN.with(fields), Ok(terms.clone()), "{written}");
        });
    }
}

fn again(written: &str, check: impl FnOnce(&[crate::service::options::Field<'_>])) {
    let mut reader = Reader::new(written);
    let read = reader.root().and_then(|_| form::read(&mut reader));
    match read {
        Ok(submission) => check(&submission.fields),
        Err(error) => unreachable!("{error} in {written}"),
    }
}
