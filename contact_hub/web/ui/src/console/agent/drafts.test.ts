import { beforeEach, describe, expect, test } from "vitest";
import { Drafts } from "./drafts";

const fresh = (who = "hub.work.ana.draft."): Drafts => new Drafts(localStorage, who);

beforeEach(() => localStorage.clear());

describe("drafts", () => {
  test("stay with their conversation and mode, however often one switches", () => {
    const drafts = fresh();
    for (let n = 0; n < 20; n++) {
      drafts.write("c1", "reply", `one ${n}`);
      drafts.write("c2", "reply", `two ${n}`);
      drafts.write("c1", "note", `inner ${n}`);
      expect([drafts.text("c1", "reply"), drafts.text("c2", "reply"), drafts.text("c1", "note"), drafts.text("c2", "note")]).toEqual([
        `one ${n}`,
        `two ${n}`,
        `inner ${n}`,
        "",
      ]);
    }
  });

  test("survive a reload, for their writer only", () => {
    fresh().write("c1", "reply", "half a sentence");
    expect(fresh().text("c1", "reply")).toBe("half a sentence");
    expect(fresh("hub.work.ben.draft.").text("c1", "reply")).toBe("");
  });

  test("words the server never got win over the server's", () => {
    const drafts = fresh();
    drafts.write("c1", "reply", "written offline");
    drafts.meet("c1", "reply", "older");
    expect(drafts.text("c1", "reply")).toBe("written offline");
    expect(drafts.untold("c1")).toEqual([{ mode: "reply", text: "written offline" }]);
  });

  test("a draft that went on elsewhere replaces the one left here", () => {
    const drafts = fresh();
    drafts.write("c1", "reply", "begun here");
    drafts.told("c1", "reply", "begun here");
    drafts.meet("c1", "reply", "begun here, finished there");
    expect(drafts.text("c1", "reply")).toBe("begun here, finished there");
    drafts.meet("c1", "reply", "");
    expect(drafts.text("c1", "reply")).toBe("");
  });

  test("leave nothing behind when the conversation does", () => {
    const drafts = fresh();
    drafts.write("c1", "reply", "a");
    drafts.write("c1", "note", "b");
    drafts.forget("c1");
    expect(localStorage.length).toBe(0);
  });
});
