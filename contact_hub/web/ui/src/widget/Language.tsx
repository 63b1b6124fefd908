// Languages by their own names: somebody who cannot read the page must find theirs.
import { languageName } from "$shared/format";
import type { BrandFace } from "$shared/protocol.gen";
import type { Chat } from "./chat";
import { t, texts } from "./texts";

export function Language({ chat, brand, compact = false }: { chat: Chat; brand: BrandFace; compact?: boolean }) {
  const tags = new Set([...(chat.chosen ? [chat.chosen] : []), ...brand.languages]);
  return (
    <label class={compact ? "language" : undefined}>
      <span class={compact ? "visually-hidden" : "label"}>{t("widget.form.language")}</span>
      <select
        class="field"
        value={chat.chosen ?? ""}
        onChange={(event) => void chat.choose(event.currentTarget.value || null)}
      >
        <option value="">
          {compact && `${languageName(texts().tag, texts().tag)} · `}
          {t("widget.form.language.automatic")}
        </option>
        {[...tags].map((tag) => (
          <option key={tag} value={tag} lang={tag}>
            {languageName(tag, tag)}
          </option>
        ))}
      </select>
    </label>
  );
}
