/** Labelling: choose an interval, give or remove a label, trim, undo, redo. */

import { changeText } from "./readouts.js";

// Times of frames come rounded to a millisecond: without some slack the frame itself
// might lie outside its label.
const SLACK_S = 0.0006;

/**
 * Actions on labels. `desk` is what the player lets them see: { scan, index, labels,
 * author, screen, seek(i), redraw(), changed(), fail(…), tell(…) }, shared by its parts.
 */
export function labelling(desk) {
  const timeline = () => desk.screen.timeline;

  /** Send one decision; it is drawn before the answer comes. */
  async function send(label, first, last, words) {
    const { labels, scan, screen } = desk;
    if (!desk.author.trim()) {
      desk.fail("label", new Error("Say who you are before you label."), null);
      return false;
    }
    const start_s = rounded(scan.times[first] - SLACK_S);
    const end_s = rounded(scan.times[last] + SLACK_S);
    try {
      await labels.give(label, start_s, end_s, desk.changed);
    } catch (error) {
      const again = () => send(label, first, last, words);
      if (labels === desk.labels) desk.changed();
      desk.fail("label", error, labels === desk.labels ? again : null);
      return false;
    }
    if (labels !== desk.labels) return true;
    desk.changed();
    screen.notices.clear("label");
    screen.notices.say(words, "Undo", actions.undo);
    desk.tell("labelled", { stretches: labels.stretches });
    return true;
  }

  /** Give the label to what is chosen, or to the frame of the playhead. */
  function give(label) {
    if (!desk.scan) return;
    const chosen = timeline().selection ?? { first: desk.index, last: desk.index };
    const { first, last } = chosen;
    if (label === null && !anything(first, last)) {
      desk.screen.notices.say("There is no label here.");
      return;
    }
    const where = desk.scan.span(first, last);
    const words = label === null ? `No label · ${where}` : `${label} · ${where}`;
    if (timeline().selection)
      choose(first, last, label === null ? null : { label }, true);
    send(label, first, last, words);
  }

  function anything(first, last) {
    return timeline().stretches.some((each) => {
      const frames = desk.scan.frames(each.start_s, each.end_s);
      return each.label !== null && frames && frames[0] <= last && first <= frames[1];
    });
  }

  function choose(first, last, stretch = null, spent = false) {
    timeline().selection = first === null ? null : { first, last, stretch, spent };
    desk.redraw();
  }

  /** Choose what is being dragged, and show how long it is. */
  function drag(first, last, stretch) {
    choose(first, last, stretch);
    desk.screen.measure(timeline().selection);
  }

  /** An edge was dragged: a label that was chosen follows. */
  async function finish(first, last) {
    const { selection } = timeline();
    const label = selection?.stretch?.label;
    if (!label || (selection.first === first && selection.last === last)) return;
    const { first: from, last: to } = selection;
    const words = `${label} · now ${desk.scan.span(from, to)}`;
    if (from < first || to > last) await send(label, from, to, words);
    if (from > first) await send(null, first, Math.min(last, from - 1), words);
    if (to < last) await send(null, Math.max(first, to + 1), last, words);
  }

  async function takeBack(kind, word) {
    const { labels, scan, screen } = desk;
    if (!labels?.[`can_${kind}`] && !labels?.pending.length) {
      screen.notices.say(`There is nothing to ${kind}.`);
      return;
    }
    timeline().selection = null;
    try {
      const changes = await labels[kind]();
      if (labels !== desk.labels) return;
      const other = kind === "undo" ? "redo" : "undo";
      const back = other === "redo" ? "Redo" : "Undo";
      screen.notices.say(changeText(scan, word, changes), back, actions[other]);
      desk.tell("labelled", { stretches: labels.stretches });
    } catch (error) {
      desk.fail("label", error, () => takeBack(kind, word));
    }
    desk.changed();
  }

  function mark(side) {
    if (!desk.scan) return;
    const { index } = desk;
    const { first, last } = timeline().selection ?? { first: index, last: index };
    if (side === "first") choose(index, Math.max(index, last));
    else choose(Math.min(first, index), index);
  }

  /** To the next frame where a label begins, or the last before one ends. */
  function border(direction) {
    const edges = new Set();
    for (const each of timeline().stretches) {
      const frames = desk.scan?.frames(each.start_s, each.end_s) ?? [];
      for (const i of frames) if ((i - desk.index) * direction > 0) edges.add(i);
    }
    if (edges.size) desk.seek(direction > 0 ? Math.min(...edges) : Math.max(...edges));
  }

  const actions = {
    give,
    label: (number) => {
      const name = number ? desk.screen.classes.names[number - 1] : null;
      if (name === undefined) desk.screen.notices.say(`There is no class ${number}.`);
      else give(name);
    },
    choose,
    drag,
    settle: () => desk.screen.measure(null),
    finish,
    release: () => choose(null),
    mark,
    border,
    undo: () => takeBack("undo", "Undone"),
    redo: () => takeBack("redo", "Redone"),
  };
  return actions;
}

const rounded = (time_s) => Math.round(time_s * 1e4) / 1e4;
