// The agent's markup as pieces to draw: the rules are those of the server's `channels/email/richtext.py`. No HTML is made here, so none can be let in.

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bold" | "italic"; readonly inner: readonly Piece[] }
  | { readonly kind: "link"; readonly text: string; readonly place: string };

export interface Block {
  readonly kind: "text" | "ul" | "ol";
  readonly lines: readonly (readonly Piece[])[];
}

const BULLET = /^[ \t]{0,3}[-*•][ \t]+(\S.*)$/;
const NUMBER = /^[ \t]{0,3}\d{1,3}[.)][ \t]+(\S.*)$/;
const PIECE =
  /\[(?<words>[^[\]\n]{1,300})\]\((?<place>(?:https?:\/\/|mailto:)[^\s()<>"']{1,1000})\)|(?<bare>https?:\/\/[^\s<>"']{1,1000})|\*\*(?<bold>[^*\s](?:[^*\n]{0,998}[^*\s])?)\*\*|(?<![\w*])\*(?<italic>[^*\s](?:[^*\n]{0,998}[^*\s])?)\*(?![\w*])/gi;

export function blocks(markup: string): Block[] {
  const found: { kind: Block["kind"]; lines: (readonly Piece[])[] }[] = [];
  let open = false;
  for (const line of markup.replaceAll("\r\n", "\n").split("\n")) {
    if (!line.trim()) {
      open = false;
      continue;
    }
    const bullet = BULLET.exec(line);
    const item = bullet ?? NUMBER.exec(line);
    const kind = bullet ? "ul" : item ? "ol" : "text";
    const last = found.at(-1);
    const drawn = pieces(item?.[1] ?? line);
    if (open && last?.kind === kind) last.lines.push(drawn);
    else found.push({ kind, lines: [drawn] });
    open = true;
  }
  return found;
}

export function pieces(line: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  const put = (text: string) => text && out.push({ kind: "text", text });
  for (const found of line.matchAll(PIECE)) {
    const { words, place, bare, bold, italic } = found.groups ?? {};
    put(line.slice(at, found.index));
    at = found.index + found[0].length;
    if (bold) out.push({ kind: "bold", inner: pieces(bold) });
    else if (italic) out.push({ kind: "italic", inner: pieces(italic) });
    else if (bare) {
      const whole = bare.replace(/[.,;:!?)\]}»”*]+$/, "");
      out.push({ kind: "link", text: whole, place: whole });
      at = found.index + whole.length;
    } else out.push({ kind: "link", text: words ?? "", place: place ?? "" });
  }
  put(line.slice(at));
  return out;
}

/** The selection between two signs, or freed of them where it stood there already. Says what stands then, and what is selected. */
export function dressed(text: string, from: number, to: number, sign: string): { text: string; from: number; to: number } {
  const n = sign.length;
  if (text.slice(from - n, from) === sign && text.slice(to, to + n) === sign) {
    return { text: text.slice(0, from - n) + text.slice(from, to) + text.slice(to + n), from: from - n, to: to - n };
  }
  return { text: text.slice(0, from) + sign + text.slice(from, to) + sign + text.slice(to), from: from + n, to: to + n };
}

/** Every line of the selection as an item of a list, or as a line again. */
export function listed(text: string, from: number, to: number): { text: string; from: number; to: number } {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const next = text.indexOf("\n", to);
  const end = next < 0 ? text.length : next;
  const lines = text.slice(start, end).split("\n");
  const all = lines.every((line) => BULLET.test(line));
  const made = lines.map((line) => (all ? line.replace(BULLET, "$1") : BULLET.test(line) ? line : `- ${line}`)).join("\n");
  return { text: text.slice(0, start) + made + text.slice(end), from: start, to: start + made.length };
}
