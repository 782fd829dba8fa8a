//! A message with the bytes that each format makes of it, each made when the first client needs it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::format::Format;
use crate::channel::Message;

#[derive(Debug)]
pub(crate) struct Framed {
    message: Arc<Message>,
    frames: Box<[OnceLock<Bytes>]>,
}

impl Framed {
    /// For so many formats.
    pub(crate) fn new(message: Message, formats: usize) -> Self {
        Self {
            message: Arc::new(message),
            frames: (0..formats).map(|_| OnceLock::new()).collect(),
        }
    }

    pub(crate) fn message(&self) -> &Arc<Message> {
        &self.message
    }

    /// What clients of this format are sent.
    pub(crate) fn bytes(&self, format: &Format) -> Bytes {
        match self.frames.get(format.index()) {
            Some(frame) => frame.get_or_init(|| format.frame(&self.message)).clone(),
            None => format.frame(&self.message),
        }
    }
}
