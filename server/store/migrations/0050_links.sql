-- What a connected ERP calls what we have.
create table erp_link (
    model  text not null,                          -- of the ERP, such as sale.opportunity
    ours   blob not null,
    theirs integer not null,
    primary key (model, ours)
) strict, without rowid;

create unique index erp_link_by_theirs on erp_link (model, theirs);
