import { tick, untrack } from "svelte";
import { beforeNavigate } from "$app/navigation";
import { app } from "#lib/app.svelte.ts";

const views = new Map<string, object>();

/** How a person searched, sorted and scrolled a list, kept while the app is open, so that going back finds it as it was. */
export function kept<T extends object>(list: string, first: T): T & Place {
  const name = `${app.session?.person ?? ""} ${list}`;
  const found = views.get(name) as (T & Place) | undefined;
  if (found) return found;
  const view = $state({ ...first, top: 0, pages: 1 });
  views.set(name, view);
  return view;
}

interface Place {
  top: number;
  pages: number;
}

/** Goes back to where the list was when it was left, once its rows are there. */
export function keepPlace(view: Place, list: { first: unknown; count: number }): void {
  let back = false;
  beforeNavigate(() => {
    view.top = scrollY;
    view.pages = Math.max(1, list.count);
  });
  $effect(() => {
    if (back || list.count < untrack(() => view.pages)) return;
    back = true;
    const top = untrack(() => view.top);
    if (top) void tick().then(() => scrollTo(0, top));
  });
}
