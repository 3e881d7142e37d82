import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { live, type Changed } from "./live.svelte.ts";

/** Stands in for the browser's: the test says what happens on the line. */
class Line extends EventTarget {
  static readonly CLOSED = 2;
  static last: Line;
  static opened = 0;
  readyState = 0;

  constructor(readonly url: string) {
    super();
    Line.last = this;
    Line.opened += 1;
  }

  close(): void {
    this.readyState = Line.CLOSED;
  }

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  fail(state: number): void {
    this.readyState = state;
    this.dispatchEvent(new Event("error"));
  }

  say(topics: string[], ids: string[]): void {
    this.dispatchEvent(new MessageEvent("changed", { data: JSON.stringify({ topics, ids }) }));
  }
}

let told: string[][];
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Line);
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  told = [];
  Line.opened = 0;
  end = live.on(["orders"], (ids: Changed) => told.push([...ids]));
  live.start();
  Line.last.open();
});

afterEach(() => {
  end();
  live.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("tells a burst once, and only to whom it concerns", () => {
  Line.last.say(["orders"], ["a"]);
  Line.last.say(["visits"], ["v"]);
  Line.last.say(["orders"], ["b"]);
  vi.runAllTimers();
  expect(told).toEqual([["a", "v", "b"]]);
  Line.last.say(["visits"], ["w"]);
  vi.runAllTimers();
  expect(told).toHaveLength(1);
});

it("lets a change that names nothing stand for everything, whatever came with it", () => {
  Line.last.say(["orders"], ["a"]);
  Line.last.say(["orders"], []);
  vi.runAllTimers();
  expect(told).toEqual([[]]);
});

it("says that it is not live, and asks for everything again after the cut", () => {
  Line.last.fail(0);
  expect(live.state).toBe("lost");
  Line.last.open();
  expect([live.state, told]).toEqual(["live", [[]]]);
});

it("opens another line when the browser gave up, waiting longer each time", () => {
  Line.last.fail(Line.CLOSED);
  vi.advanceTimersByTime(1_000);
  expect(Line.opened).toBe(2);
  Line.last.fail(Line.CLOSED);
  vi.advanceTimersByTime(1_000);
  expect(Line.opened).toBe(2);
  vi.advanceTimersByTime(1_000);
  expect(Line.opened).toBe(3);
});
