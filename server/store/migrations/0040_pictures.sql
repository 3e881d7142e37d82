-- What a product looks like: a shape and a colour, from which the apps draw it.

alter table erp_product add column picture text not null default 'null'; -- records::Picture, JSON
