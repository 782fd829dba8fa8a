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

/// The most rows that one statement writes or looks for.
pub(crate) const MOST_ROWS: usize = 128;

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

    /// Keeps others from changing the tables until the end of the transaction.
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
                "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = "
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

    /// Keeps rows that are read as they are until the end of the transaction, where that is not so by itself.
    pub(crate) const fn for_update(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "",
            #[cfg(feature = "postgres")]
            Self::Postgres => " FOR UPDATE",
        }
    }
}
