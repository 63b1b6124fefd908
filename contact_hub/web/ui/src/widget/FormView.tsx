// What the brand asks before the chat. When it is closed the same form leaves a message, and an address to answer to.
import { useEffect, useState } from "preact/hooks";
import { type BrandFace, type FormField, TEXT_CHARS_MAX } from "$shared/protocol.gen";
import type { Prefill } from "./bridge";
import type { Chat, Form } from "./chat";
import { Language } from "./Language";
import { nextOpening } from "./opening";
import { refused, t, texts } from "./texts";

type Given = Record<"name" | "email" | "kind" | "question", string>;
interface Props {
  chat: Chat;
  brand: BrandFace;
  prefill: Prefill;
  start: (form: Form) => void;
}

export function FormView({ chat, brand, prefill, start }: Props) {
  const { open, next_opening } = chat.hours;
  const [given, setGiven] = useState<Given>({ name: "", email: "", kind: "", question: "" });
  const [wrong, setWrong] = useState<Partial<Given>>({});
  const fields = asked(brand, open);
  const known = { name: chat.visitor ?? "", ...prefill };

  // What is known goes where the visitor has written nothing yet.
  useEffect(() => {
    const filled = Object.entries(known).filter(([name, value]) => name in given && value && !given[name as keyof Given]);
    setGiven({ ...given, ...Object.fromEntries(filled.map(([name, value]) => [name, `${value}`])) });
  }, [JSON.stringify(known)]);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const found = faults(fields, given);
    setWrong(found);
    const [first] = Object.keys(found);
    if (first) ((event.currentTarget as HTMLFormElement).elements.namedItem(first) as HTMLElement).focus();
    else start({ text: given.question, name: given.name.trim(), email: given.email.trim(), kind: given.kind });
  };

  return (
    <form class="form" noValidate onSubmit={submit}>
      {open ? (
        <p class="large">
          {chat.visitor
            ? t("widget.greeting.returning", { name: chat.visitor, brand: brand.name })
            : t("widget.greeting.new", { brand: brand.name })}
        </p>
      ) : (
        <div class="closed">
          <h2 class="large">{t("widget.closed.title")}</h2>
          {next_opening && <p>{t("widget.closed.next_opening", { when: nextOpening(next_opening, texts()) })}</p>}
          <p>{t("widget.closed.email_note")}</p>
        </div>
      )}
      {fields.map(({ name, required = false }) => {
        if (name === "language") return <Language key={name} chat={chat} brand={brand} />;
        const control = {
          class: "field",
          name,
          value: given[name],
          "aria-required": required,
          "aria-invalid": name in wrong,
          "aria-describedby": `wrong-${name}`,
          onInput: (event: { currentTarget: { value: string } }) => {
            setGiven({ ...given, [name]: event.currentTarget.value });
            // What is being mended is not scolded any longer.
            const { [name]: _, ...others } = wrong;
            setWrong(others);
          },
        };
        return (
          <label key={name}>
            <span class="label">
              {t(`widget.form.${name}`)} {!required && `(${t("widget.form.optional")})`}
            </span>
            {name === "question" ? (
              <textarea {...control} rows={3} dir="auto" />
            ) : name === "kind" ? (
              <select {...control}>
                <option value="" />
                {brand.kinds.map((kind) => (
                  <option key={kind} value={kind}>
                    {t(`widget.form.kind.${kind}`)}
                  </option>
                ))}
              </select>
            ) : name === "email" ? (
              <input {...control} type="email" autocomplete="email" dir="ltr" maxLength={200} />
            ) : (
              <input {...control} autocomplete="name" dir="auto" maxLength={200} />
            )}
            <span class="wrong" id={`wrong-${name}`}>
              {wrong[name]}
            </span>
          </label>
        );
      })}
      {chat.refusal && (
        <p class="wrong" role="alert">
          {refused(chat.refusal)}
        </p>
      )}
      <button class="primary">{t(open ? "widget.form.start" : "widget.closed.leave_message")}</button>
      {brand.texts?.["widget.privacy"] && <p class="small">{t("widget.privacy")}</p>}
    </form>
  );
}

/** The brand's fields, and what cannot be missing: a message to begin with, an address while nobody is there, the choice of a language. */
function asked({ form, languages }: BrandFace, open: boolean): FormField[] {
  const must = (name: FormField["name"]) => name === "question" || (name === "email" && !open);
  const fields = form.map((field) => ({ ...field, required: field.required || must(field.name) }));
  const missing = (["email", "language", "question"] as const).filter(
    (name) => !form.some((field) => field.name === name) && (must(name) || (name === "language" && languages.length > 1)),
  );
  return [...fields, ...missing.map((name) => ({ name, required: must(name) }))];
}

function faults(fields: readonly FormField[], given: Given): Partial<Given> {
  const found: Partial<Given> = {};
  for (const { name, required } of fields) {
    if (name === "language") continue;
    const value = given[name].trim();
    if (required && !value) found[name] = t("widget.form.required");
    else if (name === "email" && value && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) found[name] = t("widget.form.email_invalid");
    else if (value.length > TEXT_CHARS_MAX) found[name] = t("widget.composer.too_long");
  }
  return found;
}
