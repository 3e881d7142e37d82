-- Tables with large rows get a rowid of their own. Without one SQLite keeps whole rows in the index
-- of their key: only a quarter of a page of each fits, the rest goes to pages that hold nothing else,
-- and every comparison of keys on the way to a row reads a row through them.

create table journal_new (
    device       blob not null references device (id),
    n            integer not null,
    hash         blob not null,
    person       blob not null,
    operation    text not null,
    at           integer not null,                 -- by the device's clock
    received_at  integer not null,
    state        text not null,                    -- stored, admitted, quarantined, released, declined, replaced
    code         text,                             -- why it is not admitted
    params       text,                             -- JSON, for its sentence
    subject      text not null default '',         -- what people call what it is about
    decided_by   blob,                             -- who released or declined it
    decided_at   integer,
    note         text not null default '',         -- what they said about it
    clock_off_ms integer,                          -- by how much its time is probably ahead of the true one
    bytes        blob not null,                    -- the entry as signed for, packed
    primary key (device, n)
) strict;
insert into journal_new (device, n, hash, person, operation, at, received_at, state, code, params, subject, decided_by, decided_at, note, clock_off_ms, bytes)
    select device, n, hash, person, operation, at, received_at, state, code, params, subject, decided_by, decided_at, note, clock_off_ms, bytes
    from journal order by received_at, device, n;
drop table journal;
alter table journal_new rename to journal;
create index journal_exceptions on journal (state, received_at) where state not in ('stored', 'admitted');

create table document_new (
    item     blob primary key not null,
    heads    blob not null,                        -- 32 bytes each, sorted
    size     integer not null,                     -- of the snapshot in bytes, unpacked
    snapshot blob not null                         -- packed
) strict;
insert into document_new (item, heads, size, snapshot) select item, heads, length(snapshot), snapshot from document;
drop table document;
alter table document_new rename to document;

create table change_new (
    item   blob not null,
    hash   blob not null,
    device blob not null,
    n      integer not null,
    bytes  blob not null,                          -- packed
    primary key (item, hash)
) strict;
insert into change_new (item, hash, device, n, bytes) select item, hash, device, n, bytes from change;
drop table change;
alter table change_new rename to change;

create table record_new (
    item       blob primary key not null,
    hash       blob not null,                      -- of the record's bytes
    updated_at integer not null,
    signature  blob,
    bytes      blob not null                       -- packed
) strict;
insert into record_new (item, hash, updated_at, signature, bytes) select item, hash, updated_at, signature, bytes from record;
drop table record;
alter table record_new rename to record;

create table customer_row_new (
    id          blob primary key not null,
    name        text not null,
    search      text not null,
    phone       text not null,
    conflicts   integer not null,
    inactive    integer not null,
    replaced_by blob,                              -- the customer that it was merged into
    body        text not null                      -- the typed document, JSON
) strict;
insert into customer_row_new (id, name, search, phone, conflicts, inactive, replaced_by, body)
    select id, name, search, phone, conflicts, inactive, replaced_by, body from customer_row;
drop table customer_row;
alter table customer_row_new rename to customer_row;
create index customer_by_replaced on customer_row (replaced_by) where replaced_by is not null;

create table visit_row_new (
    id             blob primary key not null,
    customer       blob not null,                  -- the one that stays, of merged ones
    recorded_for   blob not null,                  -- the one that it names
    rep            blob not null,
    checked_in_at  integer not null,
    checked_out_at integer,
    outcome        text,
    admitted_at    integer not null default 0,     -- when the last change was admitted
    closed         integer not null default 0,
    search         text not null,
    body           text not null                   -- the typed document, JSON
) strict;
insert into visit_row_new (id, customer, recorded_for, rep, checked_in_at, checked_out_at, outcome, admitted_at, closed, search, body)
    select id, customer, unhex(body ->> '$.begun.customer', '-'), rep, checked_in_at, checked_out_at, outcome, admitted_at, closed, search, body from visit_row;
drop table visit_row;
alter table visit_row_new rename to visit_row;
create index visit_by_customer on visit_row (customer, checked_in_at);
create index visit_by_time on visit_row (checked_in_at);
create index visit_to_close on visit_row (admitted_at) where closed = 0 and checked_out_at is not null;

create table order_row_new (
    id            blob primary key not null,
    customer      blob not null,                   -- the one that stays, of merged ones
    recorded_for  blob not null,                   -- the one that it names
    rep           blob not null,
    device_number text not null,
    placed_at     integer not null,
    arrived_at    integer not null,
    requested_on  integer,
    total_minor   integer not null,
    currency      text not null,
    line_count    integer not null,
    admitted_at   integer not null default 0,      -- when the last change was admitted
    version       blob,                            -- names what counts of it; null: as it was first signed
    cancelled     integer not null default 0,      -- whether a cancellation counts
    countered     integer not null default 0,      -- whether two people changed it and both cannot hold
    imported      integer not null default 0,      -- 1: from a file; there is no document
    search        text not null,
    body          blob not null                    -- the typed document, JSON, packed
) strict;
insert into order_row_new (id, customer, recorded_for, rep, device_number, placed_at, arrived_at, requested_on, total_minor, currency, line_count, admitted_at, version, cancelled, countered, imported, search, body)
    select id, customer, unhex(body ->> '$.customer', '-'), rep, device_number, placed_at, arrived_at, requested_on, total_minor, body ->> '$.total.currency', line_count, admitted_at, version,
           body ->> '$.cancelled' is not null, countered, imported, search, cast(body as blob)
    from order_row order by placed_at;
drop table order_row;
alter table order_row_new rename to order_row;
create index order_by_customer on order_row (customer, placed_at);
create index order_by_time on order_row (placed_at);

-- What refers to a table goes before it, and comes again after.
create table sales_order_new (
    id          blob primary key not null,         -- the order document: one order, one row
    number      text not null unique,
    customer    blob not null,
    outcome     text not null,
    decided_at  integer not null,
    net_minor   integer not null,
    tax_minor   integer not null,
    total_minor integer not null,
    currency    text not null,
    stage       text,                              -- how far a connected ERP got with it, as a code
    body        blob not null                      -- records::SalesOrder, JSON, packed
) strict;
insert into sales_order_new (id, number, customer, outcome, decided_at, net_minor, tax_minor, total_minor, currency, stage, body)
    select id, number, customer, outcome, decided_at, net_minor, tax_minor, total_minor, currency, body ->> '$.progress.stage', cast(body as blob)
    from erp_sales_order order by decided_at;
create table reservation_new (
    sales_order blob not null references sales_order_new (id),
    position    integer not null,                  -- of the line in the order
    line        blob not null,
    warehouse   blob not null,
    product     blob not null,
    quantity    text not null,                     -- base units
    primary key (sales_order, position)
) strict, without rowid;
insert into reservation_new (sales_order, position, line, warehouse, product, quantity)
    select sales_order, position, line, warehouse, product, quantity from erp_reservation;
drop table erp_reservation;
drop table erp_sales_order;
alter table sales_order_new rename to erp_sales_order;
alter table reservation_new rename to erp_reservation;
