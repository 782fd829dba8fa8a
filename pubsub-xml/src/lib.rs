//! pubsub-xml
