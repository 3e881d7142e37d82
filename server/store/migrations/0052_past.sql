-- What comes from before: orders that a file brought in, and the company's own numbers of its people.

-- 1: from a file; there is no document, and the row says what was ordered.
alter table order_row add column imported integer not null default 0;

-- What the company calls somebody in its files; null: nothing.
alter table person add column code text;

create unique index person_by_code on person (code) where code is not null;

-- JSON: the names of territories that a row names for the first time.
alter table import_row add column makes text not null default '[]';
