// Written by `python -m contact_hub.web.protocol_docs` from the frame types. Do not edit.

export const PROTOCOL = 1;
export const FRAME_BYTES_MAX = 65536;
export const TEXT_CHARS_MAX = 8000;

/** First frame on every socket. The one-time ticket comes from `POST /api/widget/session`. */
export interface Hello {
  type: "hello";
  protocol: number;
  ticket: string;
  resume?: Resume | null;
  locales?: string[];
  page_language?: string | null;
  zone?: string | null;
}

/** Where the client stands: what it last got of which conversation, under which delivery epoch. */
export interface Resume {
  epoch: string;
  conversation: string;
  position: number;
}

/** Open a conversation with its first message. `language` is the customer's own choice; leave it out to have it detected. */
export interface Start {
  type: "start";
  client_message_id: string;
  text: string;
  kind?: string;
  name?: string | null;
  email?: string | null;
  language?: string | null;
}

/** One more message in the open conversation. */
export interface Post {
  type: "post";
  client_message_id: string;
  conversation: string;
  text: string;
}

/** The customer is typing; send at most every 3 s, it fades after 6. */
export interface TypingNow {
  type: "typing";
  conversation: string;
}

export interface ReadUpTo {
  type: "read";
  conversation: string;
  position: number;
}

export interface EndConversation {
  type: "end";
  conversation: string;
}

/** Customer satisfaction, 1–5, once per conversation, after its end. */
export interface Rate {
  type: "rate";
  conversation: string;
  score: number;
  comment?: string;
}

/** The customer says which language to use from now on. */
export interface ChooseLanguage {
  type: "language";
  conversation: string;
  tag: string;
}

/** Have an ended conversation sent by mail, once; an answer to that mail goes on with it. A `notice.transcript_sent` tells that it is on its way. */
export interface SendTranscript {
  type: "transcript";
  conversation: string;
  email: string;
}

/** The session stands. `texts` is the address of the catalogue that fits `brand.language`; `conversation` is the visitor's latest, if there is one; its entries after `resume.position` follow at once. */
export interface Welcome {
  type: "welcome";
  protocol: number;
  epoch: string;
  brand: BrandFace;
  texts: string;
  hours: OpeningHours;
  heartbeat_seconds: number;
  conversation?: ConversationState | null;
  visitor_name?: string | null;
}

/** What the widget needs to look like the brand. `texts` override the catalogue by key, in the language of `language`; `mail`: it writes mail too. */
export interface BrandFace {
  brand: string;
  name: string;
  colour: string;
  ink: string;
  logo: string;
  languages: string[];
  language: string;
  direction: "ltr" | "rtl";
  kinds: string[];
  form: FormField[];
  texts?: Record<string, string>;
  csat?: boolean;
  mail?: boolean;
}

export interface FormField {
  name: "email" | "kind" | "language" | "name" | "question";
  required?: boolean;
}

/** Whether somebody could answer now; `next_opening` in UTC where not, absent where no opening is known. */
export interface OpeningHours {
  open: boolean;
  next_opening?: string | null;
}

/** `waiting`: nobody has it yet; `open`: somebody has; `ended`. `rated` is true once the customer gave or was spared a rating. */
export interface ConversationState {
  conversation: string;
  state: "ended" | "open" | "waiting";
  head: number;
  language?: string | null;
  persona?: PersonaFace | null;
  brand_read?: number;
  customer_read?: number;
  rated?: boolean;
}

/** Who speaks for the brand: a name and the initials of the picture. */
export interface PersonaFace {
  name: string;
  initials?: string;
}

/** The customer turned out to speak another language than the page: from now on the brand speaks it too. `texts` is the address of the catalogue. */
export interface Face {
  type: "face";
  brand: BrandFace;
  texts: string;
}

/** What the client has does not fit what we have (`because`: epoch, position, conversation). Forget the entries; all follow from position 1. */
export interface Resync {
  type: "resync";
  because: "conversation" | "epoch" | "position";
  epoch: string;
}

/** One entry of the public log. Positions of a conversation are 1, 2, 3 … without gaps. */
export interface PublicEntry {
  type: "entry";
  conversation: string;
  position: number;
  at: string;
  body: CustomerMessage | BrandMessage | Notice;
}

export interface CustomerMessage {
  kind: "customer_message";
  text: string;
  client_message_id: string;
}

export interface BrandMessage {
  kind: "brand_message";
  text: string;
  persona?: PersonaFace | null;
  language?: string | null;
}

/** Something happened that the customer should know; `key` is a text of the widget catalogue (`notice.*`). */
export interface Notice {
  kind: "notice";
  key: string;
  values?: Record<string, string>;
}

