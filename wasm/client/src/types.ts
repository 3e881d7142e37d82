/** The values that cross between the core and the page. Ids, decimals and days are text; a time is milliseconds since 1970. */

type Maybe<T> = T | null | undefined;

export interface Money {
  minor: number;
  currency: string;
}

export interface LocalName {
  zh: string;
  en: string;
}

export interface Pack {
  code: string;
  factor: string;
}

export interface PriceBreak {
  /** Base units on the line from which it holds. */
  from: string;
  unitPrice: Money;
}

export type Outcome = "accepted" | "acceptedWithChange" | "held" | "countered" | "declined";
export type OrderState = "waiting" | Outcome | "cancelled";
export type Who = "nobody" | "rep" | "office";
export type SyncState = "savedHere" | "safeAtOffice" | "confirmed" | "needsYou" | "needsOffice";
export type Connection = "offline" | "connecting" | "online" | "refused";
export type VisitOutcome = "ordered" | "noNeed" | "closed" | "absent" | "later";
export type CustomerField = "name" | "phone" | "address" | "tax_id" | "payment_terms" | "hours" | "note";

export interface Refusal {
  code: string;
  params: Record<string, string>;
}

export interface Input {
  name: string;
  value: string;
  asOf: Maybe<number>;
}

export interface Reason {
  code: string;
  params: Record<string, string>;
  rule: string;
  inputs: Input[];
  fixes: string[];
  who: Who;
}

export interface Place {
  latitude: number;
  longitude: number;
  accuracyM?: Maybe<number>;
}

export interface CustomerRow {
  id: string;
  code: string;
  name: string;
  address: string;
  phone: string;
  territory: Maybe<string>;
  territoryName: Maybe<LocalName>;
  accountManager: Maybe<string>;
  accountManagerName: string;
  place: Maybe<Place>;
  balance: Maybe<Money>;
  overdue: Maybe<Money>;
  lastOrderAt: Maybe<number>;
  lastOrderTotal: Maybe<Money>;
  lastVisitAt: Maybe<number>;
  visitEveryDays: Maybe<number>;
  dueInDays: Maybe<number>;
  conflicts: number;
  inactive: boolean;
  /** The customer that stays, when this one was entered twice. */
  mergedInto: Maybe<string>;
  sync: SyncState;
}

export interface Alternative {
  value: string;
  at: number;
  by: string;
  byName: string;
  device: string;
}

export interface FieldView {
  field: string;
  value: string;
  alternatives: Alternative[];
}

export interface ContactView {
  id: string;
  name: string;
  role: string;
  phone: string;
  email: string;
}

export interface AccountView {
  priceList: LocalName;
  creditLimit: Maybe<Money>;
  balance: Money;
  overdue: Money;
  blocked: boolean;
  asOf: number;
}

export interface MergedCustomer {
  id: string;
  name: string;
  code: string;
}

export interface CustomerCard {
  row: CustomerRow;
  fields: FieldView[];
  contacts: ContactView[];
  account: Maybe<AccountView>;
  orders: OrderRow[];
  visits: VisitRow[];
  openVisit: Maybe<string>;
  cart: Maybe<string>;
  cartLines: number;
  merged: MergedCustomer[];
}

export interface VisitRow {
  id: string;
  customer: string;
  customerName: string;
  rep: string;
  repName: string;
  checkedInAt: number;
  checkedOutAt: Maybe<number>;
  outcome: Maybe<VisitOutcome>;
  note: string;
  sync: SyncState;
}

export interface VisitView {
  row: VisitRow;
  place: Maybe<Place>;
  distanceM: Maybe<number>;
  clockOffMs: Maybe<number>;
}

export interface TraceStep {
  code: string;
  detail: string;
  amount: Money;
}

export interface PriceTrace {
  list: Maybe<string>;
  listName: Maybe<LocalName>;
  steps: TraceStep[];
}

export interface TaxLine {
  rate: string;
  net: Money;
  tax: Money;
}

export interface CartLineView {
  id: string;
  product: string;
  code: string;
  name: LocalName;
  picture: Maybe<Picture>;
  unit: string;
  packs: Pack[];
  pack: string;
  quantity: string;
  discount: string;
  discountMax: string;
  unitPrice: Maybe<Money>;
  /** What one base unit costs from which quantity on. */
  breaks: PriceBreak[];
  net: Money;
  tax: Money;
  total: Money;
  available: Maybe<string>;
  stockAsOf: Maybe<number>;
  short: boolean;
  price: PriceTrace;
  problems: Reason[];
}

