// What a mail's head says and how a mail fares, as values; knows no screen. Whom an answer goes to by itself, what is added by hand, and how far each mail
// of ours got.
import type { ConversationCard, MailFace, MailPerson, MailVoice, PublicEntryForStaff, SentMail } from "$shared/protocol.gen";

/** The head of a mail that is being written. `files` wait at the server. */
export interface MailHead {
  /** As written: addresses with commas between them. */
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  readonly subject: string;
  readonly quote: boolean;
  readonly files: readonly WaitingFile[];
}

export interface WaitingFile {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

export const ADDRESS = /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]{2,}$/;

/** The addresses in what somebody typed or pasted: with commas, semicolons, line ends, or names around them. */
export const addressesIn = (text: string): string[] =>
  text
    .split(/[,;\n]+/)
    .map((one) => /<([^<>]+)>/.exec(one)?.[1] ?? one)
    .map((one) => one.trim())
    .filter(Boolean);

/** What keeps a head from being sent: somebody to write to, and nothing that is no address. */
export function faults({ to, cc, bcc }: MailHead): { nobody: boolean; wrong: string[] } {
  const all = [to, cc, bcc].flatMap(addressesIn);
  return { nobody: addressesIn(to).length === 0, wrong: all.filter((one) => !ADDRESS.test(one)) };
}

export const latestMail = (entries: readonly PublicEntryForStaff[]): MailFace | null =>
  entries.findLast((entry) => entry.mail && entry.speaker === "customer" && !entry.mail.third_party)?.mail ?? null;

/** Whom the answer goes to where nobody says otherwise: who wrote last, and whom they copied in, the brand itself left out. */
export function answering(card: ConversationCard, entries: readonly PublicEntryForStaff[], voice: MailVoice): MailHead {
  const last = latestMail(entries);
  const own = (address: string) => plain(address) === plain(voice.address);
  const to = last?.sender?.email ?? card.customer_email;
  const others = voice.cc === "off" ? [] : [...(last?.to ?? []), ...(last?.cc ?? [])].map(({ email }) => email);
  return {
    to: to ?? "",
    cc: [...new Set(others.filter((one) => !own(one) && one.toLowerCase() !== to?.toLowerCase()))].join(", "),
    bcc: "",
    subject: last ? answerTo(last.subject) : "",
    quote: voice.quote !== "none",
    files: [],
  };
}

/** As the programs of our customers begin an answer's subject, each in its own language, often several times. */
const ANSWERED = /^(?:(?:re|aw|sv|vs|antw|odp|ynt|rif|res|réf|رد|תשובה|回复|答复)\s*(?:\[\d+\])?\s*[:：]\s*)+/i;

/** `Re: …`, once. */
export const answerTo = (subject: string): string => subject && `Re: ${subject.replace(ANSWERED, "")}`;

/** Without the token after a plus. */
const plain = (address: string): string => address.toLowerCase().replace(/\+[^@]*@/, "@");

/** `Anna Weber <anna@a.example>` as a person reads it. */
export const named = ({ email, name = "" }: MailPerson): string => (name && name !== email ? `${name} <${email}>` : email);

/** States that ask somebody to do something. */
export const troubled = (mail: SentMail): boolean => ["unknown", "failed", "bounced"].includes(mail.state);

/** Whether this mail is still on its way. */
export const travelling = (mail: SentMail): boolean => ["queued", "leased", "data_started", "deferred"].includes(mail.state);

/** The recipients that a state is about: of a failed mail those whom it did not reach. */
export const concerned = ({ state, recipients = [] }: SentMail): string[] =>
  recipients.filter((one) => one.state === state).map(({ address }) => address);

/** What the other side said, once. */
export const answers = ({ answer = "", recipients = [] }: SentMail): string =>
  [...new Set([...recipients.map((one) => one.answer ?? ""), answer].filter(Boolean))].join(" · ");

const SPOKEN = new Set(["sender_doubtful", "sender_unproven", "written_by_a_form", "lossy", "text_cut", "encrypted", "sender_missing", "signed_opened"]);

/** Warnings as a reader wants them: those that matter by name, all repairs as one. */
export function spokenWarnings(codes: readonly string[] = []): string[] {
  const named = codes.filter((code) => SPOKEN.has(code));
  return codes.some((code) => !SPOKEN.has(code)) ? [...named, "mended"] : named;
}

/** `12 KB` */
export function bytes(size: number, tag: string): string {
  const [value, unit] = size < 1_000 ? [size, "byte"] : size < 1_000_000 ? [size / 1_000, "kilobyte"] : [size / 1_000_000, "megabyte"];
  const language = tag === "en-XA" ? "en" : tag;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: value < 10 && unit !== "byte" ? 1 : 0 }).format(value);
}

/** `PDF`, `JPEG`: the end of a type, as people know it. */
export const typeName = (type: string, name: string): string => {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1];
  return (extension ?? type.split("/").at(-1) ?? type).toUpperCase();
};
