/** Keys: one table for what they do and for the panel that explains them. */

import { KEYS } from "./classes.js";

const LETTERS = KEYS.replace(/\d/g, "");

/** Each: keys as written in the panel, what they do. */
export const HELP = [
  ["Space", "play or pause"],
  ["← →", "one frame back or on (with Shift: one second)"],
  ["J K L", "play backwards, stop, play; J or L again: twice as fast"],
  ["Home End", "first and last frame"],
  ["1 – 9", "give the label to the chosen interval, or to this frame"],
  [[...LETTERS.toUpperCase()].join(" "), "the same, for the tenth class and further ones"],
  ["0 Backspace Delete", "remove the label there"],
  ["I O", "begin and end an interval at this frame"],
  ["Esc", "let go of the interval"],
  ["Ctrl+Z Ctrl+Shift+Z", "undo, redo"],
  ["Shift+1 – 9", "go to the best frame of a class; so with the letters"],
  ["[ ]", "previous or next edge of a label"],
  ["+ − W", "zoom the timeline in, out, whole scan"],
  ["M", "show or hide where the model looks"],
  ["S", "find similar frames"],
  ["R", "repeat at the end"],
  ["F", "full screen"],
  ["?", "this panel"],
];

export const GESTURES = [
  ["Drag on the labels", "choose an interval; Shift+drag anywhere on the timeline too"],
  ["Click a label", "choose it; drag its edges to trim it"],
  ["Wheel on the picture", "frame by frame"],
  ["Wheel or pinch on the timeline", "zoom; with Shift or sideways: move"],
];

const PLAIN = {
  " ": ["toggle"],
  arrowleft: ["step", -1],
  arrowright: ["step", 1],
  j: ["shuttle", -1],
  k: ["pause"],
  l: ["shuttle", 1],
  home: ["edge", -1],
  end: ["edge", 1],
  backspace: ["label", 0],
  delete: ["label", 0],
  i: ["mark", "first"],
  o: ["mark", "last"],
  escape: ["release"],
  "[": ["border", -1],
  "]": ["border", 1],
  "+": ["zoom", 0.5],
  "=": ["zoom", 0.5],
  "-": ["zoom", 2],
  "−": ["zoom", 2],
  w: ["zoom", Infinity],
  m: ["mute"],
  s: ["similar"],
  r: ["repeat"],
  f: ["fullscreen"],
  "?": ["help"],
};
const ONCE = new Set("toggle label mute similar repeat fullscreen help undo redo".split(" "));

/** The action of a key as [name, argument], or null. Repeats of a held key only step. */
export function action(event) {
  const found = event.ctrlKey || event.metaKey ? command(event) : plain(event);
  return found && event.repeat && ONCE.has(found[0]) ? null : found;
}

function command(event) {
  if (event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === "z") return [event.shiftKey ? "redo" : "undo"];
  return key === "y" ? ["redo"] : null;
}

function plain(event) {
  if (event.altKey) return null;
  const key = event.key.toLowerCase();
  if (event.shiftKey && key === "arrowleft") return ["second", -1];
  if (event.shiftKey && key === "arrowright") return ["second", 1];
  // By place where the layout has digits behind Shift (AZERTY), else as written.
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code ?? "")?.[1];
  if (/^\d$/.test(key) && !event.shiftKey) return ["label", Number(key)];
  if (event.shiftKey && place && place !== "0") return ["best", Number(place)];
  if (PLAIN[key]) return PLAIN[key];
  if (key.length === 1 && LETTERS.includes(key))
    return [event.shiftKey ? "best" : "label", KEYS.indexOf(key) + 1];
  return place && !event.shiftKey ? ["label", Number(place)] : null;
}

const WRITING = "textarea, select, [contenteditable]:not([contenteditable=false])";
const TYPED = "text search email url tel password number date time".split(" ");

/** Whether a key belongs to something else: a text field, a dialogue, a focused button. */
export function taken(event, host) {
  if (event.defaultPrevented || event.isComposing) return true;
  const path = event.composedPath().filter((each) => each instanceof Element);
  const at = path[0];
  if (!at) return false;
  if (at.matches(WRITING) || at.isContentEditable) return true;
  if (at.matches("input") && TYPED.includes(at.type)) return true;
  const inside = path.includes(host);
  if (path.some((each) => each.matches("dialog, [role=dialog], [aria-modal=true]")))
    return true;
  if (at.matches("input[type=range]")) return /^(Arrow|Home|End|Page)/.test(event.key);
  if (at.matches("button, a[href], summary, input, [role=button]"))
    return event.key === " " || event.key === "Enter";
  const list = "[role=listbox], [role=menu], [role=grid], [role=radiogroup], [role=slider]";
  return !inside && path.some((each) => each.matches(list)) && event.key.length > 1;
}
