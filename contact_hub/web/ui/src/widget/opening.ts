// When a closed brand opens again, in the visitor's zone: "tomorrow at 09:00 (Berlin Time)". The same rule as `i18n.formatting.next_opening`.
import { day, daysBetween, ownZone, timeOfDay, weekday } from "$shared/format";
import type { Texts } from "$shared/i18n";

export function nextOpening(at: string, texts: Texts, now: number = Date.now(), zone: string = ownZone()): string {
  const values = { time: timeOfDay(at, texts.tag, zone), zone: zoneName(zone, texts.tag, at) };
  const days = daysBetween(now, at, zone);
  if (days <= 0) return texts.t("widget.opening.today", values);
  if (days === 1) return texts.t("widget.opening.tomorrow", values);
  return texts.t("widget.opening.day", { ...values, day: days < 7 ? weekday(at, texts.tag, zone) : day(at, texts.tag, zone) });
}

/** Stands in parentheses already, so it brings none of its own. */
function zoneName(zone: string, tag: string, at: string): string {
  try {
    const parts = new Intl.DateTimeFormat(tag, { timeZone: zone, timeZoneName: "longGeneric" }).formatToParts(new Date(at));
    return parts.find((part) => part.type === "timeZoneName")?.value.replace(/[()]/g, "") ?? zone;
  } catch {
    return zone;
  }
}
