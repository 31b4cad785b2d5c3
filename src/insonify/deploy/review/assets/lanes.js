/** Drawing lanes: every function paints one kind of thing into a row of a canvas. */

import { clock } from "./scan.js";

const STEPS_S = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800,
];
const TICK_PX = 84;

/**
 * The greatest of `values` in each pixel: what a lane can show of many frames.
 *
 * A pixel between two frames has the value of the frame on the screen then; one in a gap
 * between segments has none (−1).
 */
export function pooled(values, scan, view, width) {
  const most = new Float32Array(width).fill(-1);
  let i = scan.at(view.start);
  for (let x = 0; x < width; x++) {
    const [from, to] = [view.time(x, width), view.time(x + 1, width)];
    while (i + 1 < scan.count && scan.times[i + 1] <= from) i += 1;
    if (scan.times[i] <= to && from < scan.until(i)) most[x] = values[i];
    for (let k = i + 1; k < scan.count && scan.times[k] < to; k++)
      if (values[k] > most[x]) most[x] = values[k];
  }
  return most;
}

/** A probability lane: an area with a crisp edge. `row` is { y, height }. */
export function drawProbabilities(context, most, row, colour) {
  const tall = row.height - 3;
  const base = row.y + row.height - 1;
  context.fillStyle = colour;
  for (const [alpha, edge] of [[0.38, false], [1, true]]) {
    context.globalAlpha = alpha;
    context.beginPath();
    for (let x = 0; x < most.length; x++) {
      if (most[x] < 0) continue;
      const top = base - most[x] * tall;
      if (!edge) context.rect(x, top, 1, base - top);
      else {
        const last = base - Math.max(0, most[Math.max(0, x - 1)]) * tall;
        context.rect(x, Math.min(top, last) - 0.75, 1, Math.abs(top - last) + 1.5);
      }
    }
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Times along the top; returns nothing, draws ticks and numbers. */
export function drawRuler(context, view, width, row, theme) {
  const step = STEPS_S.find((each) => (each / view.span) * width >= TICK_PX) ?? 3600;
  const decimals = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let n = Math.ceil(view.start / step); n * step < view.end; n++) {
    const x = Math.round(view.x(n * step, width)) + 0.5;
    context.fillStyle = theme.line;
    context.fillRect(x, row.y, 1, row.height);
    context.fillStyle = theme.soft;
    context.fillText(clock(n * step, decimals), x + 5, row.y + row.height / 2);
  }
}

/** A tick a frame once frames are far enough apart to be told apart. */
export function drawFrameTicks(context, scan, view, width, row, theme) {
  if ((scan.frame_s / view.span) * width < 5) return;
  context.fillStyle = theme.soft;
  for (let i = scan.at(view.start); i < scan.count && scan.times[i] < view.end; i++)
    context.fillRect(view.x(scan.times[i], width), row.y, 1, 4);
}

/** Faint bands where one segment has ended and the next has not begun. */
export function drawGaps(context, scan, view, width, row, theme) {
  for (const i of scan.breaks) {
    const from = view.x(scan.until(i), width);
    const to = view.x(scan.times[i + 1], width);
    if (to < 0 || from > width) continue;
    context.fillStyle = theme.gap;
    context.fillRect(from, row.y, Math.max(1, to - from), row.height);
  }
}

/** Labelled stretches; names where there is room. */
export function drawStretches(context, stretches, scan, view, width, row, classes) {
  context.font = "600 12px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (const stretch of stretches) {
    const frames = scan.frames(stretch.start_s, stretch.end_s);
    if (!frames) continue;
    const from = view.x(scan.times[frames[0]], width);
    const to = Math.max(from + 2, view.x(scan.until(frames[1]), width));
    if (to < 0 || from > width) continue;
    const box = [from, row.y, to - from, row.height];
    if (stretch.label === null) {
      context.fillStyle = classes.theme === "dark" ? "#14171ccc" : "#ffffffcc";
      context.fillRect(...box);
      continue;
    }
    classes.fill(context, stretch.label, ...box, stretch.pending ? 0.55 : 1);
    if (row.height >= 14) drawName(context, stretch.label, from, to, row, classes);
  }
}

function drawName(context, label, from, to, row, classes) {
  const left = Math.max(from, 0) + 4;
  const room = to - left - 4;
  const key = classes.key(label);
  const full = key ? `${key} ${label}` : label;
  const text = context.measureText(full).width <= room ? full : key;
  const wide = context.measureText(text).width;
  if (!text || wide > room) return;
  context.fillStyle = classes.colour(label);
  context.fillRect(left - 3, row.y + 3, wide + 6, row.height - 6);
  context.fillStyle = classes.ink;
  context.fillText(text, left, row.y + row.height / 2 + 0.5);
}

/** A diamond at a class's best frame. */
export function drawBest(context, x, row, colour, theme) {
  const middle = row.y + row.height / 2;
  context.beginPath();
  context.moveTo(x, middle - 6);
  context.lineTo(x + 6, middle);
  context.lineTo(x, middle + 6);
  context.lineTo(x - 6, middle);
  context.closePath();
  context.lineWidth = 3;
  context.strokeStyle = theme.ground;
  context.stroke();
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = theme.ink;
  context.stroke();
}

/** A chosen interval: a veil, two handles, and what it spans. */
export function drawSelection(context, selection, scan, view, width, rows, theme) {
  const from = view.x(scan.times[selection.first], width);
  const to = Math.max(from + 2, view.x(scan.until(selection.last), width));
  const row = rows.at(-1);
  const [top, bottom] = [rows[0].y, row.y + row.height];
  context.fillStyle = theme.veil;
  context.fillRect(from, top, to - from, row.y - top);
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.strokeRect(from, row.y + 1, to - from, row.height - 3);
  for (const x of [from, to]) {
    context.fillStyle = theme.accent;
    context.fillRect(x - 1, top, 2, bottom - top);
    context.beginPath();
    context.roundRect(x - 4, row.y + 2, 8, row.height - 5, 3);
    context.fillStyle = theme.ink;
    context.fill();
    context.fillStyle = theme.ground;
    context.fillRect(x - 0.5, row.y + 9, 1, row.height - 19);
  }
}
