-- What devices give back after the database went back in time, and what proves who said what.

-- The server's signature of an outcome, which a device keeps to give it back.
alter table record add column signature blob;
-- The device's signature of where its journal stands.
alter table device add column journal_signature blob;

-- Devices that came back after a restoration.
create table returned (
    epoch      integer not null references epoch (id),
    device     blob not null references device (id),
    came_at    integer not null,
    signed_n   integer not null,                   -- what the server had signed for
    held_n     integer not null,                   -- what it still held
    offered_at integer,                            -- when the device had given back its outcomes
    primary key (epoch, device)
) strict, without rowid;

-- Outcomes that devices gave back: the server signed them before it went back in time.
create table offered (
    item       blob primary key,
    epoch      integer not null references epoch (id),
    bytes      blob not null,
    device     blob not null references device (id),
    offered_at integer not null
) strict, without rowid;

-- Changes that devices hold of others and that may be lost here.
create table beyond (
    epoch  integer not null references epoch (id),
    item   blob not null,
    hash   blob not null,
    device blob not null,                          -- where it was made
    person blob not null,
    at     integer not null,
    primary key (epoch, item, hash)
) strict, without rowid;
