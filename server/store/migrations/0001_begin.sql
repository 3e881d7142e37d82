-- Instants are milliseconds since 1970, UTC. Ids are 16 bytes; items (kind and id) are 17.

-- Who may sign in, and on what.

create table person (
    id            blob primary key,
    login         text not null unique collate nocase,
    name          text not null,
    role          text not null,
    password_hash text not null,
    created_at    integer not null,
    disabled_at   integer
) strict;

create table device (
    id              blob primary key,
    person          blob references person (id),   -- null: a server process
    code            text not null unique,
    public_key      blob not null,
    enrolled_at     integer not null,
    revoked_at      integer,
    last_contact_at integer,
    lease_share     blob not null,
    lease_until     integer not null,
    journal_n       integer not null default 0,    -- every entry up to this is stored
    journal_head    blob not null default x'',     -- hash of that entry
    judged_n        integer not null default 0     -- every entry up to this is admitted or quarantined
) strict;

create index device_by_person on device (person);

create table session (
    token_hash blob primary key,
    kind       text not null,                      -- access, refresh, spent (a refresh that was used), office
    person     blob not null references person (id),
    device     blob references device (id),        -- null: the console
    successor  blob,                               -- of a spent one: the hash of what was given for it
    issued_at  integer not null,
    expires_at integer not null
) strict;

create index session_by_device on session (device) where device is not null;
create index session_by_person on session (person);

create table channel_grant (
    person  blob not null references person (id),
    channel text not null,
    since   integer not null,
    until   integer,
    primary key (person, channel, since)
) strict, without rowid;

create table setting (
    name  text primary key,
    value blob not null
) strict, without rowid;

-- What came up.

create table journal (
    device      blob not null references device (id),
    n           integer not null,
    hash        blob not null,
    person      blob not null,
    operation   text not null,
    at          integer not null,                  -- by the device's clock
    received_at integer not null,
    bytes       blob not null,                     -- the entry as signed for
    state       text not null,                     -- stored, admitted, quarantined, released, declined, replaced
    code        text,                              -- why it is not admitted
    params      text,                              -- JSON, for its sentence
    subject     text not null default '',          -- what people call what it is about
    decided_by  blob,                              -- who released or declined it
    decided_at  integer,
    note        text not null default '',          -- what they said about it
    primary key (device, n)
) strict, without rowid;

create index journal_exceptions on journal (state, received_at) where state not in ('stored', 'admitted');

-- Quarantined entries that wait for another one of the same journal.
create table resting (
    device blob not null,
    base   integer not null,
    n      integer not null,
    primary key (device, base, n)
) strict, without rowid;

-- The operation that made each change of a document, for its history.
create table document_entry (
    item   blob not null,
    device blob not null,
    n      integer not null,
    primary key (item, device, n)
) strict, without rowid;

-- What was admitted.

create table document (
    item     blob primary key,
    heads    blob not null,                        -- 32 bytes each, sorted
    snapshot blob not null
) strict, without rowid;

create table change (
    item  blob not null,
    hash  blob not null,
    bytes blob not null,
    device blob not null,
    n     integer not null,
    primary key (item, hash)
) strict, without rowid;

create table record (
    item       blob primary key,
    bytes      blob not null,
    hash       blob not null,
    updated_at integer not null
) strict, without rowid;

-- What goes down.

create table channel (
    id     integer primary key,
    name   text not null unique,
    epoch  blob not null,
    seq    integer not null default 0,
    items  integer not null default 0,
    digest blob not null
) strict;

-- What is in a channel now. One commit has one number in each channel it touches.
create table membership (
    channel integer not null references channel (id),
    item    blob not null,
    entered integer not null,                      -- the commit in which it came
    seq     integer not null,                      -- the commit in which it last changed
    element blob not null,                         -- its part of the channel's digest
    primary key (channel, item)
) strict, without rowid;

create index membership_by_seq on membership (channel, seq);
create index membership_by_item on membership (item);

-- What left a channel, for devices that still have it.
create table departure (
    channel integer not null references channel (id),
    item    blob not null,
    seq     integer not null,
    primary key (channel, item)
) strict, without rowid;

create index departure_by_seq on departure (channel, seq);
create index departure_by_item on departure (item);

-- Which changes each commit brought to a document in a channel.
create table feed (
    channel integer not null references channel (id),
    seq     integer not null,
    item    blob not null,
    change  blob not null,
    primary key (channel, item, seq, change)
) strict, without rowid;

