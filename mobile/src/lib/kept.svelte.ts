const views = new Map<string, object>();

/** How a list was searched and sorted, kept while the app is open, so that going back finds it as it was. */
export function kept<T extends object>(name: string, first: T): T {
  const found = views.get(name) as T | undefined;
  if (found) return found;
  const view = $state(first);
  views.set(name, view);
  return view;
}
