-- The main file. Everything here can be rebuilt from the journal and the server, so a new version
-- of the app may drop it and begin again. Tables with large rows have a rowid: without one SQLite keeps
-- whole rows in the index of their key, and reads them through to compare keys.

create table if not exists meta (
    name  text primary key,
    value blob not null
) strict, without rowid;

-- What the server has admitted.
create table if not exists document (
    item blob primary key not null,
    base blob not null
) strict;

-- Documents from before the server went back in time: people still see them, and no change from the server builds on them.
create table if not exists outdated (
    item blob primary key
) strict, without rowid;

-- The device's own changes that it has not admitted.
create table if not exists pending (
    item  blob not null,
    n     integer not null,
    hash  blob not null,
    bytes blob not null,
    primary key (item, n)
) strict;

create index if not exists pending_by_entry on pending (n);

create table if not exists record (
    item  blob primary key not null,
    bytes blob not null
) strict;

create table if not exists channel (
    name   text primary key,
    epoch  blob not null,
    seq    integer not null,
    digest blob not null,
    head   integer not null,
    items  integer not null,
    part   blob                               -- where the hub goes on inside the next commit
) strict, without rowid;

-- Channels of which not everything is here: pages are on their way, or the digests differ.
create table if not exists catching_up (
    channel text primary key
) strict, without rowid;

create table if not exists membership (
    channel text not null,
    item    blob not null,
    element blob not null,
    primary key (channel, item)
) strict, without rowid;

create index if not exists membership_by_item on membership (item);

-- Documents that somebody wanted to see and that are in no channel.
create table if not exists fetched (
    item blob primary key not null,
    at   integer not null,
    base blob not null
) strict;

-- The device's operations in plain words.
create table if not exists operation (
    n         integer primary key,
    name      text not null,
    at        integer not null,
    subject   text not null,
    state     text not null default 'open',   -- open, quarantined, released, declined, replaced
    code      text not null default '',
    note      text not null default '',       -- what the office wrote
    dropped   integer not null default 0,     -- could not be recorded again after another was declined
    away      integer not null default 0      -- its author has read what became of it
) strict;

create table if not exists operation_item (
    item blob not null,
    n    integer not null,
    primary key (item, n)
) strict, without rowid;

-- The read model.

create table if not exists customer (
    id        blob primary key not null,
    sort_name text not null,
    search    text not null,
    conflicts integer not null,
    active    integer not null,
    replaced_by blob,                         -- the customer that it was merged into
    body      text not null
) strict;

-- A search goes through all customers: through this, and not through all of every row.
create index if not exists customer_searched on customer (sort_name, active, search, id);
create index if not exists customer_by_replaced on customer (replaced_by) where replaced_by is not null;

-- Customers that were merged, each with the one that stays in the end; computed from the column
-- above. `customer` of visits, carts and orders is the one that stays, `recorded_for` the one that
-- they name.
create table if not exists merged (
    customer blob primary key,
    survivor blob not null
) strict, without rowid;

create table if not exists account (
    customer blob primary key,
    balance  integer not null,
    overdue  integer not null
) strict, without rowid;

create table if not exists assignment (
    customer blob primary key,
    manager  blob not null,
    every    integer not null
) strict, without rowid;

create table if not exists visit (
    id       blob primary key not null,
    customer blob not null,
    recorded_for blob not null,
    rep      blob not null,
    begun    integer not null,
    finished integer,
    body     text not null
) strict;

create index if not exists visit_by_customer on visit (customer, begun);
create index if not exists visit_by_time on visit (begun);

create table if not exists cart (
    id       blob primary key not null,
    customer blob not null,
    recorded_for blob not null,
    open     integer not null,
    body     text not null
) strict;

create index if not exists cart_by_customer on cart (customer, open);

-- An order is read from its document, or from the summary that stands for it.
create table if not exists sales_order (
    id           blob primary key not null,
    customer     blob not null,
    recorded_for blob not null,
    rep          blob not null,
    placed       integer not null,
    total        integer not null,
    currency     text not null,
    version      blob,                        -- names what counts; null: as it was first signed
    countered    integer not null,            -- two people changed it and both cannot hold
    cancelled    integer not null,            -- a cancellation counts, decided or not
    state        text not null,
    search       text not null,
    number       text not null                -- the company's, as it is searched; empty before the decision
) strict;

create index if not exists order_by_customer on sales_order (customer, placed);
create index if not exists order_by_time on sales_order (placed);

create table if not exists product (
    id       blob primary key,
    code     text not null,
    shelf    text not null,
    search   text not null,
    active   integer not null
) strict, without rowid;