/** The message is on disk, at this position. Only now may the client forget it. */
export interface Ack {
  type: "ack";
  client_message_id: string;
  conversation: string;
  position: number;
  at: string;
}

/** The state of the conversation changed (accepted, ended, read by the brand …). */
export interface State {
  type: "state";
  conversation: ConversationState;
}

/** How many are before the customer (0: next); a wait range in seconds only where enough is known. */
export interface Queue {
  type: "queue";
  conversation: string;
  ahead: number;
  wait_seconds_low?: number | null;
  wait_seconds_high?: number | null;
}

export interface BrandTyping {
  type: "brand_typing";
  conversation: string;
  persona?: PersonaFace | null;
}

export interface Hours {
  type: "hours";
  hours: OpeningHours;
}

/** Every `heartbeat_seconds`; `head` is the last position of the conversation (0: none). */
export interface Heartbeat {
  type: "heartbeat";
  head: number;
}

/** A frame was not carried out. `about` echoes the `client_message_id`, offer or conversation it was about, `code` never changes its meaning. `retry_after_seconds` is set where trying the same again later makes sense; without it, the client should not. */
export interface Refusal {
  type: "refusal";
  code: string;
  sentence: string;
  about?: string | null;
  values?: Record<string, string>;
  retry_after_seconds?: number | null;
}

/** The server is going away; close and come back after so many seconds (add jitter of your own). */
export interface Reconnect {
  type: "reconnect";
  after_seconds: number;
}

/** First frame. The one-time ticket comes from `POST /api/socket-ticket`. Where the agent's console is open elsewhere the answer is `superseded` unless `take_over` is true, which closes the other. */
export interface ConsoleHello {
  type: "hello";
  protocol: number;
  ticket: string;
  resume?: ConsoleResume | null;
  take_over?: boolean;
}

/** Where the client stands. `desk` is the number its welcome gave: whoever comes back to a desk that nobody took meanwhile needs no `take_over`. */
export interface ConsoleResume {
  epoch: string;
  desk?: number | null;
  cursors?: Record<string, Cursor>;
}

/** What the client has of one conversation's two logs. */
export interface Cursor {
  public?: number;
  staff?: number;
}

/** `away` needs one of the workspace's reasons. While engaged it means: after what I have now nothing new. */
export interface SetAvailability {
  type: "availability";
  availability: "away" | "offline" | "ready";
  reason?: string | null;
}

export interface AcceptOffer {
  type: "accept";
  offer: string;
}

export interface DeclineOffer {
  type: "decline";
  offer: string;
  reason: string;
}

/** A public message as the persona. The outgoing guard may answer `guard_refused`, or `guard_warned` with codes; send the same again with those codes in `confirmed` to insist. */
export interface Reply {
  type: "reply";
  client_message_id: string;
  conversation: string;
  text: string;
  confirmed?: string[];
}

/** A note for staff; never leaves the staff log. */
export interface NotePrivately {
  type: "note";
  client_message_id: string;
  conversation: string;
  text: string;
}

export interface AgentTyping {
  type: "typing";
  conversation: string;
}

export interface AgentRead {
  type: "read";
  conversation: string;
  position: number;
}

/** Kept per conversation and mode; empty text forgets it. */
export interface SaveDraft {
  type: "draft";
  conversation: string;
  mode: "note" | "reply";
  text: string;
}

/** Hand on to a pool or an agent, or (neither) back to the queue; `note` is for the next one. */
export interface Transfer {
  type: "transfer";
  conversation: string;
  pool?: string | null;
  agent?: string | null;
  note?: string;
}

export interface CorrectLanguage {
  type: "language";
  conversation: string;
  tag: string;
}

/** End the conversation for the customer; wrap-up begins. */
export interface EndHandling {
  type: "end";
  conversation: string;
}

export interface FinishWrapUp {
  type: "wrap_up";
  conversation: string;
  disposition: string;
  note?: string;
}

/** Earlier conversations of this customer with this brand; answered by `history`. */
export interface ShowHistory {
  type: "history";
  conversation: string;
}

/** A mail as the persona. `text` may carry the light markup (`**bold**`, `*italic*`, lists, `[words](https://place)`); `attachments` are ids that an upload gave. `quote` false leaves out the history that the brand would put below. The guard answers as for `reply`. */
export interface ReplyByMail {
  type: "reply_by_mail";
  client_message_id: string;
  conversation: string;
  to: string[];
  cc?: string[];
  bcc?: string[];
  subject?: string;
  text: string;
  attachments?: string[];
  quote?: boolean;
  confirmed?: string[];
}

