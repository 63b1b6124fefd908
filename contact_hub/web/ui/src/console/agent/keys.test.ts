import { describe, expect, test } from "vitest";
import { commands, shown, spoken, type Pressed } from "./keys";

const press = (key: string, code: string, more: Partial<Pressed> = {}): Pressed => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

describe("keys", () => {
  test("are read by where the letter lies, so that every layout has them", () => {
    expect(spoken(press("k", "KeyK", { ctrlKey: true }), false)).toBe("Ctrl+K");
    expect(spoken(press("κ", "KeyK", { ctrlKey: true }), false)).toBe("Ctrl+K");
    expect(spoken(press("ل", "KeyG", { altKey: true }), false)).toBe("Alt+G");
  });

  test("name arrows, function keys and signs", () => {
    expect(spoken(press("ArrowDown", "ArrowDown", { altKey: true }), false)).toBe("Alt+ArrowDown");
    expect(spoken(press("F2", "F2"), false)).toBe("F2");
    expect(spoken(press("/", "Slash", { ctrlKey: true }), false)).toBe("Ctrl+/");
    expect(spoken(press("?", "Slash", { ctrlKey: true, shiftKey: true }), false)).toBe("Ctrl+?");
  });

  test("on a Mac command is control", () => {
    expect(spoken(press("k", "KeyK", { metaKey: true }), true)).toBe("Ctrl+K");
    expect(shown("Ctrl+Shift+E", true)).toBe("⌘⇧E");
  });

  test("a modifier alone says nothing", () => {
    expect(spoken(press("Alt", "AltLeft", { altKey: true }), false)).toBeNull();
  });

  test("what one types is no command", () => {
    expect(commands("A")).toBe(false);
    expect(commands("Shift+A")).toBe(false);
    expect(commands("Alt+A")).toBe(true);
    expect(commands("F2")).toBe(true);
  });

  test("are shown as the keyboard is labelled", () => {
    expect(shown("Alt+ArrowUp", false)).toBe("Alt+↑");
    expect(shown("Ctrl+.", false)).toBe("Ctrl+.");
  });
});
