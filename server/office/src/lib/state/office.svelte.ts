import { dayOf, now } from "@roundsman/kit";
import { answer, api } from "#api/client.ts";
import type { Person, Summary, Territory } from "#api/types.ts";
import { live, topics } from "./live.svelte.ts";
import { Resource } from "./resource.svelte.ts";

/** What every screen needs: the figures of the moment, the people, the territories. */
class Office {
  summary = new Resource<Summary>();
  people = new Resource<Person[]>();
  territories = new Resource<Territory[]>();

  /** The day it is in the office, which lists go by; the browser's until it is known. */
  today = $derived(this.summary.value?.today ?? dayOf(now()));

  /** Those who go out. */
  reps = $derived((this.people.value ?? []).filter((it) => it.role === "rep" || it.role === "salesManager"));

  /** Loads, and keeps the figures fresh. Returns the function that ends it. */
  start(): () => void {
    void this.summary.load((signal) => answer(api.GET("/api/summary", { signal })));
    void this.people.load((signal) => answer(api.GET("/api/people", { signal })));
    void this.territories.load((signal) => answer(api.GET("/api/territories", { signal })));
    return live.on(topics, () => void this.summary.refresh());
  }
}

export const office = new Office();
