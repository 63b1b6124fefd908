// The frame: header, connection, and one of form, thread with composer, thread with rating.
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { number } from "$shared/format";
import type { BrandFace } from "$shared/protocol.gen";
import type { Prefill } from "./bridge";
import type { Chat, Form } from "./chat";
import { Composer } from "./Composer";
import { FormView } from "./FormView";
import { Language } from "./Language";
import type { Page } from "./page";
import { Rating } from "./Rating";
import { refused, t, texts, tn } from "./texts";
import { Thread } from "./Thread";
import { Transcript } from "./Transcript";

/** A blink of the connection is nobody's business; this much is. */
const SLOW_MS = 2_000;

export function App({ chat, page }: { chat: Chat; page: Page }) {
  const [, draw] = useReducer<number, void>((n) => n + 1, 0);
  const [shown, setShown] = useState(!page.framed);
  const [prefill, setPrefill] = useState<Prefill>({});
  const [fresh, setFresh] = useState(false);
  const main = useRef<HTMLElement>(null);
  const { brand } = chat;
  const slow = useSlow(chat);

  const focus = () => main.current?.querySelector<HTMLElement>("textarea, input, select, button")?.focus();
  const hide = () => page.hide();

  useLayoutEffect(() => {
    chat.watch(() => draw());
    page.listen({ show: setShown, language: (tag) => void chat.choose(tag), context: setPrefill });
    addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }, []);

  useAfterFirst(() => page.tell(shown ? "open" : "close"), [shown]);
  useEffect(() => void (shown && requestAnimationFrame(focus)), [shown, !brand]);
  useLauncher(chat, page, shown);

  if (!brand) {
    if (!chat.trouble) return <div class="wait" aria-busy="true" />;
    return (
      <main class="trouble">
        <p role="alert">{refused(chat.trouble)}</p>
      </main>
    );
  }

  const talking = !fresh && (chat.conversation !== null || chat.bubbles.length > 0);
  const persona = chat.conversation?.state === "open" ? chat.conversation.persona : null;
  const rating = chat.ended && brand.csat !== false && !chat.conversation?.rated;

  const start = (form: Form) => {
    setFresh(false);
    chat.start(form);
    requestAnimationFrame(focus);
  };

  return (
    <div class="frame" ref={(frame) => void (frame && dress(frame, brand))}>
      <header>
        <Mark brand={brand} />
        <h1>
          {brand.name}
          {persona && (
            <small>
              <bdi>{persona.name}</bdi>
            </small>
          )}
        </h1>
        {talking && <Language chat={chat} brand={brand} compact />}
        {page.framed && (
          <button type="button" class="close" aria-label={t("widget.close")} onClick={hide}>
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M6 6l12 12M18 6L6 18" />
            </svg>
          </button>
        )}
      </header>
      <p class="banner" role="status">
        {chat.status.kind === "stopped" && t("widget.error.unavailable")}
        {slow && t(navigator.onLine ? "widget.connection.reconnecting" : "widget.connection.offline")}
      </p>
      <main ref={main}>
        {!chat.known && !slow ? (
          <div class="wait" aria-busy="true" />
        ) : !talking ? (
          <FormView chat={chat} brand={brand} prefill={prefill} start={start} />
        ) : (
          <>
            <Thread chat={chat} brand={brand} shown={shown} />
            {chat.refusal && (
              <p class="foot wrong" role="alert">
                {refused(chat.refusal)}
              </p>
            )}
            {chat.mailable && (
              <div class="foot">
                <Transcript chat={chat} known={`${prefill.email ?? ""}`} />
              </div>
            )}
            {!chat.ended ? (
              <Composer chat={chat} />
            ) : rating ? (
              <Rating chat={chat} brand={brand} />
            ) : (
              <div class="foot rating">
                {chat.thanked && <p role="status">{t("widget.csat.thanks")}</p>}
                <button type="button" class="primary wide" onClick={() => setFresh(true)}>
                  {t("widget.new_conversation")}
                </button>
              </div>
            )}
          </>
        )}
      </main>
    </div>
  );
}

/** The brand's mark: one path in a box of 24 by 24, or its initials. */
function Mark({ brand }: { brand: BrandFace }) {
  return (
    <span class="mark" aria-hidden="true">
      {/^m\s*-?[\d.]/i.test(brand.logo) ? (
        <svg viewBox="0 0 24 24">
          <path d={brand.logo} />
        </svg>
      ) : (
        brand.logo || brand.name.slice(0, 1)
      )}
    </span>
  );
}

/** By the object model and not by an attribute: the page's policy allows no inline style. */
function dress(frame: HTMLElement, { colour, ink }: BrandFace): void {
  frame.style.setProperty("--brand", colour);
  frame.style.setProperty("--brand-ink", ink);
}

/** The launcher says what the frame knows, and the page hears what happened. */
function useLauncher(chat: Chat, page: Page, shown: boolean): void {
  const { brand, unread, conversation, ended } = chat;
  const state = conversation?.state;
  useEffect(() => {
    if (!brand) return;
    document.title = t("widget.title", { brand: brand.name });
    page.wear({
      label: unread ? tn("widget.unread", unread) : t(shown ? "widget.close" : "widget.open"),
      unread: unread ? number(unread, texts().tag) : "",
      colour: brand.colour,
      ink: brand.ink,
      talking: conversation !== null && !ended,
    });
  });
  useAfterFirst(() => page.tell("unread", unread), [unread]);
  useAfterFirst(() => {
    if (state === "waiting" && chat.known) page.tell("started");
    if (state === "ended") page.tell("ended");
  }, [state]);
}

function useSlow({ status }: Chat): boolean {
  const [slow, setSlow] = useState(false);
  const since = status.kind === "reconnecting" ? status.since : 0;
  useEffect(() => {
    if (!since) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), Math.max(0, since + SLOW_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [since]);
  return slow;
}

function useAfterFirst(effect: () => void, about: unknown[]): void {
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) effect();
    first.current = false;
  }, about);
}
