-- An index for each question, counts that cost nothing to ask for, and what retention needs.

-- What is due, longest first.
CREATE INDEX IF NOT EXISTS event_due ON event (due, id, record) WHERE state = 'pending';
-- The events of a record.
CREATE INDEX event_record ON event (record, state);
-- The newest and the oldest in a state.
CREATE INDEX event_state ON event (state);
DROP INDEX event_waiting;

-- Where an event stands for a person: StoredEvent::stands.
ALTER TABLE event ADD COLUMN stands TEXT GENERATED ALWAYS AS
    (CASE WHEN state = 'done' AND reason IS NOT NULL THEN 'reported' ELSE state END) VIRTUAL;
CREATE TABLE tally (stands TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO tally VALUES ('pending', 0), ('done', 0), ('reported', 0), ('ignored', 0), ('parked', 0);
UPDATE tally SET events = counted.events
    FROM (SELECT stands, count(*) AS events FROM event GROUP BY stands) AS counted WHERE counted.stands = tally.stands;
CREATE TRIGGER event_came AFTER INSERT ON event BEGIN
    UPDATE tally SET events = events + 1 WHERE stands = NEW.stands;
END;
CREATE TRIGGER event_went AFTER DELETE ON event BEGIN
    UPDATE tally SET events = events - 1 WHERE stands = OLD.stands;
END;
CREATE TRIGGER event_settled AFTER UPDATE OF state, reason ON event WHEN NEW.stands <> OLD.stands BEGIN
    UPDATE tally SET events = events - 1 WHERE stands = OLD.stands;
    UPDATE tally SET events = events + 1 WHERE stands = NEW.stands;
END;

-- The keys of events that are not kept any more.
CREATE TABLE spent (key TEXT PRIMARY KEY, received INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX spent_received ON spent (received);

-- When a fact was stored last; of those that are there, no later than now.
ALTER TABLE fact ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
UPDATE fact SET stored = unixepoch();
CREATE INDEX fact_stored ON fact (kind, stored);

CREATE INDEX lease_owner ON lease (owner);
