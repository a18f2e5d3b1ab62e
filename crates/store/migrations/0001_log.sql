-- The log and what is kept beside it. Plain SQL that PostgreSQL reads as well.

-- One row for each thing that happened; rows are never changed and never removed.
CREATE TABLE event (
    area    BIGINT NOT NULL,
    version BIGINT NOT NULL, -- 1, 2, 3, ... without a gap within an area
    kind    TEXT NOT NULL,
    schema  BIGINT NOT NULL, -- number of the payload's shape within its kind
    at      BIGINT NOT NULL, -- seconds since 1970-01-01T00:00:00Z
    actor   TEXT NOT NULL,
    payload TEXT NOT NULL,   -- JSON, kept byte for byte
    PRIMARY KEY (area, version)
);

-- The answer given to each command, so that a repeated command gets the same answer.
CREATE TABLE receipt (
    area        BIGINT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status      BIGINT NOT NULL,
    reply       TEXT NOT NULL, -- JSON
    at          BIGINT NOT NULL,
    PRIMARY KEY (area, key)
);

-- Who may write an area's log: only the owner that holds the highest epoch.
CREATE TABLE owner (
    area  BIGINT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL
);

-- Personal and master data: the only place where names, addresses and telephone numbers are kept.
CREATE TABLE register (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    body       TEXT NOT NULL, -- JSON
    search     TEXT NOT NULL, -- lower case; what a person may type to find the entry
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
