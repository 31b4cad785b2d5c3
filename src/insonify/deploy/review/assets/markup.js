/** What the element is made of. */

import { GESTURES, HELP } from "./keys.js";
import { SPEEDS } from "./motion.js";

const ICONS = {
  play: "M7 4.5v15l12.5-7.5z",
  pause: "M6.5 5h4v14h-4zM13.5 5h4v14h-4z",
  back: "M15.5 5v14L7 12z",
  on: "M8.5 5v14l8.5-7z",
  repeat: "M7 7h9v3l4-4-4-4v3H5v7h2zM17 17H8v-3l-4 4 4 4v-3h11v-7h-2z",
  eye: "M12 5C7 5 3 8.5 1.5 12 3 15.5 7 19 12 19s9-3.5 10.5-7C21 8.5 17 5 12 5zm0 11.5a4.5 4.5 0 110-9 4.5 4.5 0 010 9zm0-2.5a2 2 0 100-4 2 2 0 000 4z",
  similar: "M3 3h8v8H3zM13 3h8v8h-8zM3 13h8v8H3zM15 14h4v2h-4zM15 18h6v2h-6z",
  undo: "M8 5 3 10l5 5v-3.5h5.5a3.5 3.5 0 010 7H8V21h5.5a6 6 0 000-12H8z",
  redo: "M16 5l5 5-5 5v-3.5h-5.5a3.5 3.5 0 000 7H16V21h-5.5a6 6 0 010-12H16z",
  out: "M5 11h14v2H5z",
  in: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  whole: "M2 6h2v12H2zM20 6h2v12h-2zM5 12l4-4v3h6V8l4 4-4 4v-3H9v3z",
  full: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  help: "M9 9a3 3 0 116 0c0 2.5-3 2.6-3 5h0M12 17.5v.6",
};

/** An icon; drawn as lines where it is not a shape. */
export function icon(name) {
  const kind = name === "help" ? ' class="lines"' : "";
  return `<svg viewBox="0 0 24 24" aria-hidden="true"${kind}><path d="${ICONS[name]}"/></svg>`;
}

const button = (id, name, title, more = "") =>
  `<button id="${id}" type="button" title="${title}" aria-label="${title}" ${more}>` +
  `${icon(name)}</button>`;

const rows = (pairs) =>
  pairs
    .map(([keys, does]) => {
      const shown = keys.replace(/\S+/g, (key) => (key === "–" ? key : `<kbd>${key}</kbd>`));
      return `<dt>${shown}</dt><dd>${does}</dd>`;
    })
    .join("");

const said = (pairs) => pairs.map(([how, does]) => `<dt>${how}</dt><dd>${does}</dd>`).join("");

const speed = (each) =>
  `<option value="${each}" ${each === 1 ? "selected" : ""}>${each} ×</option>`;

export const MARKUP = `
<div class="root" id="root">
  <div class="stage" id="stage">
    <canvas id="picture" role="img" aria-label="Ultrasound frame"></canvas>
    <div class="chips" id="chips"></div>
    <div class="pending" id="pending">loading this frame…</div>
    <div class="strip" id="strip" role="alert" hidden>
      <span></span><button type="button">Try again</button>
      <button type="button" aria-label="Dismiss" title="Dismiss">×</button>
    </div>
    <div class="toast" id="toast" role="status"><span></span><button type="button"></button></div>
  </div>
  <div class="row whole">
    <span class="time" id="time">–:––</span>
    <div class="slider" id="slider" role="slider" tabindex="0" aria-label="Playhead"
      aria-valuemin="0" aria-valuemax="0" aria-valuenow="0">
      <canvas id="scrub"></canvas>
      <div class="preview" id="preview" hidden><img alt=""><span></span></div>
    </div>
  </div>
  <div class="bar" role="toolbar" aria-label="Playback">
    <div class="group">
      ${button("back", "back", "One frame back (←)")}
      ${button("toggle", "play", "Play (Space)", 'class="main"')}
      ${button("on", "on", "One frame on (→)")}
      <select id="speed" aria-label="Speed" title="Speed (J, L)">${SPEEDS.map(speed).join("")}</select>
      ${button("repeat", "repeat", "Repeat at the end (R)", 'aria-pressed="false"')}
      <span class="place" id="place"></span>
    </div>
    <div class="group" id="overlay" hidden>
      ${button("mute", "eye", "Where the model looks (M)", 'aria-pressed="true"')}
      <input id="opacity" type="range" min="0" max="100" value="60" aria-label="Opacity of where the model looks" title="Opacity">
    </div>
    <div class="group">
      <button id="similar" type="button" class="worded" title="Find similar frames (S)" hidden>${icon("similar")}<span>Similar</span></button>
      ${button("full", "full", "Full screen (F)")}
      ${button("help", "help", "Keys and gestures (?)")}
    </div>
  </div>
  <div class="row deck">
    <div class="gutter" id="gutter">
      <div class="zoom" role="group" aria-label="Zoom of the timeline">
        ${button("out", "out", "Zoom out (−)")}
        ${button("whole", "whole", "Whole scan (W)")}
        ${button("in", "in", "Zoom in (+)")}
      </div>
      <div id="names"></div>
      <div class="name labels">Labels</div>
    </div>
    <div class="lanes">
      <canvas id="lanes" role="img" aria-label="Timeline"></canvas>
      <div class="tip" id="tip" hidden></div>
      <div class="tip span" id="span" hidden></div>
      <div class="why" id="why" hidden></div>
      <div class="track" id="track"><div class="thumb" id="thumb"></div></div>
    </div>
  </div>
  <div class="palette" role="toolbar" aria-label="Labels">
    <div class="target"><span id="what"></span><small id="when"></small></div>
    <div class="classes" id="classes"></div>
    <div class="group">
      ${button("undo", "undo", "Undo (Ctrl+Z)", "disabled")}
      ${button("redo", "redo", "Redo (Ctrl+Shift+Z)", "disabled")}
    </div>
  </div>
  <dialog id="panel" aria-labelledby="heading">
    <form method="dialog"><h2 id="heading">Keys and gestures</h2>
      <button aria-label="Close" title="Close (Esc)">×</button></form>
    <div class="columns"><dl>${rows(HELP)}</dl><dl class="gestures">${said(GESTURES)}</dl></div>
    <p class="figures" id="figures"></p>
  </dialog>
</div>`;
