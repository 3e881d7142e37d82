import { beforeEach, expect, it } from "vitest";
import { ApiError } from "#api/client.ts";
import { drafts } from "./drafts.ts";
import { Form } from "./form.svelte.ts";

let values: Record<string, string>;
const form = () => new Form("customer/1", () => values);

beforeEach(() => {
  drafts.clear();
  values = { name: "海港食品", phone: "1" };
});

it("sends only what was typed", async () => {
  const it = form();
  it.set("phone", "2");
  it.set("name", "x");
  it.set("name", "海港食品");
  let sent = {};
  expect(await it.send(async (changes) => void (sent = changes))).toBe(true);
  expect(sent).toEqual({ phone: "2" });
  expect(it.isChanged).toBe(false);
});

it("keeps what was typed when the values below change and when it is opened again", () => {
  const first = form();
  first.set("phone", "2");
  values = { name: "海港", phone: "3" };
  expect([first.get("phone"), first.get("name")]).toEqual(["2", "海港"]);
  expect(form().get("phone")).toBe("2");
});

it("puts a refusal beside the field it names and keeps the text", async () => {
  const it = form();
  it.set("name", " ");
  expect(await it.send(() => Promise.reject(new ApiError("EMPTY", { field: "name" }, 422)))).toBe(false);
  expect([it.errors["name"]?.code, it.failure, it.get("name")]).toEqual(["EMPTY", undefined, " "]);
});

it("shows any other failure for the whole form", async () => {
  const it = form();
  it.set("phone", "2");
  await it.send(() => Promise.reject(new ApiError("UNREACHABLE")));
  expect([(it.failure as ApiError).code, it.get("phone")]).toEqual(["UNREACHABLE", "2"]);
});

it("says what somebody else wrote into a field that is being typed in, and nowhere else", () => {
  const it = form();
  it.set("phone", "2");
  expect(it.meanwhile("phone")).toBeUndefined();
  values = { name: "海港", phone: "3" };
  expect([it.meanwhile("phone"), it.meanwhile("name")]).toEqual(["3", undefined]);
  it.set("phone", "3");
  expect(it.meanwhile("phone")).toBeUndefined();
});

it("does not keep a password beyond its form", () => {
  form().set("password", "harbour-7");
  expect(form().get("password")).toBe("");
});
