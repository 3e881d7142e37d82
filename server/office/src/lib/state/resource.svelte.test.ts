import { expect, it, vi } from "vitest";
import { Resource } from "./resource.svelte.ts";

const later = <T>(value: T, ms: number) => new Promise<T>((done) => setTimeout(done, ms, value));

it("keeps what was there until the new answer is", async () => {
  const resource = new Resource<number>();
  await resource.load(async () => 1);
  const second = resource.load(() => later(2, 10));
  expect(resource.value).toBe(1);
  expect(resource.loading).toBe(true);
  await second;
  expect(resource.value).toBe(2);
});

it("drops the answer to an earlier question", async () => {
  const resource = new Resource<string>();
  const first = resource.load(() => later("old", 20));
  await resource.load(() => later("new", 5));
  await first;
  expect(resource.value).toBe("new");
});

it("keeps the value beside the error, and a retry asks the same", async () => {
  const resource = new Resource<number>();
  const ask = vi.fn<() => Promise<number>>().mockResolvedValueOnce(1).mockRejectedValueOnce(new Error("gone")).mockResolvedValueOnce(3);
  await resource.load(ask);
  await resource.refresh();
  expect([resource.value, (resource.error as Error).message]).toEqual([1, "gone"]);
  await resource.refresh();
  expect([resource.value, resource.error]).toEqual([3, undefined]);
});

it("says that it is slow only after a while", async () => {
  vi.useFakeTimers();
  const resource = new Resource<number>();
  const running = resource.load(() => later(1, 500));
  vi.advanceTimersByTime(150);
  expect(resource.slow).toBe(false);
  vi.advanceTimersByTime(100);
  expect(resource.slow).toBe(true);
  vi.advanceTimersByTime(500);
  await running;
  expect(resource.slow).toBe(false);
  vi.useRealTimers();
});
