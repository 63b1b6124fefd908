import { expect, test } from "vitest";
import { blocks, dressed, listed, pieces } from "./richtext";

test("words are dressed and everything else stands for itself", () => {
  expect(pieces("a **b** *c* 2*3*4 <b>")).toEqual([
    { kind: "text", text: "a " },
    { kind: "bold", inner: [{ kind: "text", text: "b" }] },
    { kind: "text", text: " " },
    { kind: "italic", inner: [{ kind: "text", text: "c" }] },
    { kind: "text", text: " 2*3*4 <b>" },
  ]);
});

test("only pages and addresses can be linked to", () => {
  expect(pieces("[x](javascript:alert)")).toEqual([{ kind: "text", text: "[x](javascript:alert)" }]);
  expect(pieces("[us](https://a.example/x)")).toEqual([{ kind: "link", text: "us", place: "https://a.example/x" }]);
  expect(pieces("see https://a.example/y.")).toEqual([
    { kind: "text", text: "see " },
    { kind: "link", text: "https://a.example/y", place: "https://a.example/y" },
    { kind: "text", text: "." },
  ]);
});

test("lists and paragraphs are told apart", () => {
  expect(blocks("one\n- a\n- b\n\n1. c\nend").map(({ kind, lines }) => [kind, lines.length])).toEqual([
    ["text", 1],
    ["ul", 2],
    ["ol", 1],
    ["text", 1],
  ]);
});

test("a selection is dressed and undressed again", () => {
  const once = dressed("say it", 4, 6, "**");
  expect(once).toEqual({ text: "say **it**", from: 6, to: 8 });
  expect(dressed(once.text, once.from, once.to, "**")).toEqual({ text: "say it", from: 4, to: 6 });
});

test("lines become a list and lines again", () => {
  const once = listed("a\nb", 0, 3);
  expect(once.text).toBe("- a\n- b");
  expect(listed(once.text, once.from, once.to).text).toBe("a\nb");
});
