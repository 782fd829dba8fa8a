//! pubsub-server
