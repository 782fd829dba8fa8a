//! The way in until it is known who comes: stream header, SASL, and registration in the band (RFC 6120 §6, XEP-0077). SASL2 (XEP-0388) is the same login
//! in other words, and ends with what `inline` has to say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pubsub_xml::Reader;

use super::carrier::{Carrier, Opening};
use super::channel::Channel;
use super::end::End;
use super::remote::Remote;
use super::security::Security;
use crate::accounts::{AccountError, Accounts as _, Hash, add_account};
use crate::address;
use crate::host::Host;
use crate::registration::{self, Limit};
use crate::sasl::scram::{ClientFirst, Exchange, decoy};
use crate::sasl::{Mechanism, SaslError, plain};
use crate::wire::error::{self, StanzaError};
use crate::wire::namespace;
use crate::wire::sasl::{self, Attempt, Profile, Wishes};
use crate::wire::stanza::{self, Kind};
use crate::wire::stream::{self, Entrance, StreamError};

/// Who has logged in.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) bare: Arc<str>,
    pub(super) is_anonymous: bool,
}

/// How far a client has come.
#[derive(Debug)]
pub(super) enum Entered {
    /// It was told so, and opens the stream anew.
    User(Identity),
    /// It waits to be told so, together with what else it has asked for.
    Asking(Login),
    /// It was told to go on, and encrypts now.
    Securing,
}

/// A login in the words of XEP-0388 that has succeeded.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) identity: Identity,
    /// The mechanism's last message, as base64.
    pub(super) data: String,
    pub(super) wishes: Wishes,
}

/// What the steps of logging in have to know.
#[derive(Clone, Copy, Debug)]
struct Place<'p> {
    profile: Profile,
    host: &'p Host,
    remote: Remote,
    security: &'p Security,
}

/// Reads the client in, from the first byte to the success of SASL, or to the wish to encrypt.
pub(super) async fn log_in<C: Carrier>(
    channel: &mut Channel<C>,
    host: &Host,
    remote: Remote,
    security: &Security,
) -> Result<Entered, End> {
    let Some(_entering) = host.entering.admit(remote.address) else {
        return Err(StreamError::TooManyConnections.into());
    };
    let is_bindable = security.binding().is_some();
    let entrance = Entrance {
        starttls: security.offer(),
        is_bindable,
        is_managed: C::IS_MANAGED,
        may_register: host.registrar.is_open(),
    };
    let offered = Mechanism::offered(remote.is_private, is_bindable, host.allows_anonymous);
    let mut features = String::new();
    entrance.write(&mut features, offered.map(Mechanism::name));
    let opening = channel.open(host, &features).await?;
    let mut attempts = 0;
    loop {
        let text = channel.element().await?;
        let scope = channel.carrier.scope();
        let mut reader = Reader::with_scope(&text, &scope);
        let name = reader.root()?;
        if name.is("starttls", namespace::TLS) && entrance.starttls.is_some() {
            channel.send(stream::PROCEED).await?;
            return Ok(Entered::Securing);
        }
        if stanza::kind_of(&name) == Some(Kind::Iq) && !security.is_demanded() {
            let answer = register(host, remote, &mut reader).await?;
            channel.send(&answer).await?;
            continue;
        }
        if stanza::kind_of(&name).is_some() {
            return Err(StreamError::NotAuthorized.into());
        }
        let Some(attempt) = sasl::read(&name, &mut reader)? else {
            return Err(StreamError::UnsupportedStanzaType.into());
        };
        let profile = attempt.profile;
        let place = Place {
            profile,
            host,
            remote,
            security,
        };
        let authenticated = authenticate(channel, place, &attempt).await?;
        let mechanism = attempt.mechanism;
        match authenticated.and_then(|(identity, data)| {
            check_claim(profile, &opening, &identity).map(|()| (identity, data))
        }) {
            Ok((identity, data)) => {
                host.measure.logins.add(1);
                tracing::info!(jid = %identity.bare, mechanism, ?profile, "logged in");
                if profile == Profile::Extensible {
                    return Ok(Entered::Asking(Login {
                        identity,
                        data,
                        wishes: attempt.wishes,
                    }));
                }
                let mut success = String::new();
                sasl::write_success(&mut success, &data);
                channel.send(&success).await?;
                return Ok(Entered::User(identity));
            }
            Err(error) => {
                host.measure.refused_logins.add(1);
                tracing::info!(%error, mechanism, ?profile, "not logged in");
                attempts += 1;
                let mut failure = String::new();
                profile.write_failure(&mut failure, &error.to_string());
                channel.send(&failure).await?;
                if attempts >= host.limits.login_attempts {
                    return Err(StreamError::TooManyAttempts.into());
                }
            }
        }
    }
}

