// The one script a shop's page loads: a launcher, and the frame when it is wanted. It runs under `default-src 'none'` with `script-src` and
// `frame-src` for the hub, and under Trusted Types: no inline style, no markup from strings, no request of its own. Every byte counts here
// (budget: 1 KB compressed), because every page of every shop pays for it.
import css from "./loader.css?inline";
import type { Face, ToFrame, ToPage } from "./bridge";

const { src, dataset } = document.currentScript as HTMLScriptElement;
const hub = new URL(src).origin;
const key = `contact-hub.${dataset.brand}`;
const page = window as unknown as { ContactHub?: object };

if (!page.ContactHub) {
  const make = <T extends HTMLElement>(name: string) => document.createElement(name) as T;
  const host = make("contact-hub");
  const button = make<HTMLButtonElement>("button");
  const frame = make<HTMLIFrameElement>("iframe");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  // What was said before the frame could hear it.
  let early: ToFrame[] | null = [];

  const emit = (name: string, detail?: unknown) => host.dispatchEvent(new CustomEvent(name, { detail }));

  const say = (...message: ToFrame) => (early ? early.push(message) : frame.contentWindow?.postMessage(message, hub));

  const load = () => {
    if (!frame.src) frame.src = `${hub}/widget/frame?brand=${dataset.brand}#${document.documentElement.lang}`;
    root.append(frame);
  };

  const show = (open: boolean) => {
    if (open !== frame.hidden) return;
    frame.hidden = !open;
    button.ariaExpanded = `${open}`;
    if (!frame.src) load();
    say(open ? "show" : "hide");
    (open ? frame : button).focus();
    emit(open ? "open" : "close");
  };

  const paint = (face: Partial<Face>) => {
    button.style.background = face.colour ?? "";
    button.style.color = face.ink ?? "";
    button.ariaLabel = frame.title = face.label ?? "Chat";
    if (face.unread) button.value = `${face.unread}`;
    else button.removeAttribute("value");
    if (face.talking && !frame.src) load();
  };

  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  root.append(button);
  frame.hidden = true;
  frame.referrerPolicy = "origin";
  button.ariaExpanded = "false";
  button.onclick = () => show(frame.hidden);

  addEventListener("message", ({ origin, source, data }: MessageEvent<ToPage>) => {
    if (origin !== hub || source !== frame.contentWindow) return;
    const [what, about, detail] = data;
    if (what === "ready") {
      const waiting = early;
      early = null;
      waiting?.map((message) => say(...message));
    } else if (what === "close") show(false);
    else if (what === "face") {
      paint(about);
      try {
        localStorage[key] = JSON.stringify(about);
      } catch {}
    } else emit(about, detail);
  });

  let face: Partial<Face> = dataset;
  try {
    face = { ...dataset, ...JSON.parse(localStorage[key]) };
  } catch {}
  paint(face);
  document.body.append(host);

  page.ContactHub = {
    open: () => show(true),
    close: () => show(false),
    setLanguage: (tag: string) => say("language", tag),
    setContext: (prefill: object) => say("context", prefill),
    on: (name: string, listener: (detail?: unknown) => void) =>
      host.addEventListener(name, (event) => listener((event as CustomEvent).detail)),
  };
  dispatchEvent(new Event("contacthub"));
}
