-- A row of a connected ERP that was refused here comes whole when it comes again.
alter table erp_pulled add column refused integer not null default 0;
