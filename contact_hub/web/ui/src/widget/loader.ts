// The one script a shop's page loads: a launcher, and the frame when it is wanted. It runs under `default-src 'none'` with `script-src` and
// `frame-src` for the hub, and under Trusted Types: no inline style, no markup from strings, no request of its own. Every byte counts here
// (budget: 1 KB compressed), because every page of every shop pays for it.
import css from "./loader.css?inline";
import type { Face, Said, ToPage } from "./bridge";

const { src, dataset } = document.currentScript as HTMLScriptElement;
const hub = new URL(src).origin;
const page = window as unknown as { ContactHub?: object };
const make = <T extends HTMLElement>(name: string) => document.createElement(name) as T;

if (!page.ContactHub) {
  const host = make("contact-hub");
  const button = make<HTMLButtonElement>("button");
  const frame = make<HTMLIFrameElement>("iframe");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  // The last of everything said, because most is said before the frame is there to hear it.
  const said: Said = { show: false };
  let listening: Window | null;

  const say = (what: keyof Said, about: unknown) => {
    said[what] = about as never;
    listening?.postMessage([what, about], hub);
  };

  const load = () => {
    if (frame.src) return;
    frame.src = `${hub}/widget/frame?brand=${dataset.brand}#${document.documentElement.lang}`;
    root.append(frame);
  };

  const show = (open: boolean) => {
    frame.hidden = !open;
    button.ariaExpanded = `${open}`;
    say("show", open);
    if (open) load();
    (open ? frame : button).focus();
  };

  /** Looks as told, or as last told on this site, or as the script's tag says. */
  const paint = (face?: Partial<Face>) => {
    try {
      localStorage[hub] = JSON.stringify((face ??= JSON.parse(localStorage[hub])));
    } catch {}
    face = { label: "Chat", ...dataset, ...face };
    button.style.background = face.colour!;
    button.style.color = face.ink!;
    button.ariaLabel = frame.title = face.label!;
    button.toggleAttribute("value", !!(button.value = face.unread!));
    if (face.talking) load();
  };

  /** By the word of the frame's message: our own ears first, then the page's. */
  const heard: Record<string, (about: never) => void> = { face: paint, show };

  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  root.append(button);
  frame.hidden = true;
  frame.onload = () => {
    listening = frame.contentWindow;
    for (const what in said) say(what as keyof Said, said[what as keyof Said]);
  };
  button.onclick = () => show(frame.hidden);

  addEventListener("message", ({ origin, source, data }: MessageEvent<ToPage>) => {
    if (origin === hub && source === frame.contentWindow) heard[data[0]]?.(data[1] as never);
  });

  paint();
  // Not into the body: a script from the cache may run before there is one.
  document.documentElement.append(host);

  page.ContactHub = {
    open: () => show(true),
    close: () => show(false),
    setLanguage: (tag: string) => say("language", tag),
    setContext: (prefill: object) => say("context", prefill),
    on: (name: string, listener: (about: never) => void) => (heard[name] = listener),
  };
}