type Authenticated = Result<(Identity, String), SaslError>;

/// Runs one mechanism. The outer error ends the stream, the inner one only this attempt.
async fn authenticate<C: Carrier>(
    channel: &mut Channel<C>,
    place: Place<'_>,
    attempt: &Attempt,
) -> Result<Authenticated, End> {
    let host = place.host;
    if place.security.is_demanded() {
        return Ok(Err(SaslError::EncryptionRequired));
    }
    let mechanism = match Mechanism::of(&attempt.mechanism) {
        _ if attempt.is_upgrade => return Ok(Err(SaslError::InvalidMechanism)),
        Some(Mechanism::Plain) if !place.remote.is_private => {
            return Ok(Err(SaslError::EncryptionRequired));
        }
        Some(Mechanism::Anonymous) if !host.allows_anonymous => {
            return Ok(Err(SaslError::InvalidMechanism));
        }
        Some(mechanism) => mechanism,
        None => return Ok(Err(SaslError::InvalidMechanism)),
    };
    if mechanism == Mechanism::Anonymous {
        let local = format!("{:032x}", rand::random::<u128>());
        let identity = Identity {
            bare: format!("{local}@{}", host.domain).into(),
            is_anonymous: true,
        };
        return Ok(Ok((identity, String::new())));
    }
    let message = match &attempt.initial {
        None => exchange(channel, place.profile, "").await?,
        Some(initial) => decode(place.profile, initial),
    };
    let message = match message {
        Ok(message) => message,
        Err(error) => return Ok(Err(error)),
    };
    match mechanism {
        Mechanism::Plain => check_password(channel, place, &message).await,
        Mechanism::Scram(hash) => check_proof(channel, place, hash, None, &message).await,
        Mechanism::Bound(hash) => match place.security.binding() {
            Some(binding) => check_proof(channel, place, hash, Some(binding), &message).await,
            None => Ok(Err(SaslError::InvalidMechanism)),
        },
        Mechanism::Anonymous => Ok(Err(SaslError::InvalidMechanism)),
    }
}

/// SCRAM, from the client's first message on.
async fn check_proof<C: Carrier>(
    channel: &mut Channel<C>,
    place: Place<'_>,
    hash: Hash,
    binding: Option<&[u8]>,
    message: &[u8],
) -> Result<Authenticated, End> {
    let host = place.host;
    let is_bindable = place.security.binding().is_some();
    let first = match ClientFirst::read(message, is_bindable, binding.is_some()) {
        Ok(first) => first,
        Err(error) => return Ok(Err(error)),
    };
    let username = address::normalize_local(&first.username);
    let username = username.as_deref().unwrap_or_default();
    if let Err(error) = place.wait_for_turn(channel, username).await? {
        return Ok(Err(error));
    }
    let verifier = match host.accounts.credentials(username).await {
        Ok(Some(credentials)) => credentials.verifier(hash).clone(),
        Ok(None) => decoy(
            hash,
            &host.decoy_secret,
            &first.username,
            host.scram_iterations,
        ),
        Err(error) => return Ok(Err(unread(&error))),
    };
    let nonce = STANDARD.encode(rand::random::<[u8; 18]>());
    let (pending, challenge) = Exchange::begin(&first, verifier, &nonce, binding);
    let proof = match exchange(channel, place.profile, &challenge).await? {
        Ok(proof) => proof,
        Err(error) => return Ok(Err(error)),
    };
    Ok(match pending.finish(&proof) {
        Ok(data) => place
            .admit(username)
            .await
            .map(|identity| (identity, STANDARD.encode(data))),
        Err(error) => {
            place.note_failure(username);
            Err(error)
        }
    })
}

