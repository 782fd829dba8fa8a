//! What the service asks of people.