/** A product's picture as apps draw it. */
export interface Picture {
  shape: string;
  colour: string;
}

/** A price that begins on a day to come; `since` is a day, `2026-12-01`. */
export interface NextPrice {
  since: string;
  unitPrice: Money;
}

export interface CatalogueRow {
  id: string;
  code: string;
  name: LocalName;
  picture: Maybe<Picture>;
  category: LocalName;
  unit: string;
  packs: Pack[];
  unitPrice: Maybe<Money>;
  taxRate: string;
  taxIncluded: boolean;
  hasBreaks: boolean;
  nextPrice: Maybe<NextPrice>;
  available: Maybe<string>;
  stockAsOf: Maybe<number>;
  inCart: Maybe<CartLineView>;
  lastQuantity: Maybe<string>;
  lastPack: Maybe<string>;
}

export interface CreditView {
  limit: Maybe<Money>;
  balance: Money;
  uninvoiced: Money;
  thisOrder: Money;
  exposure: Money;
  over: Maybe<Money>;
  overdue: Money;
  asOf: number;
}

export interface CartView {
  id: string;
  customer: string;
  customerName: string;
  lines: CartLineView[];
  net: Money;
  taxes: TaxLine[];
  total: Money;
  credit: Maybe<CreditView>;
  requestedOn: Maybe<string>;
  note: string;
  warnings: Reason[];
  problems: Reason[];
}

/** What a customer usually orders, and what it ordered last. */
export interface UsualView {
  /** How many orders were looked at. */
  orders: number;
  basket: UsualLine[];
  last: Maybe<LastOrder>;
}

export interface UsualLine {
  product: string;
  name: LocalName;
  picture: Maybe<Picture>;
  pack: string;
  quantity: string;
  /** In how many of the orders it was. */
  times: number;
  /** What puts it into the cart; none when there is as much already. */
  put: Maybe<CartPut>;
}

export interface LastOrder {
  order: string;
  lineCount: number;
  puts: CartPut[];
  /** Names of what this customer cannot order any more. */
  leftOut: LocalName[];
}

/** Arguments of `cart.set_line`. */
export interface CartPut {
  product: string;
  pack: string;
  quantity: string;
  discount?: string;
}

export interface OrderRow {
  id: string;
  deviceNumber: string;
  number: Maybe<string>;
  customer: string;
  customerName: string;
  rep: string;
  repName: string;
  placedAt: number;
  arrivedAt: Maybe<number>;
  requestedOn: Maybe<string>;
  total: Money;
  lineCount: number;
  shortLines: number;
  state: OrderState;
  versions: number;
  reasons: string[];
  sync: SyncState;
}

export interface OrderLineView {
  id: string;
  product: string;
  code: string;
  name: LocalName;
  picture: Maybe<Picture>;
  pack: string;
  quantity: string;
  unitPrice: Money;
  discount: string;
  net: Money;
  tax: Money;
  reserved: Maybe<string>;
  short: Maybe<string>;
  price: PriceTrace;
}

export interface OutcomeView {
  outcome: Outcome;
  reasons: Reason[];
  decidedAt: number;
  promisedOn: Maybe<string>;
  verdict: Maybe<VerdictView>;
  progress: Maybe<Progress>;
}

export type Stage = "confirmed" | "partlyShipped" | "shipped" | "invoiced" | "paid" | "cancelled";

export interface Progress {
  number: string;
  stage: Stage;
  seenAt: number;
}

export type Ruling = "release" | "decline" | "counter";

export interface VerdictView {
  ruling: Ruling;
  by: string;
  byName: string;
  note: string;
  at: number;
}

export type VersionState = "stands" | "joined" | "replaced" | "countered";

export interface OrderVersionView {
  number: number;
  by: string;
  byName: string;
  at: number;
  state: VersionState;
  cancels: boolean;
  signed: boolean;
  reason: string;
  total: Maybe<Money>;
  changes: OrderDiff;
}

export interface OrderDiff {
  lines: LineChange[];
  head: HistoryChange[];
}

export interface LineChange {
  code: string;
  name: LocalName;
  from: Maybe<WantedView>;
  to: Maybe<WantedView>;
}

