import { afterEach, describe, expect, test } from "vitest";
import { roving } from "./roving";

/** Two days of three hours; where things are drawn is not known here, and along a row that flows it does not matter. */
function twoDays(direction: "ltr" | "rtl"): { press: (key: string) => string | undefined } {
  document.body.innerHTML = `<table style="direction: ${direction}"><tbody>
    <tr><td></td><td><button>1-22</button></td><td><button>1-23</button></td></tr>
    <tr><td><button>2-00</button></td><td><button>2-01</button></td><td></td></tr></tbody></table>`;
  const table = document.querySelector("table") as HTMLTableElement;
  roving(table, { selector: "button", flowing: true });
  table.querySelector("button")?.focus();
  return {
    press(key) {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      return document.activeElement?.textContent;
    },
  };
}

describe("arrows along rows that flow", () => {
  afterEach(() => (document.body.innerHTML = ""));

  test("go on with the next row, and stop at the very end", () => {
    const { press } = twoDays("ltr");
    expect([1, 2, 3, 4].map(() => press("ArrowRight"))).toEqual(["1-23", "2-00", "2-01", "2-01"]);
    expect([1, 2, 3, 4].map(() => press("ArrowLeft"))).toEqual(["2-00", "1-23", "1-22", "1-22"]);
  });

  test("follow the reading where it goes from the right", () => {
    const { press } = twoDays("rtl");
    expect([1, 2, 3].map(() => press("ArrowLeft"))).toEqual(["1-23", "2-00", "2-01"]);
    expect(press("ArrowRight")).toBe("2-00");
  });

  test("leave one stop for the Tab key", () => {
    const { press } = twoDays("ltr");
    press("ArrowRight");
    expect([...document.querySelectorAll("button")].map((one) => one.tabIndex)).toEqual([-1, 0, -1, -1]);
  });
});
