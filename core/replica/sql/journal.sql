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

create table if not exists entry (
    n     integer primary key,
    hash  blob not null,
    bytes blob not null
) strict;