/** Send an entry of the public log on to one of the addresses the brand names for that (`mail.forward`), with a few words. The customer sees nothing of it; staff reads of it in their log. */
export interface ForwardMail {
  type: "forward_mail";
  client_message_id: string;
  conversation: string;
  position: number;
  to: string;
  text?: string;
  confirmed?: string[];
}

/** A mail of which nobody knows whether it went out (`unknown`): a person decides. `sent`: it arrived; `again`: send the same bytes once more. */
export interface DecideMail {
  type: "decide_mail";
  conversation: string;
  mail: string;
  decision: "again" | "sent";
}

/** The session stands. Everything missed after the cursors follows at once; `caught_up` says how much that was. */
export interface ConsoleWelcome {
  type: "welcome";
  protocol: number;
  epoch: string;
  view: View;
  reference: Reference;
  heartbeat_seconds: number;
  now: string;
  desk: number;
  caught_up?: number;
}

/** Everything on the console but the threads. Keys of the collections are their ids. */
export interface View {
  me: Me;
  offers?: Record<string, OfferCard>;
  conversations?: Record<string, ConversationCard>;
  queues?: Record<string, QueueLine>;
}

/** The agent's own line. `until` is the end of a wrap-up or of a grace where there is one. */
export interface Me {
  agent: string;
  name: string;
  pool: string;
  availability: "away" | "offline" | "ready" | "wrap_up";
  reason?: string | null;
  seats?: number;
  seats_used?: number;
  since?: string | null;
}

/** Ring: everything needed to say yes or no in two seconds. `why` is a text key `routing.reason.*`; `until` is the server's deadline. */
export interface OfferCard {
  offer: string;
  conversation: string;
  inquiry: string;
  brand: string;
  channel: string;
  kind: string;
  language: LanguageView;
  waiting_since: string;
  until: string;
  why: string;
  customer_name?: string | null;
  subject?: string;
  first_words?: string;
}

/** What language the customer speaks, as far as we know; `reason` is a text key `language.reason.*`. */
export interface LanguageView {
  tag: string | null;
  confidence: number;
  settled: boolean;
  reason?: string;
  name?: string;
}

/** One conversation in the agent's hands. `state`: open, ended (customer left or ended; wrap-up runs), wrap_up. */
export interface ConversationCard {
  conversation: string;
  inquiry: string;
  brand: string;
  persona: string;
  kind: string;
  channel: string;
  state: "open" | "wrap_up";
  language: LanguageView;
  customer_name: string | null;
  customer_zone: string | null;
  public_head: number;
  staff_head: number;
  agent_read: number;
  customer_read: number;
  last_speaker: "agent" | "brand" | "customer" | "none";
  last_words: string;
  last_at: string;
  assigned_at: string;
  waiting_since: string;
  why?: string;
  customer_waits_since?: string | null;
  reply_due?: string | null;
  wrap_up_until?: string | null;
  draft_reply?: string;
  draft_note?: string;
  customer_email?: string | null;
  mails?: Record<string, SentMail>;
}

/** How a mail of ours fares. `state`: queued, leased, data_started, sent, unknown, deferred (again at `due_at`), failed, bounced. `position` is that of its entry in the public log, where it has one. */
export interface SentMail {
  mail: string;
  kind: string;
  state: string;
  position?: number | null;
  due_at?: string | null;
  answer?: string;
  recipients?: MailRecipient[];
}

/** How far a mail got with one of those it is for. `answer`: what the other side said, in its own words. */
export interface MailRecipient {
  address: string;
  state: string;
  status?: string;
  answer?: string;
}

/** How many wait for a brand this agent may answer for. */
export interface QueueLine {
  brand: string;
  waiting: number;
  oldest_since?: string | null;
}

export interface Reference {
  rules: number;
  brands: Record<string, BrandVoice>;
  away_reasons: string[];
  decline_reasons: string[];
  pools: Target[];
  agents: Target[];
  kinds: Record<string, Record<string, string>>;
}

/** Whose voice am I now. `persona` and `signature` are this agent's for this brand; `canned` by key, then by language tag. */
export interface BrandVoice {
  brand: string;
  name: string;
  colour: string;
  ink: string;
  logo: string;
  persona: string;
  tone: Record<string, string>;
  languages: string[];
  canned: Record<string, Record<string, string>>;
  dispositions: Record<string, Record<string, string>>;
  mail?: MailVoice | null;
}

