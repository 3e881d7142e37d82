-- What a connected ERP calls what we have.
create table erp_link (
    model  text not null,                          -- of the ERP, such as sale.opportunity
    ours   blob not null,
    theirs integer not null,
    primary key (model, ours)
) strict, without rowid;

create unique index erp_link_by_theirs on erp_link (model, theirs);

-- What it said when it was last read, so that what changed there is told from what changed here.
create table erp_pulled (
    kind  text not null,                           -- products, prices, customers
    key   text not null,
    cells text not null,                           -- JSON
    primary key (kind, key)
) strict, without rowid;
