-- When the day of a price began, and the prices that held before and are to come, as JSON.
alter table erp_price add column begins integer not null default 0;
alter table erp_price add column others text not null default '[]';
