//! Reads the `<pubsub/>` of an IQ into a request. Children may come in any order, foreign attributes and elements are passed over, and
//! payloads stay the text they came as.

use std::borrow::Cow;
use std::sync::Arc;

use pubsub_xml::{Reader, XmlError};

use super::disco::AWAIT;
use super::{changes, form, namespace, page};
use crate::address;
use crate::service::error::ServiceError;
use crate::service::options::Field;
use crate::service::vocabulary::{NewItem, Page, Request, Selection};

/// What an IQ asks of the PubSub service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command<'x> {
    /// Of one node.
    Node(Request<'x>),
    /// The sender's subscriptions, at one node or all.
    OwnSubscriptions {
        node: Option<Cow<'x, str>>,
        page: Option<Page<'x>>,
    },
    /// The sender's affiliations, at one node or all.
    OwnAffiliations {
        node: Option<Cow<'x, str>>,
        page: Option<Page<'x>>,
    },
    DefaultConfiguration,
    /// Options of a subscription that nobody configured, at one node or any.
    DefaultOptions(Option<Cow<'x, str>>),
    /// A cancelled form.
    Nothing,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// The stanza is broken; the stream with it.
    Xml(XmlError),
    /// The stanza is sound and the request is not.
    Refused(ServiceError),
}

impl From<XmlError> for RequestError {
    fn from(error: XmlError) -> Self {
        match error {
            XmlError::UnexpectedText(_) | XmlError::UnexpectedElement(_) => {
                Self::Refused(ServiceError::BadRequest {
                    reason: "text and elements are mixed where they may not be",
                })
            }
            error => Self::Xml(error),
        }
    }
}

impl From<ServiceError> for RequestError {
    fn from(error: ServiceError) -> Self {
        Self::Refused(error)
    }
}

/// Reads the `<pubsub xmlns='…pubsub'/>` that was just entered; `is_set` is the type of the IQ.
pub(crate) fn read<'x>(reader: &mut Reader<'x>, is_set: bool) -> Result<Command<'x>, RequestError> {
    let mut command = None;
    let mut form = Vec::new();
    let mut selected_page = None;
    let mut is_awaited = false;
    let mut options: Option<OptionsElement<'_>> = None;
    while let Some(name) = reader.child()? {
        if name.is("await", AWAIT) {
            is_awaited = true;
            reader.skip()?;
            continue;
        }
        if name.is("set", namespace::PAGE) {
            selected_page = Some(page::read(reader)?);
            continue;
        }
        if name.namespace != namespace::PUBSUB {
            reader.skip()?;
            continue;
        }
        let node = reader.attribute("node");
        match (name.local, is_set) {
            ("configure" | "publish-options", true) => form = form::read_within(reader)?.fields,
            ("publish", true) => {
                let items = read_items(reader)?;
                command = Some(Command::Node(Request::Publish {
                    node: required(node)?,
                    items,
                    options: Vec::new(),
                }));
            }
            ("create", true) => {
                reader.skip()?;
                command = Some(Command::Node(Request::Create {
                    node,
                    form: Vec::new(),
                }));
            }
            ("retract", true) => {
                let notify = reader
                    .attribute("notify")
                    .is_some_and(|notify| notify == "1" || notify == "true");
                let ids = read_ids(reader)?;
                command = Some(Command::Node(Request::Retract {
                    node: required(node)?,
                    ids,
                    notify,
                }));
            }
            ("subscribe" | "unsubscribe", true) => {
                let is_subscribing = name.local == "subscribe";
                command = Some(Command::Node(read_subscriber(
                    reader,
                    node,
                    is_subscribing,
                )?));
            }
            ("items", false) => command = Some(Command::Node(read_wanted(reader, node)?)),
            ("subscriptions", false) => {
                reader.skip()?;
                command = Some(Command::OwnSubscriptions { node, page: None });
            }
            ("affiliations", false) => {
                reader.skip()?;
                command = Some(Command::OwnAffiliations { node, page: None });
            }
            ("options", _) => {
                options = Some(OptionsElement {
                    node,
                    jid: reader.attribute("jid"),
                    subscription: reader.attribute("subid"),
                    submission: form::read_within(reader)?,
                });
            }
            ("default", false) => {
                reader.skip()?;
                command = Some(Command::DefaultOptions(node));
            }
            _ => reader.skip()?,
        }
    }
    match (&mut command, options) {
        (Some(Command::Node(Request::Subscribe { awaits, form, .. })), options) => {
            *awaits = is_awaited;
            *form = options.map_or_else(Vec::new, |options| options.submission.fields);
        }
        (None, Some(options)) => return options.command(is_set),
        _ => {}
    }
    complete(command, form, selected_page)
}

