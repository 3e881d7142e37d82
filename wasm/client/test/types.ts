/**
 * Keeps the hand-written types equal to the core's: this file compiles only while every view has
 * the same fields on both sides, and every state the same words. It is checked, never run.
 */

import type * as Core from "../dist/roundsman_wasm.js";
import type * as Client from "../src/types.js";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

declare function same<_ extends true>(): void;

same<Same<keyof Core.AccountView, keyof Client.AccountView>>();
same<Same<keyof Core.AmendView, keyof Client.AmendView>>();
same<Same<keyof Core.Alternative, keyof Client.Alternative>>();
same<Same<keyof Core.AttentionRow, keyof Client.AttentionRow>>();
same<Same<keyof Core.CartLine, keyof Client.CartLine>>();
same<Same<keyof Core.CartLineView, keyof Client.CartLineView>>();
same<Same<keyof Core.CartView, keyof Client.CartView>>();
same<Same<keyof Core.CatalogueRow, keyof Client.CatalogueRow>>();
same<Same<keyof Core.CatchUp, keyof Client.CatchUp>>();
same<Same<keyof Core.ContactView, keyof Client.ContactView>>();
same<Same<keyof Core.CreditView, keyof Client.CreditView>>();
same<Same<keyof Core.CustomerCard, keyof Client.CustomerCard>>();
same<Same<keyof Core.CustomerRow, keyof Client.CustomerRow>>();
same<Same<keyof Core.EntryCopy, keyof Client.EntryCopy>>();
same<Same<keyof Core.FieldView, keyof Client.FieldView>>();
same<Same<keyof Core.HistoryChange, keyof Client.HistoryChange>>();
same<Same<keyof Core.HistoryRow, keyof Client.HistoryRow>>();
same<Same<keyof Core.Input, keyof Client.Input>>();
same<Same<keyof Core.JournalRow, keyof Client.JournalRow>>();
same<Same<keyof Core.JournalView, keyof Client.JournalView>>();
same<Same<keyof Core.LineChange, keyof Client.LineChange>>();
same<Same<keyof Core.LocalName, keyof Client.LocalName>>();
same<Same<keyof Core.LostView, keyof Client.LostView>>();
same<Same<keyof Core.Money, keyof Client.Money>>();
same<Same<keyof Core.OrderDiff, keyof Client.OrderDiff>>();
same<Same<keyof Core.OrderLineView, keyof Client.OrderLineView>>();
same<Same<keyof Core.OrderRow, keyof Client.OrderRow>>();
same<Same<keyof Core.OrderVersionView, keyof Client.OrderVersionView>>();
same<Same<keyof Core.OrderView, keyof Client.OrderView>>();
same<Same<keyof Core.OutcomeView, keyof Client.OutcomeView>>();
same<Same<keyof Core.Pack, keyof Client.Pack>>();
same<Same<keyof Core.Place, keyof Client.Place>>();
same<Same<keyof Core.PriceTrace, keyof Client.PriceTrace>>();
same<Same<keyof Core.Reason, keyof Client.Reason>>();
same<Same<keyof Core.Refusal, keyof Client.Refusal>>();
same<Same<keyof Core.SyncView, keyof Client.SyncView>>();
same<Same<keyof Core.TaxLine, keyof Client.TaxLine>>();
same<Same<keyof Core.TodayFigures, keyof Client.TodayFigures>>();
same<Same<keyof Core.TodayStop, keyof Client.TodayStop>>();
same<Same<keyof Core.TodayView, keyof Client.TodayView>>();
same<Same<keyof Core.TraceStep, keyof Client.TraceStep>>();
same<Same<keyof Core.VerdictView, keyof Client.VerdictView>>();
same<Same<keyof Core.VisitRow, keyof Client.VisitRow>>();
same<Same<keyof Core.VisitView, keyof Client.VisitView>>();
same<Same<keyof Core.WantedLine, keyof Client.WantedLine>>();
same<Same<keyof Core.WantedView, keyof Client.WantedView>>();

same<Same<Core.Connection, Client.Connection>>();
same<Same<Core.OrderState, Client.OrderState>>();
same<Same<Core.Outcome, Client.Outcome>>();
same<Same<Core.Ruling, Client.Ruling>>();
same<Same<Core.SyncState, Client.SyncState>>();
same<Same<Core.VersionState, Client.VersionState>>();
same<Same<Core.VisitOutcome, Client.VisitOutcome>>();
same<Same<Core.Who, Client.Who>>();
same<Same<Core.Request["operation"], Client.Request["operation"]>>();
