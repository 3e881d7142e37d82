-- Customers that were entered twice: which one took its place, as its document says.
alter table customer_row add column replaced_by blob;
create index customer_by_replaced on customer_row (replaced_by) where replaced_by is not null;

-- Where each of them leads to in the end; computed from the column above. `customer` of `visit_row`
-- and `order_row` is the one that stays.
create table merged (
    customer blob primary key,
    survivor blob not null
) strict, without rowid;
create index merged_by_survivor on merged (survivor);

-- Customers that look alike and are not the same, as a person said; `one` is the smaller id.
create table told_apart (
    one   blob not null,
    other blob not null,
    by    blob not null,
    at    integer not null,
    primary key (one, other)
) strict, without rowid;
