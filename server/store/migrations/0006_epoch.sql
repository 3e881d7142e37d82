-- The server's epochs. Each one but the first begins because the database went back in time:
-- what devices know of channels is of another history then. All channels carry the last one.
create table epoch (
    id         integer primary key,
    bytes      blob not null unique,               -- 16, random
    begun_at   integer not null,
    since      integer,                            -- the time the database went back to; null: the first
    noticed_by blob                                -- the device whose receipt showed it; null: announced
) strict;

alter table channel drop column epoch;
