-- The journal file. This schema never changes incompatibly: every later version of the app must be
-- able to open it and deliver what is in it.

create table if not exists meta (
    name  text primary key,
    value blob not null
) strict, without rowid;

-- Entries that were not taken, and whose author has read so.
create table if not exists away (
    n integer primary key
) strict;

-- Journals of the devices that this one goes on for.
create table if not exists former (
    device blob not null,
    n      integer not null,
    hash   blob not null,
    bytes  blob not null,
    primary key (device, n)
) strict, without rowid;

-- What the server decided and signed, kept for 30 days so that a server that was restored from an
-- older backup can be given it back.
create table if not exists outcome (
    item      blob primary key not null,
    bytes     blob not null,
    signature blob not null,
    at        integer not null
) strict;

-- An entry that is safe, judged and older than 30 days keeps its hash only.
create table if not exists entry (
    n     integer primary key,
    hash  blob not null,
    bytes blob not null
) strict;
