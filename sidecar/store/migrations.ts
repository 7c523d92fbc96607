/** Each entry takes the database from version N to N + 1 (`PRAGMA user_version`). Never edit one that was released. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    key TEXT PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL,
    label TEXT,
    category TEXT,
    icon TEXT,
    color TEXT,
    model TEXT,
    title TEXT,
    preview TEXT,
    archived_at INTEGER,
    pinned_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_input_at INTEGER,
    last_read_at INTEGER,
    unread INTEGER NOT NULL DEFAULT 0,
    status TEXT,
    last_run_id TEXT,
    last_error TEXT,
    run_started_at INTEGER,
    run_ended_at INTEGER,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    total_tokens INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX sessions_label ON sessions (label) WHERE label IS NOT NULL;
  CREATE INDEX sessions_updated ON sessions (updated_at DESC, key);

  CREATE TABLE messages (
    session_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    run_id TEXT,
    role TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    session_key TEXT NOT NULL,
    session_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status TEXT NOT NULL,
    partial TEXT NOT NULL DEFAULT '',
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    error TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_open ON runs (status) WHERE status = 'running';
  CREATE INDEX runs_session ON runs (session_key);

  CREATE TABLE devices (
    device_id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    display_name TEXT,
    platform TEXT NOT NULL,
    device_family TEXT,
    client_id TEXT NOT NULL,
    client_mode TEXT NOT NULL,
    roles TEXT NOT NULL,
    scopes TEXT NOT NULL,
    remote_ip TEXT,
    approved_via TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    approved_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE device_tokens (
    device_id TEXT NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (device_id, role)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pairing_requests (
    request_id TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    display_name TEXT,
    platform TEXT NOT NULL,
    device_family TEXT,
    client_id TEXT NOT NULL,
    client_mode TEXT NOT NULL,
    role TEXT NOT NULL,
    scopes TEXT NOT NULL,
    remote_ip TEXT,
    is_repair INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pairing_requests_device ON pairing_requests (device_id);
  `,
  `
  ALTER TABLE devices ADD COLUMN label TEXT;

  CREATE TABLE nodes (
    node_id TEXT PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    label TEXT,
    display_name TEXT,
    platform TEXT NOT NULL,
    device_family TEXT,
    version TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_mode TEXT NOT NULL,
    approved_caps TEXT NOT NULL,
    approved_commands TEXT NOT NULL,
    approved_at INTEGER,
    request_id TEXT UNIQUE,
    pending_caps TEXT NOT NULL,
    pending_commands TEXT NOT NULL,
    requested_at INTEGER,
    created_at INTEGER NOT NULL,
    connected_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage_days (
    day TEXT PRIMARY KEY,
    runs INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE sessions ADD COLUMN summary TEXT;
  ALTER TABLE sessions ADD COLUMN summary_seq INTEGER;

  CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
