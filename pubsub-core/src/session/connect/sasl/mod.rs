//! The login (RFC 6120 §6): one mechanism, one try. The server must prove that it knows the account, too.

mod choice;
mod scram;

use sasl::client::mechanisms::{Anonymous, Plain, Scram};
use sasl::client::{Mechanism, MechanismError};
use sasl::common::scram::{Sha1, Sha256};
use sasl::common::{ChannelBinding, Credentials};
use tokio::task::spawn_blocking;
use tokio_xmpp::xmlstream::XmppStreamElement;
use xmpp_parsers::sasl::{Auth, Failure, Mechanism as MechanismName, Nonza, Response};
use xmpp_parsers::stream_features::StreamFeatures;

use self::choice::{Choice, Means, Offer, choose};
use super::negotiate::{Channel, Typed, condition, next, send};
use crate::session::config::Identity;
use crate::session::{ConnectError, Login, SessionConfig};

type Dynamic = Box<dyn Mechanism + Send>;

/// Logs in. The stream is to be restarted next.
pub(super) async fn authenticate(
    config: &SessionConfig,
    mut stream: Typed,
    features: &StreamFeatures,
    channel: Channel,
) -> Result<Typed, ConnectError> {
    let host = config.account.domain().as_str();
    let failed = |reason| ConnectError::Authentication {
        account: config.account.to_string(),
        reason,
    };
    let offer = Offer {
        mechanisms: &features.sasl_mechanisms,
        bindings: features
            .sasl_cb
            .as_ref()
            .map(|offered| offered.types.as_slice()),
    };
    let means = Means {
        has_account: matches!(config.identity, Identity::Account { .. }),
        is_private: channel.is_private,
        rule: config.login,
        exporter: channel.exporter,
    };
    let choice = choose(offer, &means).map_err(failed)?;
    tracing::debug!(mechanism = ?choice.mechanism, "logging in");
    let proves_itself = !matches!(
        choice.mechanism,
        MechanismName::Plain | MechanismName::Anonymous
    );
    let name = choice.mechanism.clone();
    let mut mechanism =
        mechanism(&config.identity, choice).map_err(|error| failed(unproven(&error)))?;
    let initial = mechanism.initial();
    let auth = Auth {
        mechanism: name,
        data: initial.clone(),
    };
    say(host, &mut stream, Nonza::Auth(auth)).await?;
    let mut is_proven = !proves_itself;
    let mut has_answered = false;
    loop {
        match next(host, &mut stream).await? {
            XmppStreamElement::Sasl(Nonza::Challenge(challenge)) if proves_itself => {
                let response = if has_answered {
                    // The proof may come as a challenge of its own (RFC 6120 §6.4.6).
                    mechanism
                        .success(&challenge.data)
                        .map_err(|error| failed(unproven(&error)))?;
                    is_proven = true;
                    Vec::new()
                } else {
                    scram::check_challenge(&initial, &challenge.data).map_err(failed)?;
                    let (back, response) = hash(mechanism, challenge.data)
                        .await
                        .map_err(|what| failed(Login::ServerNotProven(what)))?;
                    mechanism = back;
                    has_answered = true;
                    response
                };
                say(
                    host,
                    &mut stream,
                    Nonza::Response(Response { data: response }),
                )
                .await?;
            }
            XmppStreamElement::Sasl(Nonza::Success(success)) => {
                if !is_proven {
                    mechanism
                        .success(&success.data)
                        .map_err(|error| failed(unproven(&error)))?;
                }
                return Ok(stream);
            }
            XmppStreamElement::Sasl(Nonza::Failure(failure)) => {
                return Err(refusal(&failure, failed));
            }
            _ => {
                return Err(ConnectError::protocol(
                    host,
                    "it talks of other things during the login",
                ));
            }
        }
    }
}

fn mechanism(identity: &Identity, choice: Choice) -> Result<Dynamic, MechanismError> {
    let credentials = |prepare: fn(&str) -> String| match identity {
        Identity::Account { user, password } => Credentials::default()
            .with_username(prepare(user))
            .with_password(scram::password(password.reveal())),
        Identity::Anonymous | Identity::Component { .. } => Credentials::default(),
    };
    let bound = |binding: ChannelBinding| credentials(scram::name).with_channel_binding(binding);
    Ok(match choice.mechanism {
        MechanismName::ScramSha256 | MechanismName::ScramSha256Plus => {
            Box::new(Scram::<Sha256>::from_credentials(bound(choice.binding))?)
        }
        MechanismName::ScramSha1 | MechanismName::ScramSha1Plus => {
            Box::new(Scram::<Sha1>::from_credentials(bound(choice.binding))?)
        }
        MechanismName::Plain => Box::new(Plain::from_credentials(credentials(str::to_owned))?),
        MechanismName::Anonymous => {
            Box::new(Anonymous::from_credentials(credentials(str::to_owned))?)
        }
    })
}

/// Answers the challenge away from the tasks that wait on sockets: it is thousands of rounds of hashing.
async fn hash(mut mechanism: Dynamic, challenge: Vec<u8>) -> Result<(Dynamic, Vec<u8>), String> {
    let work = spawn_blocking(move || {
        let response = mechanism.response(&challenge);
        (mechanism, response)
    });
    let (mechanism, response) = work.await.map_err(|error| error.to_string())?;
    let response = response.map_err(|error| error.to_string())?;
    Ok((mechanism, response))
}

async fn say(host: &str, stream: &mut Typed, nonza: Nonza) -> Result<(), ConnectError> {
    send(host, stream, XmppStreamElement::Sasl(nonza)).await
}

fn unproven(error: &MechanismError) -> Login {
    Login::ServerNotProven(error.to_string())
}

/// Only what the server calls temporary is worth another try.
fn refusal(failure: &Failure, failed: impl FnOnce(Login) -> ConnectError) -> ConnectError {
    let condition = condition(&failure.defined_condition);
    if condition == "temporary-auth-failure" {
        let text = failure.texts.values().next().cloned();
        return ConnectError::Stream { condition, text };
    }
    failed(Login::Refused(condition))
}
