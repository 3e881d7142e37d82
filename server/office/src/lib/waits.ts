import { fullTime, type IconName } from "@roundsman/kit";
import type { Summary } from "#api/types.ts";
import { m } from "./paraglide/messages.js";
import { paths } from "./paths.ts";

/** Something that waits for somebody in the office, with the way to it. */
export interface Waits {
  icon: IconName;
  count: number;
  label: string;
  hint: string;
  href: string;
}

/** Everything that waits, the most urgent first. */
export function waits(summary: Summary): Waits[] {
  const since = summary.restoredSince ?? 0;
  const all: Waits[] = [
    { icon: "history", count: summary.restoredSince ? 1 : 0, label: m.home_restored({ since: fullTime(since) }), hint: m.home_restored_hint(), href: paths.restoration() },
    { icon: "orders", count: summary.needsOffice, label: m.home_held({ count: summary.needsOffice }), hint: m.home_held_hint(), href: paths.orders({ state: "held" }) },
    { icon: "lock", count: summary.quarantined, label: m.home_quarantined({ count: summary.quarantined }), hint: m.home_quarantined_hint(), href: paths.quarantine({ state: "quarantined" }) },
    { icon: "branch", count: summary.conflicts, label: m.home_conflicts({ count: summary.conflicts }), hint: m.home_conflicts_hint(), href: paths.customers({ conflicts: "true" }) },
  ];
  return all.filter((it) => it.count > 0);
}
