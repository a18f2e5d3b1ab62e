-- Who may use the service: accounts, devices, API keys, sessions and open invitations, one JSON body each. Names stand here
-- and nowhere in the log. Of passwords and secrets only hashes are kept.
CREATE TABLE entry (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