/// Reads `<subscribe/>` or `<unsubscribe/>`.
fn read_subscriber<'x>(
    reader: &mut Reader<'x>,
    node: Option<Cow<'x, str>>,
    is_subscribing: bool,
) -> Result<Request<'x>, RequestError> {
    let jid = read_jid(reader)?;
    let subscription = reader.attribute("subid");
    reader.skip()?;
    let node = required(node)?;
    Ok(if is_subscribing {
        Request::Subscribe {
            node,
            jid,
            awaits: false,
            form: Vec::new(),
        }
    } else {
        Request::Unsubscribe {
            node,
            jid,
            subscription,
        }
    })
}

/// Reads which items are asked for.
fn read_wanted<'x>(
    reader: &mut Reader<'x>,
    node: Option<Cow<'x, str>>,
) -> Result<Request<'x>, RequestError> {
    let max = match reader.attribute("max_items") {
        Some(max) if !max.is_empty() && max.bytes().all(|byte| byte.is_ascii_digit()) => {
            // There are not as many as cannot be counted.
            Some(max.parse().unwrap_or(usize::MAX))
        }
        Some(_) => {
            return Err(ServiceError::BadRequest {
                reason: "max_items is a number",
            }
            .into());
        }
        None => None,
    };
    let subscription = reader.attribute("subid");
    let ids = read_ids(reader)?;
    let selection = match max {
        _ if !ids.is_empty() => Selection::ById(ids),
        Some(max) => Selection::Latest(max),
        None => Selection::All,
    };
    Ok(Request::Items {
        node: required(node)?,
        selection,
        subscription,
    })
}

/// The `<options/>` of a request: on its own, or beside `<subscribe/>`.
struct OptionsElement<'x> {
    node: Option<Cow<'x, str>>,
    jid: Option<Cow<'x, str>>,
    subscription: Option<Cow<'x, str>>,
    submission: form::Submission<'x>,
}

impl<'x> OptionsElement<'x> {
    fn command(self, is_set: bool) -> Result<Command<'x>, RequestError> {
        let node = required(self.node)?;
        let jid = self.jid.ok_or(ServiceError::JidRequired)?;
        let jid = address::normalize(&jid).ok_or(ServiceError::InvalidJid)?;
        let subscription = self.subscription;
        Ok(if self.submission.is_cancelled {
            Command::Nothing
        } else if is_set {
            Command::Node(Request::SetSubscriptionOptions {
                node,
                jid,
                subscription,
                form: self.submission.fields,
            })
        } else {
            Command::Node(Request::SubscriptionOptions {
                node,
                jid,
                subscription,
            })
        })
    }
}

/// Puts together what was found in whatever order it came.
fn complete<'x>(
    command: Option<Command<'x>>,
    form: Vec<Field<'x>>,
    selected_page: Option<Page<'x>>,
) -> Result<Command<'x>, RequestError> {
    let mut command = command.ok_or(ServiceError::BadRequest {
        reason: "the request names nothing that can be done",
    })?;
    if let Command::OwnSubscriptions { page, .. }
    | Command::OwnAffiliations { page, .. }
    | Command::Node(Request::Subscriptions { page, .. } | Request::Affiliations { page, .. }) =
        &mut command
    {
        *page = selected_page;
        return Ok(command);
    }
    Ok(match command {
        Command::Node(Request::Publish { node, items, .. }) => Command::Node(Request::Publish {
            node,
            items,
            options: form,
        }),
        Command::Node(Request::Create { node, .. }) => {
            Command::Node(Request::Create { node, form })
        }
        Command::Node(Request::Items {
            node,
            selection,
            subscription,
        }) => {
            let selection = match (selection, selected_page) {
                (Selection::ById(ids), _) => Selection::ById(ids),
                (Selection::Latest(count), Some(page)) => Selection::Page(Page {
                    max: Some(page.max.map_or(count, |max| max.min(count))),
                    ..page
                }),
                (_, Some(page)) => Selection::Page(page),
                (selection, None) => selection,
            };
            Command::Node(Request::Items {
                node,
                selection,
                subscription,
            })
        }
        command => command,
    })
}