export interface WantedView {
  pack: string;
  quantity: string;
  discount: string;
}

/** One line of a submitted order as it is wanted now; without `line` it is a new one. */
export interface WantedLine {
  line?: string;
  product: string;
  pack: string;
  quantity: string;
  discount: string;
}

export interface AmendView {
  lines: CartLineView[];
  before: Money;
  total: Money;
  changes: OrderDiff;
  warnings: Reason[];
  problems: Reason[];
}

export interface OrderView {
  row: OrderRow;
  lines: OrderLineView[];
  net: Money;
  taxes: TaxLine[];
  note: string;
  /** Who took it in place of the rep, in the office. */
  takenByName: Maybe<string>;
  outcome: Maybe<OutcomeView>;
  /** Newest first; empty while there is only the signed one. */
  versions: OrderVersionView[];
  clockOffMs: Maybe<number>;
}

export interface HistoryChange {
  field: string;
  from: string;
  to: string;
}

export interface HistoryRow {
  at: number;
  receivedAt: Maybe<number>;
  person: string;
  personName: string;
  device: string;
  operation: string;
  changes: HistoryChange[];
}

export interface CatchUp {
  done: number;
  total: number;
  /** In the order in which they come. */
  channels: ChannelProgress[];
  bytes: number;
}

export interface ChannelProgress {
  kind: string;
  done: number;
  total: number;
  complete: boolean;
}

export interface JournalView {
  entries: number;
  safeUpto: number;
  safeAt: Maybe<number>;
  waiting: number;
}

export interface JournalRow {
  n: number;
  operation: string;
  at: number;
  subject: string;
  state: SyncState;
  refusal: Maybe<Refusal>;
}

export interface AttentionRow {
  kind: string;
  subject: string;
  customer: Maybe<string>;
  order: Maybe<string>;
  /** Number of the rep's own entry that was not taken; `entry` asks for its copy. */
  entry: Maybe<number>;
  who: SyncState;
  refusal: Refusal;
  at: number;
}

/** What a phone lost when its storage did. */
export interface LostView {
  entries: number;
  setAside: number;
  since: Maybe<number>;
}

/** One's own copy of an operation, kept when it was not taken. */
export interface EntryCopy {
  n: number;
  operation: string;
  at: number;
  subject: string;
  state: SyncState;
  refusal: Maybe<Refusal>;
  fields: HistoryChange[];
}

export interface SyncView {
  connection: Connection;
  refusal: Maybe<Refusal>;
  lastContact: Maybe<number>;
  clockOffMs: Maybe<number>;
  journal: JournalView;
  catchUp: Maybe<CatchUp>;
  trouble: Maybe<Refusal>;
  stalls: number;
  repairs: number;
  persisted: Maybe<boolean>;
  lost: Maybe<LostView>;
  attention: AttentionRow[];
  recent: JournalRow[];
}

export interface TodayStop {
  customer: CustomerRow;
  reason: string;
  visit: Maybe<VisitRow>;
}

export interface TodayFigures {
  visited: number;
  planned: number;
  orders: number;
  orderTotal: Money;
}

export interface TodayView {
  day: string;
  figures: TodayFigures;
  next: Maybe<CustomerRow>;
  stops: TodayStop[];
}

/** Who is signed in on this device. */
export interface Session {
  person: string;
  name: string;
  role: string;
  deviceCode: string;
  server: string;
}

export interface Page {
  limit?: number;
  offset?: number;
}

export interface Rows<T> {
  total: number;
  rows: T[];
}

export type CustomerSort = "name" | "due" | "lastVisit" | "balance" | "lastOrder";

