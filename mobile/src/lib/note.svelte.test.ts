import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SelfSaving } from "./note.svelte.ts";

const page = Object.assign(new EventTarget(), { hidden: false });
vi.stubGlobal("document", page);

let saved = $state("");
const save = vi.fn<(text: string) => Promise<unknown>>();

function note(): SelfSaving {
  let note: SelfSaving | undefined;
  leave = $effect.root(() => {
    note = new SelfSaving(() => saved, save);
  });
  flushSync();
  if (!note) throw new Error("not made");
  return note;
}

let leave = (): void => undefined;
afterEach(() => leave());

beforeEach(() => {
  vi.useFakeTimers();
  page.hidden = false;
  saved = "before";
  save.mockReset().mockResolvedValue(undefined);
});

describe("SelfSaving", () => {
  it("saves once, a little after typing stops", async () => {
    const it = note();
    for (const text of ["a", "ab", "abc"]) it.type(text);
    expect(it.saved).toBe(false);
    await vi.advanceTimersByTimeAsync(700);
    expect(save.mock.calls).toEqual([["abc"]]);
    expect(it.saved).toBe(true);
  });

  it("follows what others saved, but not under the hands of who types", () => {
    const it = note();
    expect(it.text).toBe("before");
    it.type("mine");
    saved = "theirs";
    flushSync();
    expect(it.text).toBe("mine");
  });

  it("saves when the page is hidden and when it is left", async () => {
    const it = note();
    it.type("a");
    page.hidden = true;
    page.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    it.type("b");
    flushSync();
    leave();
    expect(save.mock.calls).toEqual([["a"], ["b"]]);
  });
});
