//! What happened to a node since a position, as a whole: for those who do not stay.
//!
//! The same as the beginning of a subscription from there, without the rest.

use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::mpsc;

use super::follower::{Follower, Reader};
use super::subject::Subject;
use super::{Event, SubscribeError};
use crate::outlet::Outlet;
use crate::store::Store;

/// What happened, in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Missed<T> {
    /// The events.
    pub events: Vec<Event<T>>,
    /// Whether these are all. Otherwise what there is now has to be read anew.
    pub is_complete: bool,
}

impl<T: Send + 'static> Missed<T> {
    /// Reads at most `most` events; that there were more is a gap.
    pub(crate) async fn read(
        outlet: Outlet,
        store: Option<Arc<dyn Store>>,
        subject: Subject<T>,
        most: usize,
    ) -> Result<Self, SubscribeError> {
        let (out, mut told) = mpsc::channel(64);
        let reading = Follower::look_back(outlet, store, subject, Reader { out });
        let collecting = async {
            let mut missed = Self {
                events: Vec::new(),
                is_complete: true,
            };
            while let Some(event) = told.recv().await {
                match event {
                    Ok(event) if missed.events.len() < most => missed.events.push(event),
                    // What is no such payload is nothing that could be told.
                    Err(SubscribeError::Decode { .. }) => {}
                    Ok(_) | Err(_) => {
                        missed.is_complete = false;
                        // Nobody reads on.
                        break;
                    }
                }
            }
            drop(told);
            missed
        };
        let (read, missed) = join(reading, collecting).await;
        read.map(|()| missed)
    }
}
