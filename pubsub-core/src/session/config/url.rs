//! Reads a [`SessionConfig`] from a URL. Every refusal says what to write instead, none repeats the password.

use std::borrow::Cow;

use jid::{BareJid, DomainPart, Jid, NodePart, ResourcePart};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{ConfigError, Endpoint, Identity, Secret, Security, SessionConfig};

const ACCOUNT: &str = "xmpp://user:password@domain";
const COMPONENT: &str = "xmpp+component://name:secret@host:5347";

pub(super) fn parse(text: &str) -> Result<SessionConfig, ConfigError> {
    let url = Url::parse(text).map_err(|error| ConfigError::NotAUrl {
        reason: error.to_string(),
    })?;
    let (security, is_component) = match url.scheme() {
        "xmpp" => (Security::StartTls, false),
        "xmpps" => (Security::DirectTls, false),
        "xmpp+component" => (Security::StartTls, true),
        scheme => {
            return Err(ConfigError::Scheme {
                scheme: scheme.to_owned(),
            });
        }
    };
    if !matches!(url.path(), "" | "/") {
        return Err(invalid(
            "path",
            "is not empty",
            "leave it out; a resource is given as ?resource=NAME",
        ));
    }
    if url.fragment().is_some() {
        return Err(invalid(
            "fragment",
            "is not empty",
            "write # in a password as %23",
        ));
    }
    let config = if is_component {
        component(&url)?
    } else {
        account(&url, security)?
    };
    parameters(&url, config)
}

fn account(url: &Url, security: Security) -> Result<SessionConfig, ConfigError> {
    let host = host(url, ACCOUNT)?;
    let domain = domain("domain", &host)?;
    let user = decode("user", url.username())?;
    let (node, identity) = if user.is_empty() {
        if url.password().is_some() {
            return Err(ConfigError::Missing {
                part: "user",
                instead: ACCOUNT,
            });
        }
        (None, Identity::Anonymous)
    } else {
        let node = NodePart::new(&user)
            .map_err(|error| {
                invalid(
                    "user",
                    &error.to_string(),
                    "write the part of the address before the @",
                )
            })?
            .into_owned();
        let Some(password) = url.password() else {
            return Err(ConfigError::Missing {
                part: "password",
                instead: ACCOUNT,
            });
        };
        let identity = Identity::Account {
            user: node.to_string(),
            password: Secret::new(&decode("password", password)?),
        };
        (Some(node), identity)
    };
    let account = BareJid::from_parts(node.as_deref(), &domain);
    let mut config = SessionConfig::new(account, identity, security);
    if let Some(port) = url.port() {
        config.endpoint = Some(Endpoint { host, port });
    }
    Ok(config)
}

fn component(url: &Url) -> Result<SessionConfig, ConfigError> {
    let host = host(url, COMPONENT)?;
    let name = decode("name", url.username())?;
    let (false, Some(secret)) = (name.is_empty(), url.password()) else {
        return Err(ConfigError::Missing {
            part: if name.is_empty() { "name" } else { "secret" },
            instead: COMPONENT,
        });
    };
    let identity = Identity::Component {
        secret: Secret::new(&decode("secret", secret)?),
    };
    let account = BareJid::from_parts(None, &domain("name", &name)?);
    let mut config = SessionConfig::new(account, identity, Security::StartTls);
    config.endpoint = Some(Endpoint {
        host,
        port: url.port().unwrap_or(5347),
    });
    Ok(config)
}

fn parameters(url: &Url, mut config: SessionConfig) -> Result<SessionConfig, ConfigError> {
    for (name, value) in url.query_pairs() {
        match &*name {
            "connect" => config.endpoint = Some(endpoint(&value)?),
            "service" => {
                config.service = Some(Jid::new(&value).map_err(|error| {
                    invalid(
                        "parameter service",
                        &error.to_string(),
                        "write an address such as pubsub.example.org",
                    )
                })?);
            }
            "resource" => {
                let resource = ResourcePart::new(&value).map_err(|error| {
                    invalid(
                        "parameter resource",
                        &error.to_string(),
                        "write a plain name",
                    )
                })?;
                config.resource = Some(resource.to_string());
            }
            "ca" => config.root_certificates.push(value.into_owned().into()),
            "tls" if value == "off" => config.security = Security::Off,
            "tls" => {
                return Err(invalid(
                    "parameter tls",
                    "is not off",
                    "leave it out for STARTTLS, or write xmpps:// for TLS from the first byte",
                ));
            }
            "auth" if value == "plain" => config.plain_allowed = true,
            "auth" => {
                return Err(invalid(
                    "parameter auth",
                    "is not plain",
                    "leave it out; the best mechanism is chosen without it",
                ));
            }
            _ => {
                return Err(ConfigError::UnknownParameter {
                    name: name.into_owned(),
                });
            }
        }
    }
    Ok(config)
}

/// The host as it was written, without the brackets of an IPv6 address.
fn host(url: &Url, instead: &'static str) -> Result<String, ConfigError> {
    let host = decode("domain", url.host_str().unwrap_or_default())?;
    if host.is_empty() {
        return Err(ConfigError::Missing {
            part: "domain",
            instead,
        });
    }
    Ok(host.trim_matches(['[', ']']).to_owned())
}

