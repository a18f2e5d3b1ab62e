-- What is to be told to people outside, and what became of it. Ids and times only: names, texts and addresses are looked
-- up in the register when something is sent, so an erasure there is an erasure here.

-- Up to where the log has been turned into deliveries.
CREATE TABLE position (
    area    BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

CREATE TABLE delivery (
    number   INTEGER PRIMARY KEY, -- in the order of the log
    area     BIGINT NOT NULL,
    key      TEXT NOT NULL,       -- the event's number and the place within it; sent along, so a receiver knows a repetition
    adapter  TEXT NOT NULL,
    version  BIGINT NOT NULL,     -- of the event it comes from
    listener TEXT NOT NULL,       -- id of who is told
    notice   TEXT,                -- id of the notice that is given with it
    about    TEXT NOT NULL,       -- JSON: what is told, as ids and times
    state    TEXT NOT NULL,       -- waiting, sent, delivered, moot, failed
    attempts BIGINT NOT NULL,
    reason   TEXT,                -- a code; never the words of the other side, which may name a person
    at       BIGINT NOT NULL,     -- of the last change
    UNIQUE (area, key, adapter)
);

-- What is still to be done, found without reading all that is done.
CREATE INDEX open_delivery ON delivery (area, adapter, number) WHERE state IN ('waiting', 'sent');
