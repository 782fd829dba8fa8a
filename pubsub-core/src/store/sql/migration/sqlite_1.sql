-- One row: which version this is, and the id of the log.
CREATE TABLE pubsub_store (
    version INTEGER NOT NULL,
    log TEXT NOT NULL
);

-- Which table holds the rows of a model, and with which columns it was made.
CREATE TABLE pubsub_model (
    node TEXT PRIMARY KEY NOT NULL,
    table_name TEXT UNIQUE NOT NULL,
    columns TEXT NOT NULL
);

-- A node and its lane: the number of its last entry, and up to which number they are settled.
CREATE TABLE pubsub_node (
    id INTEGER PRIMARY KEY,
    node TEXT UNIQUE NOT NULL,
    last INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    owner INTEGER
);
CREATE INDEX pubsub_node_due ON pubsub_node (id) WHERE delivered < last;

CREATE TABLE pubsub_entry (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    item TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT,
    model TEXT,
    origin TEXT,
    payload TEXT,
    created_at INTEGER NOT NULL,
    refusal TEXT,
    UNIQUE (node_id, sequence)
);
CREATE INDEX pubsub_entry_parked ON pubsub_entry (id) WHERE refusal IS NOT NULL;

-- The door for other programs: one INSERT, in a transaction of theirs, is one change that will be told.
CREATE VIEW pubsub_outbox (node, item, kind, action, model, origin, payload) AS
    SELECT n.node, e.item, e.kind, e.action, e.model, e.origin, e.payload
    FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id
    WHERE e.sequence > n.delivered;

CREATE TRIGGER pubsub_outbox_insert INSTEAD OF INSERT ON pubsub_outbox
BEGIN
    SELECT RAISE(ABORT, 'pubsub_outbox: node and item must be given')
        WHERE COALESCE(NEW.node, '') = '' OR COALESCE(NEW.item, '') = '';
    SELECT RAISE(ABORT, 'pubsub_outbox: every column must be text; a blob or a number cannot be told')
        WHERE typeof(NEW.node) <> 'text' OR typeof(NEW.item) NOT IN ('text', 'integer') OR typeof(NEW.payload) NOT IN ('text', 'null')
            OR typeof(NEW.model) NOT IN ('text', 'null') OR typeof(NEW.origin) NOT IN ('text', 'integer', 'null');
    SELECT RAISE(ABORT, 'pubsub_outbox: node and item have at most 1023 bytes')
        WHERE length(CAST(NEW.node AS BLOB)) > 1023 OR length(CAST(NEW.item AS BLOB)) > 1023;
    SELECT RAISE(ABORT, 'pubsub_outbox: node and item cannot hold control characters, such as a line break')
        WHERE instr(CAST(NEW.node AS BLOB), x'00') > 0 OR instr(CAST(NEW.item AS BLOB), x'00') > 0
            OR NEW.node GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || char(65534) || char(65535) || ']*'
            OR NEW.item GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || char(65534) || char(65535) || ']*';
    SELECT RAISE(ABORT, 'pubsub_outbox: kind must be put, raw, retract or retract-silently')
        WHERE COALESCE(NEW.kind, 'put') NOT IN ('put', 'raw', 'retract', 'retract-silently');
    SELECT RAISE(ABORT, 'pubsub_outbox: what is put needs a payload')
        WHERE COALESCE(NEW.kind, 'put') IN ('put', 'raw') AND NEW.payload IS NULL;
    SELECT RAISE(ABORT, 'pubsub_outbox: action must be create, update or delete')
        WHERE NEW.action NOT IN ('create', 'update', 'delete');
    INSERT INTO pubsub_node (node, last) VALUES (NEW.node, 1)
        ON CONFLICT (node) DO UPDATE SET last = last + 1;
    INSERT INTO pubsub_entry (node_id, sequence, item, kind, action, model, origin, payload, created_at)
        SELECT id, last, NEW.item, COALESCE(NEW.kind, 'put'), NEW.action, NEW.model, NEW.origin, NEW.payload,
            CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
        FROM pubsub_node WHERE node = NEW.node;
END;
