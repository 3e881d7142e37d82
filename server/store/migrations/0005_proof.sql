-- What a device held and the server did not, or the other way round. It should never happen.
create table divergence (
    id        integer primary key,
    device    blob not null references device (id),
    channel   text not null,
    found_at  integer not null,
    items     integer not null default 0,          -- put right
    state     text not null,                       -- begun, repaired, startedOver
    mended_at integer
) strict;

create index divergence_by_device on divergence (device, channel) where state = 'begun';
create index divergence_by_time on divergence (found_at);