/// Sends a challenge and reads the response.
async fn exchange<C: Carrier>(
    channel: &mut Channel<C>,
    profile: Profile,
    challenge: &str,
) -> Result<Result<Vec<u8>, SaslError>, End> {
    let mut out = String::new();
    profile.write_challenge(&mut out, &STANDARD.encode(challenge));
    channel.send(&out).await?;
    let text = channel.element().await?;
    let scope = channel.carrier.scope();
    let mut reader = Reader::with_scope(&text, &scope);
    let name = reader.root()?;
    if name.is("abort", profile.namespace()) {
        return Ok(Err(SaslError::Aborted));
    }
    if !name.is("response", profile.namespace()) {
        return Err(StreamError::NotAuthorized.into());
    }
    Ok(decode(profile, &reader.text()?))
}

fn decode(profile: Profile, data: &str) -> Result<Vec<u8>, SaslError> {
    // A single "=" stands for a message of no bytes (RFC 6120 §6.4.2).
    let data = if data == "=" && profile == Profile::Classic {
        ""
    } else {
        data.trim()
    };
    STANDARD
        .decode(data)
        .map_err(|_| SaslError::IncorrectEncoding)
}

/// Whoever says in opening the stream who he is has to be that (XEP-0388 §2.3). Before that it was never looked at.
fn check_claim(profile: Profile, opening: &Opening, identity: &Identity) -> Result<(), SaslError> {
    let Some(claimed) = &opening.from else {
        return Ok(());
    };
    let is_right = address::normalize(claimed)
        .is_some_and(|claimed| address::bare(&claimed) == &*identity.bare);
    if is_right || identity.is_anonymous || profile == Profile::Classic {
        Ok(())
    } else {
        Err(SaslError::InvalidAuthorization)
    }
}

async fn check_password<C: Carrier>(
    channel: &mut Channel<C>,
    place: Place<'_>,
    message: &[u8],
) -> Result<Authenticated, End> {
    let (username, password) = match plain::read(message) {
        Ok(read) => read,
        Err(error) => return Ok(Err(error)),
    };
    let Some(username) = address::normalize_local(username) else {
        return Ok(Err(SaslError::NotAuthorized));
    };
    if let Err(error) = place.wait_for_turn(channel, &username).await? {
        return Ok(Err(error));
    }
    let is_right = check_as_slowly(place.host, &username, password).await;
    Ok(match is_right {
        Ok(true) => place.admit(&username).await,
        Ok(false) => {
            place.note_failure(&username);
            Err(SaslError::NotAuthorized)
        }
        Err(error) => Err(unread(&error)),
    }
    .map(|identity| (identity, String::new())))
}

/// Whether that is the password of that user. Who does not exist is not told apart by being refused sooner.
async fn check_as_slowly(
    host: &Host,
    username: &str,
    password: &str,
) -> Result<bool, AccountError> {
    let is_right = host.accounts.is_password(username, password).await?;
    if !is_right && !host.accounts.exists(username).await? {
        let iterations = host.scram_iterations;
        let decoy = decoy(Hash::Sha256, &host.decoy_secret, username, iterations);
        let password = password.to_owned();
        let _ = tokio::task::spawn_blocking(move || decoy.accepts(&password)).await;
    }
    Ok(is_right)
}

fn unread(error: &AccountError) -> SaslError {
    tracing::error!(%error, "accounts cannot be read");
    SaslError::Unavailable
}

