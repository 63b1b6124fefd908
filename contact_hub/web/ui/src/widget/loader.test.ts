import { beforeEach, expect, it, vi } from "vitest";

const HUB = "https://hub.example";

interface Sdk {
  open(): void;
  close(): void;
  setLanguage(tag: string): void;
  on(name: string, listener: (about: unknown) => void): void;
}

// The frame's page is the hub's business, and there is no hub here.
vi.spyOn(console, "error").mockImplementation(() => undefined);

/** Loads the script into an empty page and hands out what a page cannot reach: its closed root. */
async function load(dataset: Record<string, string> = { brand: "velour", colour: "#7a1f3d" }) {
  const roots = vi.spyOn(Element.prototype, "attachShadow");
  const script = Object.assign(document.createElement("script"), { src: `${HUB}/widget/loader.js` });
  Object.assign(script.dataset, dataset);
  vi.spyOn(document, "currentScript", "get").mockReturnValue(script);
  vi.resetModules();
  await import("./loader");
  const root = roots.mock.results.at(-1)?.value as ShadowRoot;
  const sdk = (window as unknown as { ContactHub: Sdk }).ContactHub;
  return { root, sdk, mode: roots.mock.calls.at(-1)?.[0].mode, button: root.querySelector("button") as HTMLButtonElement };
}

const frameOf = (root: ShadowRoot) => root.querySelector("iframe");

function from(root: ShadowRoot, origin: string, data: unknown): void {
  window.dispatchEvent(new MessageEvent("message", { origin, data, source: frameOf(root)?.contentWindow as Window }));
}

beforeEach(() => {
  for (const host of document.querySelectorAll("contact-hub")) host.remove();
  localStorage.clear();
  delete (window as { ContactHub?: Sdk }).ContactHub;
});

it("shows a launcher in a closed root and asks for nothing until it is wanted", async () => {
  const { root, mode, button } = await load();
  expect(mode).toBe("closed");
  expect(button.ariaLabel).toBe("Chat");
  expect(frameOf(root)).toBeNull();
});

it("opens the frame of its brand on the hub's origin, without a token in the address", async () => {
  const { root, sdk } = await load();
  sdk.open();
  const frame = frameOf(root);
  expect(frame?.src).toMatch(new RegExp(`^${HUB}/widget/frame\\?brand=velour#[a-z-]*$`));
  expect(frame?.hidden).toBe(false);
});

it("hears the hub's frame and nobody else", async () => {
  const { root, sdk, button } = await load();
  const heard: unknown[] = [];
  sdk.on("unread", (n) => heard.push(n));
  sdk.open();
  const face = { label: "2 unread messages", unread: "2", colour: "#123456", ink: "#ffffff", talking: true };
  from(root, "https://evil.example", ["face", face]);
  from(root, "https://evil.example", ["unread", 7]);
  expect(button.ariaLabel).toBe("Chat");
  from(root, HUB, ["face", face]);
  from(root, HUB, ["unread", 2]);
  expect([button.ariaLabel, button.value]).toEqual(["2 unread messages", "2"]);
  expect(heard).toEqual([2]);
  from(root, HUB, ["face", { ...face, unread: "" }]);
  expect(button.hasAttribute("value")).toBe(false);
});

it("loads the frame at once on the next page of a visitor who is talking", async () => {
  const first = await load();
  first.sdk.open();
  from(first.root, HUB, ["face", { label: "Open chat", unread: "", colour: "#123456", ink: "#fff", talking: true }]);
  delete (window as { ContactHub?: Sdk }).ContactHub;
  const next = await load();
  expect(frameOf(next.root)?.hidden).toBe(true);
  expect(next.button.ariaLabel).toBe("Open chat");
});

it("comes up on a page that has no body yet", async () => {
  const { body } = document;
  body.remove();
  const { sdk, root } = await load();
  document.documentElement.append(body);
  sdk.open();
  expect(frameOf(root)?.hidden).toBe(false);
});

it("stands once on a page that includes it twice", async () => {
  await load();
  await load().catch(() => undefined);
  expect(document.querySelectorAll("contact-hub")).toHaveLength(1);
});
