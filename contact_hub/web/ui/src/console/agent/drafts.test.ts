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
    drafts.echo("c1", "reply", "begun here");
    drafts.meet("c1", "reply", "begun here, finished there");
    expect(drafts.text("c1", "reply")).toBe("begun here, finished there");
    drafts.meet("c1", "reply", "");
    expect(drafts.text("c1", "reply")).toBe("");
  });

  test("a draft lost on its way to the server is not taken back by the server's older one", () => {
    const drafts = fresh();
    drafts.write("c1", "reply", "sent as the line broke");
    drafts.told("c1", "reply", "sent as the line broke");
    expect(drafts.untold("c1")).toEqual([]);
    drafts.meet("c1", "reply", "sent as");
    expect(drafts.text("c1", "reply")).toBe("sent as the line broke");
    expect(drafts.untold("c1")).toEqual([{ mode: "reply", text: "sent as the line broke" }]);
  });

  test("leave nothing on the device when the conversation does, and are handed back once", () => {
    const drafts = fresh();
    drafts.write("c1", "reply", "a");
    drafts.write("c.2", "note", "b");
    drafts.write("c3", "reply", "c");
    expect(fresh().keepOnly(new Set(["c3"]))).toEqual([
      { conversation: "c1", mode: "reply", text: "a" },
      { conversation: "c.2", mode: "note", text: "b" },
    ]);
    expect(fresh().keepOnly(new Set(["c3"]))).toEqual([]);
    expect(fresh().text("c3", "reply")).toBe("c");
  });
});