impl Place<'_> {
    /// Waits as long as failures before this attempt make it, unless the client goes away or too many wait already.
    async fn wait_for_turn<C: Carrier>(
        self,
        channel: &mut Channel<C>,
        username: &str,
    ) -> Result<Result<(), SaslError>, End> {
        let address = self.remote.address;
        let turn = self.host.attempts.turn(username, address, Instant::now());
        let delay = turn.as_ref().map(|turn| turn.delay);
        if delay != Some(Duration::ZERO) {
            tracing::info!(username, %address, ?delay, "somebody is guessing passwords");
        }
        let Some(turn) = turn else {
            return Ok(Err(SaslError::Unavailable));
        };
        if !turn.delay.is_zero() {
            channel.pause(turn.delay).await?;
        }
        turn.take();
        Ok(Ok(()))
    }

    fn note_failure(self, username: &str) {
        let attempts = &self.host.attempts;
        attempts.note_failure(username, self.remote.address, Instant::now());
    }

    /// Who has proved to be that user, if he may come in.
    async fn admit(self, username: &str) -> Result<Identity, SaslError> {
        let attempts = &self.host.attempts;
        attempts.note_success(username, self.remote.address, Instant::now());
        match self.host.accounts.is_enabled(username).await {
            Ok(true) => Ok(Identity {
                bare: format!("{username}@{}", self.host.domain).into(),
                is_anonymous: false,
            }),
            Ok(false) => Err(SaslError::AccountDisabled),
            Err(error) => Err(unread(&error)),
        }
    }
}

/// Answers an IQ before login: only registration may be asked for.
async fn register(host: &Host, remote: Remote, reader: &mut Reader<'_>) -> Result<String, End> {
    let request = stanza::read(reader, Kind::Iq);
    let is_set = request.variant == "set";
    match reader.child()? {
        Some(name) if name.is("query", namespace::REGISTER) && host.registrar.is_open() => {}
        _ => return Err(StreamError::NotAuthorized.into()),
    }
    let application = registration::read(reader)?;
    let result = if is_set {
        create_account(host, remote, application).await
    } else {
        Ok(())
    };
    let mut out = String::new();
    let variant = if result.is_ok() { "result" } else { "error" };
    stanza::open(
        &mut out,
        Kind::Iq,
        variant,
        request.id.as_deref(),
        Some(&host.domain),
        None,
    );
    out.push('>');
    match result {
        Ok(()) if is_set => {}
        Ok(()) => registration::write_form(&mut out, None),
        Err(error) => error::write(&mut out, error),
    }
    stanza::close(&mut out, Kind::Iq);
    Ok(out)
}

async fn create_account(
    host: &Host,
    remote: Remote,
    application: registration::Application,
) -> Result<(), StanzaError> {
    let (Some(username), Some(password)) = (application.username, application.password) else {
        return Err(StanzaError::BAD_ACCOUNT);
    };
    // What cannot be made anyway costs no work, and is not counted.
    let Some(name) = address::normalize_local(&username) else {
        return Err(StanzaError::BAD_ACCOUNT);
    };
    match host.accounts.exists(&name).await {
        Ok(true) => return Err(StanzaError::TAKEN),
        Ok(false) => {}
        Err(_) => return Err(StanzaError::INTERNAL),
    }
    let now = Instant::now();
    host.registrar
        .admit(remote.address, now)
        .map_err(|limit| match limit {
            Limit::Closed => StanzaError::CLOSED,
            Limit::Address => StanzaError::TOO_OFTEN,
            Limit::Server => StanzaError::TOO_OFTEN_ALL,
        })?;
    add_account(
        &host.accounts,
        &username,
        &password,
        host.scram_iterations.get(),
    )
    .await
    .inspect_err(|_| host.registrar.take_back(remote.address, now))
    .map_err(|error| match error {
        AccountError::Taken(_) => StanzaError::TAKEN,
        AccountError::Invalid(_) => StanzaError::BAD_ACCOUNT,
        _ => StanzaError::INTERNAL,
    })
}
