//! `pubsub schema`: what the items of nodes look like, in another language, as the nodes themselves tell it.

use std::io::Write as _;

use clap::Args;
use pubsub_core::schema::{Outline, RowWriter, json_schema_of, typescript_of, xsd_of};
use pubsub_core::{NodeName, PubSub};

use crate::Failure;
use crate::target::Target;

/// What `schema` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The nodes [default: all that say what their items look like]
    nodes: Vec<NodeName>,
    /// A field that a list API shows as the address of another resource, and so as a text [can be repeated]
    #[arg(long, value_name = "FIELD", conflicts_with = "xsd")]
    link: Vec<String>,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    target: Target,
}

/// In which language; TypeScript, if nothing is said.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Language {
    /// As types of TypeScript, of rows in JSON; the default
    #[arg(long)]
    typescript: bool,
    /// As JSON Schema, of rows in JSON
    #[arg(long)]
    json_schema: bool,
    /// As XML Schema, of payloads
    #[arg(long)]
    xsd: bool,
}

impl Language {
    fn tell(&self, models: &[Outline]) -> Result<String, Failure> {
        if self.json_schema {
            return Ok(json_schema_of(models));
        }
        if !self.xsd {
            return Ok(typescript_of(models));
        }
        let documents = xsd_of(models);
        let namespaces: Vec<_> = documents.keys().map(String::as_str).collect();
        match documents.values().next() {
            Some(document) if documents.len() == 1 => Ok(document.clone()),
            _ => Err(format!(
                "a document of XML Schema describes one namespace, and these nodes have {}: {}; name nodes of one",
                namespaces.len(),
                namespaces.join(", ")
            )
            .into()),
        }
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let pubsub = arguments.target.connect().await?;
    let models = match arguments.nodes.as_slice() {
        [] => all(&pubsub).await?,
        nodes => named(&pubsub, nodes).await?,
    };
    let models = linked(models, &arguments.link)?;
    let text = arguments.language.tell(&models)?;
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(pubsub.shutdown().await?)
}

/// The same with texts in the place of these fields, in whichever model has them.
fn linked(models: Vec<Outline>, links: &[String]) -> Result<Vec<Outline>, Failure> {
    for link in links {
        if !models.iter().any(|model| model.member(link).is_some()) {
            return Err(
                format!("none of these nodes has a field `{link}` that could be a link").into(),
            );
        }
    }
    let shown = models.into_iter().map(|model| {
        let mut own = links.iter().filter(|link| model.member(link).is_some());
        let writer = own.try_fold(RowWriter::new(model.clone()), |writer, link| {
            writer.with_link(link, "/")
        });
        Ok(writer.map_err(|error| error.to_string())?.shown())
    });
    shown.collect()
}

/// The outlines of these nodes, each once, sorted as those of a program are.
async fn named(pubsub: &PubSub, nodes: &[NodeName]) -> Result<Vec<Outline>, Failure> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes.dedup();
    let mut models = Vec::new();
    for node in &nodes {
        let outline = pubsub.outline(node).await?;
        models.push(outline.ok_or_else(|| {
            format!("node {node} does not say what its items look like; it does once a program that links its model has saved something with an account that owns the node")
        })?);
    }
    Ok(models)
}

/// The outlines of all nodes that have one.
async fn all(pubsub: &PubSub) -> Result<Vec<Outline>, Failure> {
    let mut nodes = pubsub.nodes().await?;
    nodes.sort_unstable();
    nodes.dedup();
    let mut models = Vec::new();
    for node in &nodes {
        match pubsub.outline(node).await {
            Ok(outline) => models.extend(outline),
            // A node that is closed to us, or gone by now, is none of ours.
            Err(error) => eprintln!("pubsub: {error}"),
        }
    }
    if models.is_empty() {
        return Err("no node of the service says what its items look like; a node does once a program that links its model has saved something".into());
    }
    Ok(models)
}
