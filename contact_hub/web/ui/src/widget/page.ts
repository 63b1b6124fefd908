// The frame's end of the talk with the page that holds it. The first word is the page's: its origin, if it is one of the brand's, is the only
// one we ever answer. Opened by itself (a link in a mail, a preview) the frame has no page and says nothing.
import type { Face, Said, ToFrame, ToPage } from "./bridge";

type Ears = { [what in keyof Said]-?: (about: NonNullable<Said[what]>) => void };

export class Page {
  readonly framed = window.parent !== window;
  readonly #sites: readonly string[];
  #origin = "";
  #face: Face | null = null;

  constructor(sites: readonly string[]) {
    this.#sites = sites;
  }

  listen(ears: Ears): void {
    addEventListener("message", ({ origin, source, data }: MessageEvent<ToFrame>) => {
      if (source !== window.parent || !this.framed || !this.#sites.includes(origin) || !Array.isArray(data)) return;
      this.#origin = origin;
      const [what, about] = data;
      if (Object.hasOwn(ears, what)) ears[what](about as never);
      if (this.#face) this.#say(["face", this.#face]);
    });
  }

  wear(face: Face): void {
    if (JSON.stringify(face) === JSON.stringify(this.#face)) return;
    this.#face = face;
    this.#say(["face", face]);
  }

  hide(): void {
    this.#say(["show", false]);
  }

  tell(...event: Extract<ToPage, readonly [string, (number | undefined)?]>): void {
    this.#say(event);
  }

  #say(message: ToPage): void {
    if (this.#origin) window.parent.postMessage(message, this.#origin);
  }
}
