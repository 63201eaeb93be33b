// Keys, what they choose, and what they ask for.

import { describe, expect, test } from "vitest";
import { findNext } from "../../../src/cli/live/find.ts";
import { keysIn } from "../../../src/cli/live/keys.ts";
import {
  type AllowedKeys,
  type Choices,
  type Key,
  press,
  settled,
  startView,
  type ViewState,
} from "../../../src/cli/live/view-state.ts";
import { audit, momentOf, process } from "./moment.ts";

const choices: Choices = {
  mappings: ["m1", "m2"],
  batches: [
    { mapping: "m1", name: "9" },
    { mapping: "m1", name: "8" },
  ],
  lastTop: 19,
};
const all: AllowedKeys = { hasKeys: true, canPause: true, canPoison: true, canExplain: true };
const typed = (text: string): readonly Key[] => keysIn(text);

function after(keys: string, from: ViewState = startView, allowed: AllowedKeys = all) {
  let view = settled(from, choices);
  const actions: string[] = [];
  for (const key of typed(keys)) {
    const pressed = press(view, key, choices, allowed);
    view = pressed.view;
    if (pressed.action !== null) actions.push(pressed.action);
  }
  return { view, actions };
}

const down = "\u001b[B";
const up = "\u001b[A";

describe("keys", () => {
  test("what a terminal sends", () => {
    expect(typed("a\u001b[A\u001bOB\u001b[5~\u001b[6~\t\r\u007f\u0003\u001a\u001bé").map(({ kind }) => kind)).toEqual([
      "text",
      "up",
      "down",
      "pageUp",
      "pageDown",
      "tab",
      "enter",
      "erase",
      "interrupt",
      "suspend",
      "escape",
      "text",
    ]);
  });

  test("sequences that are no key of ours are passed over, not typed", () => {
    expect(typed("\u001b[1;5C\u001b[200~\u001bOP\u0007")).toEqual([]);
  });
});

describe("choosing", () => {
  test("the first mapping to begin with; up and down run through the mappings and on into the batches", () => {
    expect(after("").view).toMatchObject({ mapping: "m1", batch: null });
    expect(after("j").view).toMatchObject({ mapping: "m2", batch: null });
    expect(after(`${down}${down}`).view).toMatchObject({ mapping: "m2", batch: { name: "9" } });
    expect(after(`${down}${down}${down}${down}${down}`).view.batch).toMatchObject({ name: "8" });
    expect(after(`jjj${up}k`).view).toMatchObject({ mapping: "m2", batch: null });
    expect(after("kkkk").view).toMatchObject({ mapping: "m1", batch: null });
  });

  test("Tab goes between mappings and batches", () => {
    expect(after("\t").view.batch).toMatchObject({ name: "9" });
    expect(after("\t\t").view.batch).toBeNull();
  });

  test("what was chosen and is gone is let go", () => {
    const view = { ...startView, mapping: "gone", batch: { mapping: "m1", name: "1" } };
    expect(settled(view, choices)).toMatchObject({ mapping: "m1", batch: null });
  });
});

describe("actions", () => {
  test("each key asks for its action", () => {
    expect(after("psxef?q").actions).toEqual(["pause", "step", "poison", "explain", "freeze", "legend", "quit"]);
    expect(after("\u0003\u001a\r").actions).toEqual(["quit", "suspend", "explain"]);
  });

  test("a key that does not work now does nothing", () => {
    const none = { hasKeys: true, canPause: false, canPoison: false, canExplain: false };
    expect(after("psxe\r", startView, none).actions).toEqual([]);
  });

  test("an open text is turned, and any other key closes it; Ctrl-C is heard all the same", () => {
    const page = { title: "t", lines: Array.from({ length: 40 }, (_, index) => `${index}`), top: 0 };
    const open = { ...startView, page };
    expect(after("jj ", open).view.page).toMatchObject({ top: 12 });
    expect(after("jj  ", open).view.page).toMatchObject({ top: 19 });
    expect(after(`jj${up}${up}${up}`, open).view.page).toMatchObject({ top: 0 });
    expect(after("q", open)).toMatchObject({ view: { page: null }, actions: [] });
    expect(after("\u0003", open).actions).toEqual(["quit"]);
  });

  test("what is typed behind / is no command; Enter looks for it, Esc leaves it", () => {
    expect(after("/qpx")).toMatchObject({ view: { finding: "qpx" }, actions: [] });
    expect(after("/qpx\u007f\r")).toMatchObject({ view: { finding: "qp" }, actions: ["find"] });
    expect(after("/q\u001b").view.finding).toBeNull();
    expect(after("/\u007f").view.finding).toBeNull();
    expect(after("/\r")).toMatchObject({ view: { finding: null }, actions: [] });
  });
});

describe("find", () => {
  const model = momentOf();
  const find = (text: string, view: Partial<ViewState> = {}) =>
    findNext({ model, view: { ...startView, mapping: process, ...view } }, text);

  test("a mapping by a part of its function, its source or its id", () => {
    expect(find("audit")).toMatchObject({ mapping: audit, batch: null });
    expect(find("B0C4")).toMatchObject({ mapping: audit });
  });

  test("the same words again find the next one, and come round", () => {
    expect(find("kinesis:orders")).toMatchObject({ mapping: audit });
    expect(find("kinesis:orders", { mapping: audit })).toMatchObject({ mapping: process });
  });

  test("a batch by its number, or by a request of its own or of a half", () => {
    expect(find("batch 28")?.batch).toEqual({ mapping: process, name: "28" });
    expect(find("3f9c")?.batch).toEqual({ mapping: process, name: "29" });
    expect(find("52ad7710")?.batch).toEqual({ mapping: process, name: "29" });
  });

  test("nothing", () => {
    expect(find("nowhere")).toBeNull();
  });
});
