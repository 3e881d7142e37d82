import type { components } from "./schema.gen.ts";

type Schemas = components["schemas"];

export type AccountView = Schemas["AccountView"];
export type ContactView = Schemas["ContactView"];
export type CustomerCard = Schemas["CustomerCard"];
export type CustomerRow = Schemas["CustomerRow"];
export type ExceptionState = Schemas["ExceptionState"];
export type FieldView = Schemas["FieldView"];
export type HistoryRow = Schemas["HistoryRow"];
export type LocalName = Schemas["LocalName"];
export type Me = Schemas["Me"];
export type OfficeProductRow = Schemas["OfficeProductRow"];
export type OrderLineView = Schemas["OrderLineView"];
export type OrderRow = Schemas["OrderRow"];
export type OrderState = Schemas["OrderState"];
export type OrderView = Schemas["OrderView"];
export type OutcomeView = Schemas["OutcomeView"];
export type Person = Schemas["Person"];
export type QuarantineRow = Schemas["QuarantineRow"];
export type Reason = Schemas["Reason"];
export type Refusal = Schemas["Refusal"];
export type Summary = Schemas["Summary"];
export type Territory = Schemas["Territory"];
export type VisitOutcome = Schemas["VisitOutcome"];
export type VisitRow = Schemas["VisitRow"];
export type VisitView = Schemas["VisitView"];
