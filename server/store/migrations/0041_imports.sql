-- What was brought in from files. A run can be gone on with after a crash, and taken back as a whole.
create table import_run (
    id          blob primary key,
    kind        text not null,                     -- customers, contacts, products, prices, stock
    file_name   text not null,
    content     blob not null,                     -- the file as it came
    settings    text not null,                     -- JSON: which column is what, and what holds where none says it
    state       text not null,                     -- uploaded, checking, checked, running, done, undoing, undone, failed
    failure     text,                              -- why it stopped
    row_count   integer not null,
    row_done    integer not null default 0,        -- of what is going on now
    by_person   blob not null references person (id),
    created_at  integer not null,
    finished_at integer
) strict, without rowid;

create index import_run_by_time on import_run (created_at);

create table import_row (
    run     blob not null references import_run (id),
    n       integer not null,                      -- in the file, as a spreadsheet counts it
    item    blob,                                  -- the document or record it is about
    outcome text not null,                         -- created, changed, same, refused, twin
    applied integer not null,                      -- 0: only looked at
    faults  text not null,                         -- JSON
    twin    text,                                  -- JSON: what it is probably the same as
    writes  text not null,                         -- JSON: what was there before, and what was written
    kept    integer not null default 0,            -- undone, but for what somebody changed since
    primary key (run, n)
) strict, without rowid;

create index import_row_by_item on import_row (item);
