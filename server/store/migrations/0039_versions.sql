-- Orders that were changed after the signature.

-- Names what counts of it; null: as it was first signed.
alter table order_row add column version blob;
-- Whether two people changed it and both cannot hold.
alter table order_row add column countered integer not null default 0;

-- The version that was judged, and whether it was cancelled.
alter table outcome_row add column version blob;
alter table outcome_row add column cancelled integer not null default 0;
