//! In what the databases differ.

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite,
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Dialect {
    /// Begins a transaction that is going to write.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            // A transaction that writes only later is refused when somebody else was quicker.
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "BEGIN IMMEDIATE",
            #[cfg(feature = "postgres")]
            Self::Postgres => "BEGIN",
        }
    }

    /// Ends a transaction, and tells other processes where the database does that.
    pub(crate) const fn commit(self, has_news: bool) -> &'static str {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres if has_news => "NOTIFY pubsub_outbox; COMMIT",
            _ => {
                let _ = has_news;
                "COMMIT"
            }
        }
    }

    /// Keeps others from changing the tables until the end of the transaction.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(clippy::unnecessary_wraps, reason = "SQLite needs no such statement")
    )]
    pub(crate) const fn alone(self) -> Option<&'static str> {
        match self {
            // Who writes is alone.
            #[cfg(feature = "sqlite")]
            Self::Sqlite => None,
            // The number is that of this library.
            #[cfg(feature = "postgres")]
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(8101713404960060)"),
        }
    }

    /// Finds a table of this name that statements without a schema would use.
    pub(crate) const fn has_table(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "SELECT 1 FROM sqlite_schema WHERE name = ",
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relname = "
            }
        }
    }

    /// The first two columns of a table of rows.
    pub(crate) const fn row_columns(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => {
                "pubsub_row INTEGER PRIMARY KEY, pubsub_item TEXT UNIQUE NOT NULL, pubsub_payload TEXT NOT NULL"
            }
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                "pubsub_row BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pubsub_item TEXT COLLATE \"C\" UNIQUE NOT NULL, pubsub_payload TEXT NOT NULL"
            }
        }
    }

    /// Reads lanes in an order that is the same for everybody, so that nobody waits in a circle, and keeps them as they are until the end of
    /// the transaction.
    pub(crate) const fn lanes_for_update(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "",
            #[cfg(feature = "postgres")]
            Self::Postgres => " ORDER BY node COLLATE \"C\" FOR UPDATE",
        }
    }

    /// The same, but leaves out what others hold, where writers do not have the whole database to themselves.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(clippy::unnecessary_wraps, reason = "SQLite needs no such statement")
    )]
    pub(crate) const fn free_lanes_for_update(self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => None,
            #[cfg(feature = "postgres")]
            Self::Postgres => Some(" ORDER BY node COLLATE \"C\" FOR UPDATE SKIP LOCKED"),
        }
    }

    /// Whether a database that cannot be reached is somewhere else and may be back in a moment.
    pub(crate) const fn comes_back(self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => false,
            #[cfg(feature = "postgres")]
            Self::Postgres => true,
        }
    }

    /// Keeps rows that are read as they are until the end of the transaction, where that is not so by itself.
    pub(crate) const fn for_update(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "",
            #[cfg(feature = "postgres")]
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// The most rows that one statement writes.
    pub(crate) const fn most_rows(self) -> usize {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => 128,
            #[cfg(feature = "postgres")]
            Self::Postgres => 128,
        }
    }
}
