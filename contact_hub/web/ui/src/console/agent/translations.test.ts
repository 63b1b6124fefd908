import { beforeEach, describe, expect, test, vi } from "vitest";
import { HubRefusal, Unreachable } from "$shared/http";
import { type Machine, named, Translations } from "./translations.svelte";

const made: Machine = { text: "Hello", source: "de", target: "en", direction: "ltr", engine: "LibreTranslate", confidence: null };

let reader = "en";
const get = vi.fn();
const post = vi.fn();
let translations: Translations;

beforeEach(() => {
  reader = "en";
  get.mockReset().mockResolvedValue({ on: true });
  post.mockReset().mockResolvedValue(made);
  translations = new Translations({ get, post }, () => reader);
});

describe("a translation for the agent", () => {
  test("is offered where the workspace has it and the customer writes another language", async () => {
    expect(translations.offered({ tag: "de", settled: true })).toBe(false);
    await translations.look();
    expect(translations.offered({ tag: "de", settled: true })).toBe(true);
    expect(translations.offered({ tag: "en-GB", settled: true })).toBe(false);
    expect(translations.offered({ tag: "en", settled: false })).toBe(true);
    expect(translations.offered({ tag: null, settled: false })).toBe(true);
  });

  test("is not offered where asking fails", async () => {
    get.mockRejectedValue(new Unreachable("no"));
    await translations.look();
    expect(translations.on).toBe(false);
  });

  test("is asked for once, put away and shown again", async () => {
    const asking = translations.toggle("cnv-1", 3);
    expect(translations.of("cnv-1", 3)).toEqual({ kind: "busy" });
    await translations.toggle("cnv-1", 3);
    await asking;
    expect(translations.of("cnv-1", 3)).toEqual({ kind: "done", made });
    expect(translations.of("cnv-1", 4)).toBeNull();
    await translations.toggle("cnv-1", 3);
    expect(translations.of("cnv-1", 3)).toBeNull();
    await translations.toggle("cnv-1", 3);
    expect(translations.of("cnv-1", 3)).toEqual({ kind: "done", made });
    expect(post).toHaveBeenCalledExactlyOnceWith("/api/conversations/cnv-1/messages/3/translation", { to: "en" });
  });

  test("is another one for another reader", async () => {
    await translations.toggle("cnv-1", 3);
    reader = "fr";
    expect(translations.of("cnv-1", 3)).toBeNull();
    await translations.toggle("cnv-1", 3);
    expect(post).toHaveBeenLastCalledWith("/api/conversations/cnv-1/messages/3/translation", { to: "fr" });
  });

  test("that fails says why and can be asked for again", async () => {
    post.mockRejectedValueOnce(new HubRefusal(504, "translate_late", "The translation took too long.", {}));
    await translations.toggle("cnv-1", 3);
    expect(translations.of("cnv-1", 3)).toEqual({ kind: "failed", sentence: "The translation took too long." });
    await translations.toggle("cnv-1", 3);
    expect(translations.of("cnv-1", 3)?.kind).toBe("done");
  });
});

test("languages are named without their region, and an unknown one not at all", () => {
  expect(named("de-AT", "en")).toBe("German");
  expect(named("zh-Hant-TW", "en")).toMatch(/Chinese/);
  expect(named("und", "en")).toBe("");
});
