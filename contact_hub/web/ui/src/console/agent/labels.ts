// The words for what the workspace names by id: from its own labels where it has them, else from the catalogue, else the id made readable.
import { languageName } from "$shared/format";
import type { ConversationCard, LanguageView, Reference } from "$shared/protocol.gen";
import { t, texts } from "$shared/texts.svelte";

/** The label for the reader: in their language, a relative of it, English, or whatever there is. */
export function label(byTag: Readonly<Record<string, string>> | undefined, fallback: string): string {
  if (!byTag) return readable(fallback);
  const tag = texts().tag;
  const relative = Object.keys(byTag).find((other) => other.split("-")[0] === tag.split("-")[0]);
  return byTag[tag] ?? (relative && byTag[relative]) ?? byTag.en ?? Object.values(byTag)[0] ?? readable(fallback);
}

/** What to call a customer: their name, else where they write from, so that two without a name are told apart. */
export const customerName = ({ customer_name, customer_email }: Pick<ConversationCard, "customer_name" | "customer_email">): string =>
  customer_name || customer_email || t("console.customer.unnamed");

export const kindName = (reference: Reference | null, kind: string): string => label(reference?.kinds[kind], kind);

/** The first of these keys that the catalogue has. */
export function firstText(keys: readonly string[], fallback: string, values?: Readonly<Record<string, string>>): string {
  const key = keys.find((one) => texts().has(one));
  return key ? t(key, values) : readable(fallback);
}

export const awayName = (reason: string): string => firstText([`console.away.${reason}`], reason);
export const declineName = (reason: string): string => firstText([`console.decline.${reason}`], reason);
export const channelName = (channel: string): string => firstText([`console.channel.${channel}`], channel);

/** Said to the agent it fell on; the catalogue of routing speaks about agents, not to them. */
export const whyYou = (why: string): string => firstText([`console.why.${why}`, `routing.reason.${why}`], why);

export const languageOf = ({ tag, name }: LanguageView): string => (tag ? named(tag) : name || t("console.language.unknown"));

const names = new Map<string, string>();

/** The platform takes its time over a name, and a long list asks a thousand times. */
function named(tag: string): string {
  const key = `${tag} ${texts().tag}`;
  let name = names.get(key);
  if (name === undefined) names.set(key, (name = languageName(tag, texts().tag)));
  return name;
}

const readable = (id: string): string => {
  const words = id.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
};
