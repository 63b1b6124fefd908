import { afterEach, beforeEach, expect, test, vi } from "vitest";

let asked: string[];

beforeEach(() => {
  asked = [];
  vi.resetModules();
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return Response.json({ tag: "pt-PT", dir: "ltr", texts: {} });
  });
});

afterEach(() => {
  document.head.innerHTML = "";
  localStorage.clear();
  vi.unstubAllGlobals();
});

async function opened(boot: object | null, wishes: readonly string[] = ["en"]) {
  if (boot) document.head.innerHTML = `<script type="application/json" id="boot">${JSON.stringify(boot)}</script>`;
  vi.stubGlobal("navigator", { languages: wishes });
  return import("./prefs.svelte");
}

const BOOT = { languages: ["en", "it", "pt-BR"], nearest: "pt-BR" };

test("the page says what it can be read in, and begins in what is nearest", async () => {
  const { LANGUAGES, prefs } = await opened(BOOT);
  expect(LANGUAGES).toEqual(["en", "it", "pt-BR"]);
  expect(prefs.language).toBe("pt-BR");
});

test("what somebody chose on this device wins, unless it cannot be read any more", async () => {
  localStorage.setItem("hub.language", "it");
  expect((await opened(BOOT)).prefs.language).toBe("it");
  localStorage.setItem("hub.language", "nl");
  vi.resetModules();
  expect((await opened(BOOT)).prefs.language).toBe("pt-BR");
  localStorage.setItem("hub.language", "en-XA");
  vi.resetModules();
  expect((await opened(BOOT)).prefs.language).toBe("en-XA");
});

test("a page that says nothing is English", async () => {
  expect((await opened(null)).prefs.language).toBe("en");
});

test("the texts are asked for in the reader's own region", async () => {
  const { readIn } = await opened(BOOT, ["pt-PT", "it-CH"]);
  for (const tag of ["pt-BR", "it", "en"]) await readIn(tag);
  expect(asked.map((url) => url.split("/").at(-1))).toEqual(["pt-PT.json", "it-CH.json", "en.json"]);
});
