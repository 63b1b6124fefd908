// The talk by mail, for whoever wishes it: an address, and nothing else. An answer to that mail goes on with the talk.
import { useState } from "preact/hooks";
import type { Chat } from "./chat";
import { t } from "./texts";

export function Transcript({ chat, known }: { chat: Chat; known: string }) {
  const [open, setOpen] = useState(false);
  const [email, setEmail] = useState(known);
  const [wrong, setWrong] = useState("");

  const send = (event: Event) => {
    event.preventDefault();
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())) setWrong(t("widget.form.email_invalid"));
    else if (!chat.mail(email.trim())) setWrong(t("widget.connection.reconnecting"));
    else setWrong("");
  };

  if (!open) {
    return (
      <button type="button" class="plain" onClick={() => setOpen(true)}>
        {t("widget.transcript.ask")}
      </button>
    );
  }
  return (
    <form noValidate onSubmit={send}>
      <label>
        <span class="label">{t("widget.form.email")}</span>
        <input
          class="field"
          type="email"
          name="transcript"
          autocomplete="email"
          dir="ltr"
          maxLength={200}
          value={email}
          aria-invalid={wrong !== ""}
          aria-describedby="wrong-transcript"
          onInput={(event) => setEmail(event.currentTarget.value)}
          ref={(field) => void (field && document.activeElement?.tagName !== "INPUT" && field.focus())}
        />
        <span class="wrong" id="wrong-transcript" role="alert">
          {wrong}
        </span>
      </label>
      <button class="primary">{t("widget.transcript.ask")}</button>
    </form>
  );
}
