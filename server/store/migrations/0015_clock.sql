-- By how many milliseconds the time of an entry is probably ahead of the true one (negative:
-- behind); null when nothing is suspicious.
alter table journal add column clock_off_ms integer;
