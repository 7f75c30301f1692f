-- The inbox of version 0.1.0, which did not count its versions: in a file of its all of this is there.
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    record INTEGER NOT NULL,
    change TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    reason TEXT,
    brake TEXT,
    received INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS event_waiting ON event (state, due, record);
CREATE TABLE IF NOT EXISTS fact (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
    record INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    renewals INTEGER NOT NULL
);
