//! Reads a transcript into steps. Knows the lines, not what they do.

/// A transcript.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) config: Vec<(String, String)>,
    /// Each with its line.
    pub(super) steps: Vec<(usize, Step)>,
}

#[derive(Debug)]
pub(super) enum Step {
    Connect {
        client: String,
        who: String,
    },
    Send {
        client: String,
        xml: String,
    },
    Receive {
        client: String,
        xml: String,
        is_partial: bool,
    },
    Silence {
        client: String,
    },
    Leave {
        client: String,
    },
}

pub(super) fn read(text: &str) -> Script {
    let mut script = Script::default();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut xml = String::new();
        while let Some((_, block)) = lines.next_if(|(_, line)| line.starts_with(' ')) {
            xml.push_str(block.trim());
            xml.push('\n');
        }
        let xml = xml.trim().to_owned();
        if let Some((name, value)) = line
            .strip_prefix("config ")
            .and_then(|rest| rest.split_once(' '))
        {
            script.config.push((name.to_owned(), value.to_owned()));
            continue;
        }
        let step = if let Some((client, who)) = line
            .strip_prefix("client ")
            .and_then(|rest| rest.split_once(": "))
        {
            Step::Connect {
                client: client.to_owned(),
                who: who.to_owned(),
            }
        } else {
            let (client, action) = line.split_once(' ').unwrap();
            let client = client.to_owned();
            match action {
                "sends:" => Step::Send { client, xml },
                "receives:" => Step::Receive {
                    client,
                    xml,
                    is_partial: false,
                },
                "receives partly:" => Step::Receive {
                    client,
                    xml,
                    is_partial: true,
                },
                "receives nothing" => Step::Silence { client },
                "leaves" => Step::Leave { client },
                other => panic!("line {}: nobody can do {other:?}", index + 1),
            }
        };
        script.steps.push((index + 1, step));
    }
    script
}
