-- Journals that went backwards, and who goes on for whom.

-- The highest entry the device ever said it had recorded, and when it last said anything.
alter table device add column reported_n integer not null default 0;
alter table device add column reported_at integer;
-- The device that this one goes on for, after its storage was lost or went back in time.
alter table device add column follows blob references device (id);

create table journal_regress (
    id              integer primary key,
    device          blob not null references device (id),
    at              integer not null,
    presented_n     integer not null,              -- where its journal stood when it came
    held_n          integer not null,              -- what was stored here
    lost            integer not null,              -- entries known to have been recorded and never received
    last_contact_at integer,                       -- when it was last heard before
    successor       blob references device (id)    -- the device that goes on for it
) strict;

create index journal_regress_by_device on journal_regress (device, at);
