// The talk itself. Whatever people wrote is shown as text, with its own direction; nothing of it is ever markup.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { day, daysBetween, languageName, timeOfDay } from "$shared/format";
import type { BrandFace, Notice, PublicEntry, Queue } from "$shared/protocol.gen";
import type { Bubble, Chat } from "./chat";
import { nextOpening } from "./opening";
import { refused, regional, t, texts, tn } from "./texts";

export function Thread({ chat, brand, shown }: { chat: Chat; brand: BrandFace; shown: boolean }) {
  const { entries, bubbles, typing, queue, conversation } = chat;
  const list = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const lastOwn = entries.findLast(({ body }) => body.kind === "customer_message")?.position;

  // Follow the talk while its end is in view, also when what stands below it grows; somebody reading further up is left in peace.
  useLayoutEffect(() => {
    const log = list.current;
    if (!log || !atEnd) return;
    const follow = () => log.scrollTo(0, log.scrollHeight);
    const observer = new ResizeObserver(follow);
    observer.observe(log);
    follow();
    return () => observer.disconnect();
  }, [entries, bubbles, typing, atEnd]);

  useEffect(() => {
    const look = () => shown && atEnd && document.visibilityState === "visible" && chat.see();
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [entries, shown, atEnd]);

  return (
    <>
      <div
        class="log"
        role="log"
        tabIndex={0}
        aria-label={t("widget.transcript")}
        aria-live={chat.settled ? "polite" : "off"}
        ref={list}
        onScroll={({ currentTarget: at }) => setAtEnd(at.scrollHeight - at.scrollTop - at.clientHeight < 48)}
      >
        {entries.map((entry, index) => (
          <Entry key={entry.position} {...{ entry, brand }} before={entries[index - 1]} after={entries[index + 1]}>
            {entry.position === lastOwn &&
              ` · ${t((conversation?.brand_read ?? 0) >= entry.position ? "widget.message.read" : "widget.message.sent")}`}
          </Entry>
        ))}
        {bubbles.map((bubble) => (
          <OnItsWay key={bubble.id} bubble={bubble} again={() => chat.again(bubble.id)} />
        ))}
        {typing && (
          <p class="typing">
            <i aria-hidden="true" />
            {t("widget.typing", { name: typing.name || brand.name })}
          </p>
        )}
      </div>
      {conversation?.state === "waiting" && (chat.hours.open ? <Waiting queue={queue} /> : <Left chat={chat} brand={brand} />)}
    </>
  );
}

interface EntryProps {
  entry: PublicEntry;
  before: PublicEntry | undefined;
  after: PublicEntry | undefined;
  brand: BrandFace;
  children: preact.ComponentChildren;
}

function Entry({ entry, before, after, brand, children }: EntryProps) {
  const { body, at } = entry;
  const today = before && daysBetween(before.at, at) === 0 ? null : <p class="day">{dayOf(at)}</p>;
  if (body.kind === "notice") {
    return (
      <>
        {today}
        <p class="notice">{said(body, brand)}</p>
      </>
    );
  }
  const own = body.kind === "customer_message";
  if (own && !body.text) return today; // what somebody else wrote into the conversation by mail is not shown here
  const name = (!own && body.persona?.name) || brand.name;
  const begins = today !== null || !before || speaker(before) !== speaker(entry);
  const closes = !after || speaker(after) !== speaker(entry);
  return (
    <>
      {today}
      <div class={own ? "message own" : "message"}>
        {own ? (
          <span class="visually-hidden">{t("widget.you")}</span>
        ) : (
          begins && (
            <span class="who">
              <span class="face" aria-hidden="true">
                {body.persona?.initials || name.slice(0, 1)}
              </span>
              <bdi>{name}</bdi>
            </span>
          )
        )}
        <p class="bubble" dir="auto" lang={(!own && body.language) || undefined}>
          {body.text}
        </p>
        {(closes || children) && (
          <span class="small">
            <time dateTime={at}>{timeOfDay(at, regional())}</time>
            {children}
          </span>
        )}
      </div>
    </>
  );
}

function OnItsWay({ bubble, again }: { bubble: Bubble; again: () => void }) {
  return (
    <div class={bubble.acked ? "message own" : "message own pending"}>
      <p class="bubble" dir="auto">
        {bubble.text}
      </p>
      {bubble.refused ? (
        <span class="small wrong" role="alert">
          {refused(bubble.refused)}{" "}
          <button type="button" class="plain" onClick={again}>
            {t("widget.message.failed")}
          </button>
        </span>
      ) : (
        <span class="small" role={bubble.waits && "status"}>
          {bubble.waits ? refused(bubble.waits) : t(bubble.acked ? "widget.message.sent" : "widget.message.sending")}
        </span>
      )}
    </div>
  );
}

/** Where the visitor stands. The range is shown only where the server knows one. */
function Waiting({ queue }: { queue: Queue | null }) {
  const { ahead = -1, wait_seconds_low: low, wait_seconds_high: high } = queue ?? {};
  const minutes = low != null && high != null && { low: Math.max(1, Math.floor(low / 60)), high: Math.max(2, Math.ceil(high / 60)) };
  return (
    <div class="foot queue" role="status">
      <p>{ahead < 0 ? t("widget.queue.waiting") : ahead > 0 ? tn("widget.queue.position", ahead) : t("widget.queue.next")}</p>
      {minutes && <p>{t("widget.queue.wait", minutes)}</p>}
    </div>
  );
}

/** A message was left while everybody is closed: it arrived, how it is answered, and when somebody is back. The talk itself says so where no mail is sent. */
function Left({ chat, brand }: { chat: Chat; brand: BrandFace }) {
  const { next_opening } = chat.hours;
  const told = chat.entries.some(({ body }) => body.kind !== "customer_message");
  if (told || !brand.mail || !chat.entries.length) return null;
  return (
    <div class="foot queue" role="status">
      <p>{t("notice.email_received")}</p>
      {next_opening && <p>{t("widget.closed.next_opening", { when: nextOpening(next_opening, texts()) })}</p>}
    </div>
  );
}

const speaker = ({ body }: PublicEntry): string => body.kind + ("persona" in body ? body.persona?.name : "");

function dayOf(at: string): string {
  const ago = daysBetween(at, Date.now());
  return ago > 1 ? day(at, regional()) : t(ago === 1 ? "widget.yesterday" : "widget.today");
}

/** A moment or a language in a notice is said in the reader's words. */
function said({ key, values = {} }: Notice, brand: BrandFace): string {
  const words = Object.entries(values).map(([name, value]) => {
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return [name, nextOpening(value, texts())];
    return [name, name === "language" ? languageName(value, texts().tag) : value];
  });
  return t(key, { brand: brand.name, ...Object.fromEntries(words) });
}
