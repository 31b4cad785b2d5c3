/** What a pointer over the timeline is told, in words. */

import { clock, frameCount } from "./scan.js";

/** "0:03.20 – 0:05.60 · 2.40 s · 73 frames" of an interval of frames. */
export function intervalText(scan, first, last) {
  const lasts = (scan.until(last) - scan.times[first]).toFixed(2);
  return `${scan.span(first, last)} · ${lasts} s · ${frameCount(last - first + 1)}`;
}

/** "head · 0:03.20 – 0:05.60" of a stretch. */
function stretchText(scan, stretch) {
  const frames = scan.frames(stretch.start_s, stretch.end_s);
  const when = frames ? scan.span(...frames) : "no frame";
  return `${stretch.label ?? "no label"} · ${when}`;
}

function whoText(stretch) {
  if (stretch.pending) return "being saved";
  if (!stretch.author) return "came with the scan";
  const when = new Date(stretch.unix_ms);
  const format = { dateStyle: "medium", timeStyle: "short" };
  return `by ${stretch.author}, ${when.toLocaleString("en-GB", format)}`;
}

/** What there is to say of a place on the timeline. */
export function hoverText(timeline, x, y) {
  const { scan } = timeline;
  const hit = timeline.hit(x, y);
  const i = timeline.frame(x);
  const when = clock(scan.times[i]);
  if (hit.edge) return "Drag to move this end";
  if (hit.row === "labels")
    return hit.stretch
      ? `${stretchText(scan, hit.stretch)} · ${whoText(hit.stretch)}`
      : `${when} · drag to choose an interval`;
  if (hit.row !== "class") return when;
  const name = timeline.lanes[hit.n];
  const frame = hit.best ?? i;
  const share = timeline.planes.rows[hit.n][frame].toFixed(2);
  if (hit.best === undefined) return `${name} ${share} · ${when}`;
  return `Best frame of ${name}: ${share} at ${clock(scan.times[frame])}`;
}

/** What an undo or a redo changed. */
export function changeText(scan, word, { gone, back }) {
  const parts = [];
  const few = (stretches) =>
    stretches.length > 2
      ? `${stretches.length} stretches`
      : stretches.map((each) => stretchText(scan, each)).join(", ");
  if (gone.length) parts.push(`took away ${few(gone)}`);
  if (back.length) parts.push(`brought back ${few(back)}`);
  return parts.length ? `${word}: ${parts.join("; ")}` : word;
}

/** One line of figures for the help panel. */
export function figuresText(figures) {
  const seeks = [...figures.seek_ms].sort((a, b) => a - b);
  const usual = seeks.length ? `${Math.round(seeks[seeks.length >> 1])} ms` : "–";
  const first = figures.first_frame_ms;
  return [
    `first frame ${first === null ? "–" : `${Math.round(first)} ms`}`,
    `a frame while scrubbing ${usual} (median)`,
    `${figures.cached} frames kept (${Math.round(figures.megabytes)} MB)`,
    `${figures.shown} shown, ${figures.missed} late`,
  ].join(" · ");
}