/// Reads the `<pubsub xmlns='…pubsub#owner'/>` that was just entered.
pub(crate) fn read_owner<'x>(
    reader: &mut Reader<'x>,
    is_set: bool,
) -> Result<Command<'x>, RequestError> {
    let mut command = None;
    let mut selected_page = None;
    while let Some(name) = reader.child()? {
        if name.is("set", namespace::PAGE) {
            selected_page = Some(page::read(reader)?);
            continue;
        }
        if name.namespace != namespace::PUBSUB_OWNER {
            reader.skip()?;
            continue;
        }
        let node = reader.attribute("node");
        let request = match (name.local, is_set) {
            ("configure", false) => skipped(
                reader,
                Request::Configuration {
                    node: required(node)?,
                },
            )?,
            ("configure", true) => {
                let submission = form::read_within(reader)?;
                if submission.is_cancelled {
                    command = Some(Command::Nothing);
                    continue;
                }
                Request::Configure {
                    node: required(node)?,
                    form: submission.fields,
                }
            }
            ("default", false) => {
                reader.skip()?;
                command = Some(Command::DefaultConfiguration);
                continue;
            }
            ("delete", true) => {
                let mut redirect = None;
                while let Some(child) = reader.child()? {
                    if child.is("redirect", namespace::PUBSUB_OWNER) {
                        redirect = reader.attribute("uri");
                    }
                    reader.skip()?;
                }
                Request::Delete {
                    node: required(node)?,
                    redirect,
                }
            }
            ("purge", true) => skipped(
                reader,
                Request::Purge {
                    node: required(node)?,
                },
            )?,
            ("subscriptions", false) => skipped(
                reader,
                Request::Subscriptions {
                    node: required(node)?,
                    page: None,
                },
            )?,
            ("subscriptions", true) => {
                let changes = changes::read_subscriptions(reader)?;
                Request::SetSubscriptions {
                    node: required(node)?,
                    changes,
                }
            }
            ("affiliations", false) => skipped(
                reader,
                Request::Affiliations {
                    node: required(node)?,
                    page: None,
                },
            )?,
            ("affiliations", true) => {
                let changes = changes::read_affiliations(reader)?;
                Request::SetAffiliations {
                    node: required(node)?,
                    changes,
                }
            }
            _ => {
                reader.skip()?;
                continue;
            }
        };
        command = Some(Command::Node(request));
    }
    complete(command, Vec::new(), selected_page)
}

fn skipped<'x>(reader: &mut Reader<'x>, request: Request<'x>) -> Result<Request<'x>, RequestError> {
    reader.skip()?;
    Ok(request)
}

fn required(node: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, ServiceError> {
    node.filter(|node| !node.is_empty())
        .ok_or(ServiceError::NodeRequired)
}

fn read_items<'x>(reader: &mut Reader<'x>) -> Result<Vec<NewItem<'x>>, RequestError> {
    let mut items = Vec::with_capacity(1);
    while let Some(name) = reader.child()? {
        if !name.is("item", namespace::PUBSUB) {
            reader.skip()?;
            continue;
        }
        let mut item = NewItem {
            id: reader.attribute("id"),
            payload: Cow::Borrowed(""),
            payload_elements: 0,
        };
        while reader.child()?.is_some() {
            item.payload_elements += 1;
            if item.payload_elements == 1 {
                item.payload = reader.raw()?;
            } else {
                reader.skip()?;
            }
        }
        items.push(item);
    }
    Ok(items)
}

fn read_ids<'x>(reader: &mut Reader<'x>) -> Result<Vec<Cow<'x, str>>, RequestError> {
    let mut ids = Vec::new();
    while let Some(name) = reader.child()? {
        if name.is("item", namespace::PUBSUB) {
            ids.push(reader.attribute("id").ok_or(ServiceError::ItemRequired)?);
        }
        reader.skip()?;
    }
    Ok(ids)
}

fn read_jid(reader: &Reader<'_>) -> Result<Arc<str>, ServiceError> {
    let jid = reader.attribute("jid").ok_or(ServiceError::JidRequired)?;
    address::normalize(&jid).ok_or(ServiceError::InvalidJid)
}
