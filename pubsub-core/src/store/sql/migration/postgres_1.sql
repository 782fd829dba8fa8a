-- One row: which version this is, and the id of the log.
CREATE TABLE pubsub_store (
    version BIGINT NOT NULL,
    log TEXT NOT NULL
);

-- Which table holds the rows of a model, and with which columns it was made.
CREATE TABLE pubsub_model (
    node TEXT PRIMARY KEY,
    table_name TEXT UNIQUE NOT NULL,
    columns TEXT NOT NULL
);

-- A node and its lane: the number of its last entry, and up to which number they are settled.
CREATE TABLE pubsub_node (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node TEXT UNIQUE NOT NULL,
    last BIGINT NOT NULL DEFAULT 0,
    delivered BIGINT NOT NULL DEFAULT 0,
    owner BIGINT
) WITH (fillfactor = 50);
CREATE INDEX pubsub_node_due ON pubsub_node (id) WHERE delivered < last;
CREATE INDEX pubsub_node_owned ON pubsub_node (owner) WHERE owner IS NOT NULL;

CREATE TABLE pubsub_entry (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node_id BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    item TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT,
    model TEXT,
    origin TEXT,
    payload TEXT,
    created_at BIGINT NOT NULL,
    refusal TEXT,
    UNIQUE (node_id, sequence)
);
CREATE INDEX pubsub_entry_parked ON pubsub_entry (id) WHERE refusal IS NOT NULL;

-- The door for other programs: one INSERT, in a transaction of theirs, is one change that will be told.
CREATE VIEW pubsub_outbox (node, item, kind, action, model, origin, payload) AS
    SELECT n.node, e.item, e.kind, e.action, e.model, e.origin, e.payload
    FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id
    WHERE e.sequence > n.delivered;

CREATE FUNCTION pubsub_outbox_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lane RECORD;
BEGIN
    IF COALESCE(NEW.node, '') = '' OR COALESCE(NEW.item, '') = '' THEN
        RAISE EXCEPTION 'pubsub_outbox: node and item must be given';
    ELSIF octet_length(NEW.node) > 1023 OR octet_length(NEW.item) > 1023 THEN
        RAISE EXCEPTION 'pubsub_outbox: node and item have at most 1023 bytes';
    ELSIF NEW.node || NEW.item ~ '[\u0001-\u001f\u007f-\u009f\ufffe\uffff]' THEN
        RAISE EXCEPTION 'pubsub_outbox: node and item cannot hold control characters, such as a line break';
    ELSIF COALESCE(NEW.kind, 'put') NOT IN ('put', 'raw', 'retract', 'retract-silently') THEN
        RAISE EXCEPTION 'pubsub_outbox: kind must be put, raw, retract or retract-silently';
    ELSIF COALESCE(NEW.kind, 'put') IN ('put', 'raw') AND NEW.payload IS NULL THEN
        RAISE EXCEPTION 'pubsub_outbox: what is put needs a payload';
    ELSIF NEW.action NOT IN ('create', 'update', 'delete') THEN
        RAISE EXCEPTION 'pubsub_outbox: action must be create, update or delete';
    END IF;
    INSERT INTO pubsub_node AS n (node, last) VALUES (NEW.node, 1)
        ON CONFLICT (node) DO UPDATE SET last = n.last + 1
        RETURNING n.id, n.last INTO lane;
    INSERT INTO pubsub_entry (node_id, sequence, item, kind, action, model, origin, payload, created_at)
        VALUES (lane.id, lane.last, NEW.item, COALESCE(NEW.kind, 'put'), NEW.action, NEW.model, NEW.origin, NEW.payload,
            (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT);
    PERFORM pg_notify('pubsub_outbox', '');
    RETURN NEW;
END
$$;

CREATE TRIGGER pubsub_outbox_insert INSTEAD OF INSERT ON pubsub_outbox
    FOR EACH ROW EXECUTE FUNCTION pubsub_outbox_insert();
