-- Another token each time that a lease is taken anew: a late writer is refused.
ALTER TABLE lease ADD COLUMN token INTEGER NOT NULL DEFAULT 0;