/** Every query: what it takes and what it gives. */
export interface Queries {
  today: { args: { day: string }; result: TodayView };
  customers: { args: { search?: string; sort?: CustomerSort } & Page; result: Rows<CustomerRow> };
  customer: { args: { id: string }; result: CustomerCard | null };
  customerHistory: { args: { id: string }; result: HistoryRow[] };
  visits: { args: { customer?: string } & Page; result: Rows<VisitRow> };
  visit: { args: { id: string }; result: VisitView | null };
  catalogue: { args: { customer: string; search?: string; category?: string } & Page; result: Rows<CatalogueRow> & { categories: LocalName[] } };
  cart: { args: { customer: string }; result: CartView | null };
  usual: { args: { customer: string }; result: UsualView };
  quote: { args: { customer: string; lines: CartLine[] }; result: CartView };
  orders: { args: { search?: string; state?: OrderState; customer?: string } & Page; result: Rows<OrderRow> };
  order: { args: { id: string }; result: OrderView | null };
  /**
   * Null as long as it is closed and was not fetched, empty when the office has nothing more of it;
   * the same for `visitHistory`.
   */
  orderHistory: { args: { id: string }; result: HistoryRow[] | null };
  visitHistory: { args: { id: string }; result: HistoryRow[] | null };
  amendment: { args: { order: string; lines: WantedLine[]; requestedOn?: string; note?: string }; result: AmendView | null };
  entry: { args: { n: number }; result: EntryCopy | null };
}

/** What the office may close: this device then keeps a summary of it. */
export type Closed = "visit" | "order";

/** Every operation a person can record. */
export type Request =
  | { operation: "customer.create"; fields: Partial<Record<CustomerField, string>>; place?: Place }
  | { operation: "customer.edit"; customer: string; fields: Partial<Record<CustomerField, string>> }
  | { operation: "customer.choose"; customer: string; field: string; value: string }
  | { operation: "customer.save_contact"; customer: string; contact?: string; name: string; role: string; phone: string; email: string }
  | { operation: "customer.remove_contact"; customer: string; contact: string }
  | { operation: "customer.set_active"; customer: string; active: boolean }
  | { operation: "visit.check_in"; customer: string; place?: Place }
  | { operation: "visit.note"; visit: string; note?: string; outcome?: VisitOutcome }
  | { operation: "visit.check_out"; visit: string; outcome: VisitOutcome; note?: string }
  | { operation: "cart.set_line"; customer: string; product: string; pack: string; quantity: string; discount?: string }
  | { operation: "cart.details"; customer: string; requestedOn?: string; note?: string }
  | { operation: "cart.discard"; customer: string }
  | { operation: "order.submit"; customer: string }
  | { operation: "order.amend"; order: string; lines: WantedLine[]; requestedOn?: string; note?: string; signedAgain: boolean }
  | { operation: "order.cancel"; order: string; reason: string };

/** A line of a cart as recorded; `addedAt` decides the order of lines. */
export interface CartLine {
  product: string;
  pack: string;
  quantity: string;
  discount: string;
  addedAt: number;
}

/** What became of an operation: its number in the journal, and the document it made or changed. */
export interface Recorded {
  n: number;
  id: string;
}

/** A value that changes; `subscribe` calls at once and after each change, and gives back how to stop. */
export interface Live<T> {
  readonly value: T;
  subscribe(on: (value: T) => void): () => void;
}

export interface Client {
  readonly session: Live<Session | null>;
  /** When the office had this device wiped; none after the next sign-in. */
  readonly wipedAt: Live<number | null>;
  readonly status: Live<SyncView>;
  /** Rejects with a {@link RoundsmanError}. */
  signIn(login: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  query<N extends keyof Queries>(name: N, args: Queries[N]["args"]): Promise<Queries[N]["result"]>;
  /** Calls `on` now and whenever a row of the answer changes; gives back how to stop. */
  live<N extends keyof Queries>(name: N, args: Queries[N]["args"], on: (result: Queries[N]["result"]) => void): () => void;
  /** Resolves when the operation is durable on this device. */
  run(operation: Request): Promise<Recorded>;
  syncNow(): void;
  /** Asks the office for all of something closed; it is here when queries about it answer again. False without a line. */
  fetch(kind: Closed, id: string): Promise<boolean>;
  /** Takes an entry that was not taken off the list of what needs its author. */
  putAway(n: number): Promise<void>;
  /** Somebody has read what was lost with the phone's storage. */
  forgetLost(): Promise<void>;
  /** Asks the browser to keep the data for good. */
  persist(): Promise<boolean>;
}

export interface OpenOptions {
  server?: string;
}

/** A refusal as an error: a code and what its sentence needs. */
export class RoundsmanError extends Error {
  readonly code: string;
  readonly params: Record<string, string>;

  constructor(code: string, params: Record<string, string> = {}) {
    super(code);
    this.name = "RoundsmanError";
    this.code = code;
    this.params = params;
  }
}
