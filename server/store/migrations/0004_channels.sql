-- Who sees what, and since when: customers that moved, people who left, devices to be wiped.

-- Whose a customer was: what was recorded before it moved counts for whoever had it then.
create table assigned (
    customer        blob not null,
    since           integer not null,              -- 0: from its beginning
    until           integer,                       -- null: now
    territory       blob not null,
    account_manager blob not null,
    primary key (customer, since)
) strict, without rowid;

insert into assigned (customer, since, until, territory, account_manager)
select id, 0, null, territory, account_manager from erp_customer;

alter table device add column wipe_ordered_at integer;
alter table device add column wiped_at integer;

-- Nothing more is expected of a person who left: why, when a device was still missing.
alter table person add column closed_at integer;
alter table person add column closed_note text not null default '';