fn domain(part: &'static str, name: &str) -> Result<DomainPart, ConfigError> {
    let bracketed = if name.contains(':') {
        Cow::Owned(format!("[{name}]"))
    } else {
        Cow::Borrowed(name)
    };
    match DomainPart::new(&bracketed) {
        Ok(domain) => Ok(domain.into_owned()),
        Err(error) => Err(invalid(
            part,
            &error.to_string(),
            "write a host name such as example.org",
        )),
    }
}

fn endpoint(text: &str) -> Result<Endpoint, ConfigError> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| {
        let host = host.trim_matches(['[', ']']);
        Some((host, port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    });
    match parts {
        Some((host, port)) => Ok(Endpoint {
            host: host.to_owned(),
            port,
        }),
        None => Err(invalid(
            "parameter connect",
            "is not HOST:PORT",
            "write for example connect=127.0.0.1:5222",
        )),
    }
}

fn decode<'t>(part: &'static str, text: &'t str) -> Result<Cow<'t, str>, ConfigError> {
    percent_decode_str(text).decode_utf8().map_err(|_| {
        invalid(
            part,
            "is not UTF-8 after percent-decoding",
            "percent-encode its UTF-8 bytes",
        )
    })
}

fn invalid(part: &'static str, reason: &str, instead: &'static str) -> ConfigError {
    ConfigError::Invalid {
        part,
        reason: reason.to_owned(),
        instead,
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigError, Endpoint, Identity, Security, SessionConfig, parse};

    fn check(url: &str, expect: impl FnOnce(&SessionConfig) -> bool) {
        let config = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert!(expect(&config), "{url}: {config:?}");
    }

    #[test]
    fn urls_say_where_and_as_whom() {
        check("xmpp://ann:secret@example.org", |config| {
            config.account.as_str() == "ann@example.org"
                && config.security == Security::StartTls
                && config.endpoint.is_none()
                && matches!(&config.identity, Identity::Account { user, password } if user == "ann" && password.reveal() == "secret")
        });
        check(
            "xmpps://ann:a%3Ab%40c%2F%23%C3%A9@example.org:443",
            |config| {
                config.security == Security::DirectTls
                    && config.endpoint
                        == Some(Endpoint {
                            host: "example.org".into(),
                            port: 443,
                        })
                    && matches!(&config.identity, Identity::Account { password, .. } if password.reveal() == "a:b@c/#é")
            },
        );
        check("xmpp://localhost", |config| {
            config.identity == Identity::Anonymous && config.account.as_str() == "localhost"
        });
        check(
            "xmpp://a:b@x?connect=[::1]:5299&service=pubsub.x&resource=r&tls=off&ca=/a.pem&auth=plain",
            |config| {
                config.endpoint
                    == Some(Endpoint {
                        host: "::1".into(),
                        port: 5299,
                    })
                    && config
                        .service
                        .as_ref()
                        .is_some_and(|service| service.as_str() == "pubsub.x")
                    && config.resource.as_deref() == Some("r")
                    && config.security == Security::Off
                    && config.plain_allowed
                    && config.root_certificates.len() == 1
            },
        );
        check(
            "xmpp+component://app.example.org:s3@127.0.0.1:5347",
            |config| {
                config.account.as_str() == "app.example.org"
                    && config.is_component()
                    && config.endpoint
                        == Some(Endpoint {
                            host: "127.0.0.1".into(),
                            port: 5347,
                        })
            },
        );
    }

    #[test]
    fn a_bad_url_is_told_what_to_write_and_keeps_its_password() {
        for (url, says) in [
            ("ann@example.org", "xmpp://user:password@domain"),
            (
                "https://ann:hunter2@example.org",
                "xmpp://, xmpps:// or xmpp+component://",
            ),
            ("xmpp://:hunter2@example.org", "no user"),
            ("xmpp://ann@example.org", "no password"),
            ("xmpp://ann:hunter2@example.org/res", "?resource=NAME"),
            ("xmpp://ann:hunter2@example.org#x", "%23"),
            ("xmpp://ann:hunter2@example.org?tls=on", "xmpps://"),
            (
                "xmpp://ann:hunter2@example.org?connect=host",
                "connect=127.0.0.1:5222",
            ),
            (
                "xmpp://ann:hunter2@example.org?pasword=x",
                "pasword is unknown",
            ),
            ("xmpp://ann:%FF@example.org", "UTF-8"),
            ("xmpp+component://app.example.org@host", "no secret"),
            (
                "xmpp://ann:hunter2@example.org?service=@",
                "pubsub.example.org",
            ),
        ] {
            let error = parse(url).map(|config| format!("{config:?}")).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(says), "{url}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        assert!(matches!(parse("no url"), Err(ConfigError::NotAUrl { .. })));
    }

    #[test]
    fn a_password_is_never_printed() {
        let config = parse("xmpp://ann:hunter2@example.org").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
