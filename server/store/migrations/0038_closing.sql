-- Visits and orders that nothing but a new document can follow leave their channels; a summary is
-- there in their place.

-- When the last change was admitted.
alter table visit_row add column admitted_at integer not null default 0;
alter table order_row add column admitted_at integer not null default 0;

update visit_row set admitted_at = coalesce(
    (select max(j.received_at) from document_entry e join journal j on j.device = e.device and j.n = e.n
     where e.item = cast(x'02' || visit_row.id as blob)), 0);
update order_row set admitted_at = arrived_at;

alter table visit_row add column closed integer not null default 0;
alter table outcome_row add column closed integer not null default 0;

create index visit_to_close on visit_row (admitted_at) where closed = 0 and checked_out_at is not null;
create index outcome_to_close on outcome_row (outcome, decided_at) where closed = 0;