/** How the brand writes mail. `cc`: off, known (who takes part already) or any; `quote`: none, last or full; `forward`: whom mails may be sent on to. */
export interface MailVoice {
  address: string;
  cc?: string;
  quote?: string;
  remote_images?: boolean;
  forward?: string[];
  signatures?: Record<string, string>;
}

/** Somewhere a conversation can be transferred to. */
export interface Target {
  id: string;
  name: string;
  pool?: string | null;
}

/** Forget the entries of these conversations; all of theirs follow from position 1. */
export interface ConsoleResync {
  type: "resync";
  because: "epoch" | "position";
  epoch: string;
  conversations: string[];
}

export interface Delta {
  type: "delta";
  changes: Change[];
}

/** Set (`value`) or remove (no `value`) one key of one collection of the view; collection `me` has the one key `me`. */
export interface Change {
  collection: "conversations" | "me" | "offers" | "queues";
  key: string;
  value?: Record<string, unknown> | null;
}

export interface ReferenceChanged {
  type: "reference";
  reference: Reference;
}

/** What the customer sees too. `speaker` agent: `author` is the colleague's display name; `body` fields as in the widget's protocol. */
export interface PublicEntryForStaff {
  type: "public_entry";
  conversation: string;
  position: number;
  at: string;
  speaker: "agent" | "brand" | "customer";
  text?: string;
  author?: string;
  persona?: string;
  key?: string;
  values?: Record<string, string>;
  client_message_id?: string;
  mine?: boolean;
  mail?: MailFace | null;
}

/** What a mail has beside its words. `id` is that of the mail that came, or of the one that went out (see `ConversationCard.mails`); `warnings` are codes of what a reader should know; `automatic` names the occasion of a mail that no person wrote. */
export interface MailFace {
  id: string;
  subject: string;
  sender?: MailPerson | null;
  to?: MailPerson[];
  cc?: MailPerson[];
  quoted?: string;
  signature?: string;
  has_html?: boolean;
  files?: MailFile[];
  third_party?: boolean;
  warnings?: string[];
  automatic?: string;
}

/** Somebody in a mail's head; `name` is what the mail says, which proves nothing. */
export interface MailPerson {
  email: string;
  name?: string;
}

/** A file of a mail; its content is asked for by `id`. `risks` are codes of what speaks against opening it. */
export interface MailFile {
  id: string;
  name: string;
  type: string;
  size: number;
  inline?: boolean;
  risks?: string[];
}

/** What only staff sees: notes, transfers, language corrections, wrap-ups. `kind` tells, `text` is what a person wrote, `values` fill `console.event.<kind>`. */
export interface StaffEntry {
  type: "staff_entry";
  conversation: string;
  position: number;
  at: string;
  kind: string;
  author?: string;
  text?: string;
  values?: Record<string, string>;
  client_message_id?: string;
}

/** A reply or note is on disk. `log` tells which positions it belongs to. */
export interface ConsoleAck {
  type: "ack";
  client_message_id: string;
  conversation: string;
  log: "public" | "staff";
  position: number;
  at: string;
}

export interface CustomerTyping {
  type: "customer_typing";
  conversation: string;
}

export interface History {
  type: "history";
  conversation: string;
  items: HistoryItem[];
}

export interface HistoryItem {
  conversation: string;
  started_at: string;
  ended_at: string | null;
  kind: string;
  language: string | null;
  disposition: string | null;
  score: number | null;
  messages: PublicEntryForStaff[];
}

/** `heads`: conversation → [public head, staff head] for everything in the view. */
export interface ConsoleHeartbeat {
  type: "heartbeat";
  heads: Record<string, [number, number]>;
}

/** This agent's console is open in another window (`by="other"`: yours was just taken over; `by="open"`: say hello with `take_over`). */
export interface Superseded {
  type: "superseded";
  by: "open" | "other";
  author?: string;
}

export type FromWidget = Hello | Start | Post | TypingNow | ReadUpTo | EndConversation | Rate | ChooseLanguage | SendTranscript;
export type ToWidget = Welcome | Face | Resync | PublicEntry | Ack | State | Queue | BrandTyping | Hours | Heartbeat | Refusal | Reconnect;
export type FromConsole = ConsoleHello | SetAvailability | AcceptOffer | DeclineOffer | Reply | NotePrivately | AgentTyping | AgentRead | SaveDraft | Transfer | CorrectLanguage | EndHandling | FinishWrapUp | ShowHistory | ReplyByMail | ForwardMail | DecideMail;
export type ToConsole = ConsoleWelcome | ConsoleResync | Delta | ReferenceChanged | PublicEntryForStaff | StaffEntry | ConsoleAck | CustomerTyping | History | ConsoleHeartbeat | Superseded | Refusal | Reconnect;