-- Read model: projected from documents, and always possible to rebuild.

create table customer_row (
    id        blob primary key,
    name      text not null,
    search    text not null,
    phone     text not null,
    conflicts integer not null,
    inactive  integer not null,
    body      text not null                        -- the typed document, JSON
) strict, without rowid;

create table visit_row (
    id             blob primary key,
    customer       blob not null,
    rep            blob not null,
    checked_in_at  integer not null,
    checked_out_at integer,
    outcome        text,
    search         text not null,
    body           text not null
) strict, without rowid;

create index visit_by_customer on visit_row (customer, checked_in_at);
create index visit_by_time on visit_row (checked_in_at);

create table order_row (
    id            blob primary key,
    customer      blob not null,
    rep           blob not null,
    device_number text not null,
    placed_at     integer not null,
    arrived_at    integer not null,
    requested_on  integer,
    total_minor   integer not null,
    line_count    integer not null,
    search        text not null,
    body          text not null
) strict, without rowid;

create index order_by_customer on order_row (customer, placed_at);
create index order_by_time on order_row (placed_at);

-- Projected from sales_order records, whichever ERP decided.
create table outcome_row (
    id         blob primary key,                   -- the order document
    number     text not null,
    outcome    text not null,
    decided_at integer not null,
    search     text not null
) strict, without rowid;

-- Towards the ERP: what has to be decided or posted, once.

create table outbox (
    id         integer primary key,
    item       blob not null,                      -- the order document
    transition text not null,                      -- submit
    state      text not null default 'waiting',    -- waiting, done
    attempts   integer not null default 0,
    next_at    integer not null default 0,         -- not tried again before
    last_error text,
    created_at integer not null,
    done_at    integer,
    unique (item, transition)
) strict;

create index outbox_waiting on outbox (id) where state = 'waiting';

-- The embedded ERP.

create table erp_product (
    id       blob primary key,
    code     text not null unique,
    name_zh  text not null,
    name_en  text not null,
    category_zh text not null,
    category_en text not null,
    unit     text not null,
    packs    text not null,                        -- JSON
    tax_rate text not null,
    barcode  text not null,
    active   integer not null,
    search   text not null
) strict, without rowid;

create table erp_price_list (
    id           blob primary key,
    name_zh      text not null,
    name_en      text not null,
    currency     text not null,
    tax_included integer not null
) strict, without rowid;

create table erp_price (
    list         blob not null references erp_price_list (id),
    product      blob not null references erp_product (id),
    breaks       text not null,                    -- JSON
    discount_max text not null,
    since        integer not null,
    primary key (list, product)
) strict, without rowid;

create table erp_warehouse (
    id      blob primary key,
    name_zh text not null,
    name_en text not null,
    stock_published_at integer not null default 0
) strict, without rowid;

create table erp_stock (
    warehouse blob not null references erp_warehouse (id),
    product   blob not null references erp_product (id),
    on_hand   text not null,
    reserved  text not null,
    dirty     integer not null default 0,          -- changed since it was last published
    primary key (warehouse, product)
) strict, without rowid;

create index erp_stock_dirty on erp_stock (warehouse) where dirty = 1;

create table erp_territory (
    id      blob primary key,
    name_zh text not null,
    name_en text not null
) strict, without rowid;

create table erp_customer (
    id           blob primary key,
    code         text not null unique,
    price_list   blob not null,
    warehouse    blob not null,
    credit_limit integer,                          -- minor units; null: no limit
    balance      integer not null,
    overdue      integer not null,
    uninvoiced   integer not null,
    blocked      integer not null,
    territory    blob not null,
    account_manager blob not null,
    visit_every_days integer not null
) strict, without rowid;

create table erp_sales_order (
    id         blob primary key,                   -- the order document: one order, one row
    number     text not null unique,
    customer   blob not null,
    outcome    text not null,
    decided_at integer not null,
    net_minor  integer not null,
    tax_minor  integer not null,
    total_minor integer not null,
    currency   text not null,
    body       text not null                       -- records::SalesOrder, JSON
) strict, without rowid;

create table erp_reservation (
    sales_order blob not null references erp_sales_order (id),
    position  integer not null,                    -- of the line in the order
    line      blob not null,
    warehouse blob not null,
    product   blob not null,
    quantity  text not null,                       -- base units
    primary key (sales_order, position)
) strict, without rowid;

create table erp_number (
    series text primary key,
    next   integer not null
) strict, without rowid;
