// Numbers, moments and durations as the reader writes them: by `Intl`, in a given language and zone, never by hand.

const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(tag: string, zone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${tag}|${zone}|${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(known(tag), { ...options, timeZone: zone });
    formats.set(key, format);
  }
  return format;
}

/** The pseudo-locale formats as English; a tag the platform cannot read formats as the platform likes. */
function known(tag: string): string | undefined {
  if (tag === "en-XA") return "en";
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** The zone of the person at this screen. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `14:05`, `2:05 PM` */
export const timeOfDay = (at: string | number | Date, tag: string, zone?: string): string =>
  dateFormat(tag, zone, { timeStyle: "short" }).format(new Date(at));

/** `14:05 GMT+4`: a time that crosses zones names its zone. */
export const timeWithZone = (at: string | number | Date, tag: string, zone: string): string =>
  dateFormat(tag, zone, { hour: "numeric", minute: "2-digit", timeZoneName: "short" }).format(new Date(at));

/** `21 Nov 2026` */
export const day = (at: string | number | Date, tag: string, zone?: string): string =>
  dateFormat(tag, zone, { dateStyle: "medium" }).format(new Date(at));

/** `21 Nov 2026, 14:05` */
export const dateTime = (at: string | number | Date, tag: string, zone?: string): string =>
  dateFormat(tag, zone, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));

/** `Saturday` */
export const weekday = (at: string | number | Date, tag: string, zone?: string): string =>
  dateFormat(tag, zone, { weekday: "long" }).format(new Date(at));

/** Whole days between two moments as the calendar of `zone` counts them: 0 today, 1 tomorrow. */
export function daysBetween(from: string | number | Date, to: string | number | Date, zone?: string): number {
  const date = (at: string | number | Date) => {
    const parts = dateFormat("en-CA", zone, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(at));
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    return Date.UTC(of("year"), of("month") - 1, of("day"));
  };
  return Math.round((date(to) - date(from)) / 86_400_000);
}

export const number = (value: number, tag: string, options?: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat(known(tag), options).format(value);

export const percent = (value: number, tag: string, digits = 0): string =>
  number(value, tag, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });

/** `2:05`, `1:02:05`: a running clock, for countdowns and time in state. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `3 min`, `2 hr`, in the reader's words; the largest unit that is not zero. */
export function duration(seconds: number, tag: string, width: "short" | "long" | "narrow" = "short"): string {
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? (["second", 1] as const);
  return number(Math.round(seconds / size), tag, { style: "unit", unit, unitDisplay: width });
}

/** A language by its name in `tag`; its own name where both are the same: `languageName("ar", "ar")` → `العربية`. */
export function languageName(language: string, tag: string): string {
  try {
    return new Intl.DisplayNames([known(tag) ?? "en"], { type: "language", languageDisplay: "standard" }).of(language) ?? language;
  } catch {
    return language;
  }
}
