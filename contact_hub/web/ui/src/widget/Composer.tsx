// Where the visitor writes. What is written stays written over a reload, until it is sent.
import { useState } from "preact/hooks";
import { TEXT_CHARS_MAX } from "$shared/protocol.gen";
import type { Chat } from "./chat";
import { t } from "./texts";

export function Composer({ chat }: { chat: Chat }) {
  const [text, setText] = useState(chat.draft);
  const [ending, setEnding] = useState(false);
  const tooLong = text.length > TEXT_CHARS_MAX;

  const write = (now: string) => {
    setText(now);
    chat.draft = now;
  };
  const send = (event: Event) => {
    event.preventDefault();
    if (!text.trim() || tooLong) return;
    chat.say(text);
    write("");
  };

  return (
    <form class="foot composer" onSubmit={send}>
      {tooLong && (
        <p class="wrong" role="alert">
          {t("widget.composer.too_long")}
        </p>
      )}
      <div>
        <textarea
          class="field"
          rows={1}
          // An empty field of direction "auto" is left to right, and turns an Arabic placeholder around.
          dir={text ? "auto" : undefined}
          aria-label={t("widget.composer.placeholder")}
          placeholder={t("widget.composer.placeholder")}
          value={text}
          onInput={(event) => {
            write(event.currentTarget.value);
            chat.type();
          }}
          // Enter that chooses a word in an input method is not "send".
          onKeyDown={(event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event)}
        />
        <button class="primary" aria-label={t("widget.composer.send")} disabled={!text.trim() || tooLong}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M3 4l19 8-19 8 3-8zM6 12h8" />
          </svg>
        </button>
      </div>
      {chat.conversation && (
        <p class="small ending">
          {ending && <span>{t("widget.end.confirm")}</span>}
          <button type="button" class="plain" onClick={() => (ending ? chat.end() : setEnding(true))}>
            {t("widget.end")}
          </button>
          {ending && (
            <button type="button" class="plain" onClick={() => setEnding(false)}>
              {t("widget.end.cancel")}
            </button>
          )}
        </p>
      )}
    </form>
  );
}
