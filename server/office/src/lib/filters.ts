import type { DeviceState, ExceptionState, OrderState, VisitOutcome } from "#api/types.ts";

/** Rows on a page of a list. */
export const PAGE_SIZE = 50;

/** What one filter may say: any text, a day, or one of a few codes. */
type Rule = "text" | "day" | readonly string[];

/** A list: what it can be filtered and sorted by. The first sort is the one it has on its own. */
export interface ListSpec {
  filters: Record<string, Rule>;
  sorts: readonly [string, ...string[]];
}

/** The whole state of a list, as its address has it. An empty text is a filter that is not set. */
export type ListState<S extends ListSpec> = Record<keyof S["filters"] | "search" | "sort" | "open", string> & { page: number };

/** What a link names; the rest is as the list has it on its own. */
export type Address<S extends ListSpec> = Partial<ListState<S>>;

export const orderStates = ["waiting", "accepted", "acceptedWithChange", "held", "countered", "declined", "cancelled"] as const satisfies readonly OrderState[];
export const visitOutcomes = ["ordered", "noNeed", "closed", "absent", "later"] as const satisfies readonly VisitOutcome[];
export const exceptionStates = ["quarantined", "released", "declined", "replaced"] as const satisfies readonly ExceptionState[];
export const deviceStates = ["active", "revoked", "wipeOrdered", "wiped"] as const satisfies readonly DeviceState[];

export const orders = {
  filters: { state: orderStates, rep: "text", customer: "text", from: "day", to: "day" },
  sorts: ["-placedAt", "placedAt", "deviceNumber", "customerName", "requestedOn", "total", "state"],
} as const satisfies ListSpec;

export const visits = {
  filters: { outcome: visitOutcomes, rep: "text", customer: "text", from: "day", to: "day" },
  sorts: ["-checkedInAt", "checkedInAt", "customerName", "repName", "outcome"],
} as const satisfies ListSpec;

export const customers = {
  filters: { territory: "text", manager: "text", conflicts: ["true"] },
  sorts: ["name", "-lastOrderAt", "-lastVisitAt", "-balance", "-overdue"],
} as const satisfies ListSpec;

export const products = {
  filters: {},
  sorts: ["code", "name", "available"],
} as const satisfies ListSpec;

export const quarantine = {
  filters: { state: exceptionStates },
  sorts: ["-receivedAt", "receivedAt", "personName"],
} as const satisfies ListSpec;

export const devices = {
  filters: { state: deviceStates, person: "text" },
  sorts: ["-lastContactAt", "lastContactAt", "code", "personName", "-stored", "-waiting", "-enrolledAt"],
} as const satisfies ListSpec;

export const people = {
  filters: {},
  sorts: ["name"],
} as const satisfies ListSpec;

/** Reads a list's state from its address; what cannot be understood counts as not said. */
export function read<S extends ListSpec>(spec: S, params: Pick<URLSearchParams, "get">): ListState<S> {
  const state: Record<string, string | number> = { search: "", open: params.get("open") ?? "", sort: spec.sorts[0], page: 1 };
  for (const [name, rule] of Object.entries(spec.filters)) {
    const value = params.get(name) ?? "";
    state[name] = allows(rule, value) ? value : "";
  }
  state["search"] = params.get("search") ?? "";
  const sort = params.get("sort") ?? "";
  if (spec.sorts.some((it) => column(it) === column(sort))) state["sort"] = sort;
  const page = Number(params.get("page"));
  if (Number.isInteger(page) && page > 1) state["page"] = page;
  return state as ListState<S>;
}

/** Writes what differs from the list as it is on its own, always in one order, so that equal states have equal links. */
export function write<S extends ListSpec>(spec: S, address: Address<S>): string {
  const said: Record<string, string | number | undefined> = { ...address };
  const params = new URLSearchParams();
  for (const name of ["search", ...Object.keys(spec.filters), "sort", "page", "open"]) {
    const value = said[name];
    const usual = name === "sort" ? spec.sorts[0] : name === "page" ? 1 : "";
    if (value !== undefined && value !== "" && value !== usual) params.set(name, String(value));
  }
  const text = params.toString();
  return text && `?${text}`;
}

/** What the API is asked for: the filters that are set, the sort and the page. */
export function query<S extends ListSpec>(spec: S, state: ListState<S>): Record<string, string | number> {
  const said: Record<string, string | number> = state;
  const asked: Record<string, string | number> = { sort: state.sort, limit: PAGE_SIZE, offset: (state.page - 1) * PAGE_SIZE };
  for (const name of ["search", ...Object.keys(spec.filters)]) {
    const value = said[name];
    if (value) asked[name] = value;
  }
  return asked;
}

/** Whether anything narrows the list. */
export function isNarrowed<S extends ListSpec>(spec: S, state: ListState<S>): boolean {
  const said: Record<string, string | number> = state;
  return ["search", ...Object.keys(spec.filters)].some((name) => said[name] !== "");
}

/** A sort without its direction. */
export const column = (sort: string): string => sort.replace(/^-/, "");

/** The other direction when the list is sorted by this column already, else the direction `first`. */
export function nextSort(current: string, first: string): string {
  if (column(current) !== column(first)) return first;
  return current.startsWith("-") ? column(current) : `-${current}`;
}

function allows(rule: Rule, value: string): boolean {
  if (value === "" || rule === "text") return true;
  if (rule === "day") return /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
  return rule.includes(value);
}
