// One question after the end, and only one: a figure, words if the visitor likes, or neither.
import { useState } from "preact/hooks";
import { number } from "$shared/format";
import type { BrandFace } from "$shared/protocol.gen";
import type { Chat } from "./chat";
import { t, texts } from "./texts";

export function Rating({ chat, brand }: { chat: Chat; brand: BrandFace }) {
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const [unsent, setUnsent] = useState(false);

  const send = (event: Event) => {
    event.preventDefault();
    setUnsent(!chat.rate(score, comment.trim()));
  };

  return (
    <form class="foot rating" onSubmit={send}>
      <fieldset>
        <legend>{t("widget.csat.question", { brand: brand.name })}</legend>
        <div>
          {[1, 2, 3, 4, 5].map((value) => (
            <label key={value} title={t(`widget.csat.${value}`)}>
              <input
                class="visually-hidden"
                type="radio"
                name="score"
                aria-label={t(`widget.csat.${value}`)}
                checked={score === value}
                onChange={() => setScore(value)}
              />
              <span aria-hidden="true">{number(value, texts().tag)}</span>
            </label>
          ))}
        </div>
        <p class="small" aria-hidden="true">
          {score ? t(`widget.csat.${score}`) : "\u00a0"}
        </p>
      </fieldset>
      {score > 0 && (
        <label>
          <span class="label">
            {t("widget.csat.comment")} ({t("widget.form.optional")})
          </span>
          <textarea
            class="field"
            rows={2}
            dir="auto"
            maxLength={2000}
            value={comment}
            onInput={(event) => setComment(event.currentTarget.value)}
          />
        </label>
      )}
      {unsent && (
        <p class="wrong" role="alert">
          {t("widget.connection.reconnecting")}
        </p>
      )}
      <p>
        <button class="primary" disabled={!score}>
          {t("widget.csat.send")}
        </button>
        <button type="button" class="plain" onClick={() => chat.spareRating()}>
          {t("widget.csat.skip")}
        </button>
      </p>
    </form>
  );
}
