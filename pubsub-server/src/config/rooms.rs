//! How the rooms of a server are set up, and what bounds them.

/// Who may make rooms, by entering one that does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoomCreation {
    /// Nobody.
    Nobody,
    /// Those who logged in with an account.
    #[default]
    Accounts,
    /// Anonymous users too.
    Everyone,
}

/// Rooms (XEP-0045).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooms {
    /// Whether there are any. Default: yes.
    pub enabled: bool,
    /// Their domain. Default, when empty: `rooms.` and the domain of the server.
    pub domain: String,
    /// Who may make them. Default: accounts.
    pub creation: RoomCreation,
    /// How many there may be. Default: 10,000.
    pub rooms: usize,
    /// How many of them one account may have made. Default: 100.
    pub rooms_per_account: usize,
    /// How many rooms one session may be in. Default: 1,000.
    pub rooms_per_session: usize,
    /// Sessions in one room; its owner may set fewer. Default: 10,000.
    pub occupants: usize,
    /// Messages that a room keeps for newcomers; its owner sets how many, at first 20. Default: 500.
    pub history: usize,
    /// Bytes of them. Default: 256 KiB.
    pub history_bytes: usize,
    /// Affiliations of one room. Default: 10,000.
    pub affiliations: usize,
    /// The longest nickname, in bytes. Default: 128.
    pub nick: usize,
    /// The largest presence, and the largest subject, in bytes. Default: 16 KiB.
    pub presence: usize,
    /// The longest name, description or password of a room, in bytes. Default: 4 KiB.
    pub text: usize,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            enabled: true,
            domain: String::new(),
            creation: RoomCreation::Accounts,
            rooms: 10_000,
            rooms_per_account: 100,
            rooms_per_session: 1_000,
            occupants: 10_000,
            history: 500,
            history_bytes: 256 * 1024,
            affiliations: 10_000,
            nick: 128,
            presence: 16 * 1024,
            text: 4 * 1024,
        }
    }
}
