/** Everything that is drawn: parts, sizes, colours; knows no server. */

import { Classes } from "./classes.js";
import { icon, MARKUP } from "./markup.js";
import { Notices } from "./notices.js";
import { fillChips, fillNames, fillPalette, readShares } from "./palette.js";
import { hoverText, intervalText } from "./readouts.js";
import { clock, frameCount } from "./scan.js";
import { Scrubber } from "./scrubber.js";
import { Stage } from "./stage.js";
import { Timeline } from "./timeline.js";

const TONES = "ground ink soft line accent veil playhead groove gap".split(" ");

export class Screen {
  #root;
  #redraw;

  /** @param does { label(name or null), seek(i), redraw() } */
  constructor(shadow, does) {
    shadow.innerHTML = MARKUP;
    this.part = (id) => shadow.getElementById(id);
    this.#root = this.part("root");
    this.#redraw = does.redraw;
    this.does = does;
    this.stage = new Stage(this.part("picture"));
    this.timeline = new Timeline(this.part("lanes"));
    this.notices = new Notices(this.part("toast"), this.part("strip"));
    const { part } = this;
    const bar = { slider: part("slider"), canvas: part("scrub"), preview: part("preview") };
    this.scrubber = new Scrubber(bar, does.seek);
    this.classes = new Classes([], "dark");
  }

  /** Keep sizes and colours right until the signal; `theme` is dark, light or null. */
  watch(signal) {
    const sizes = new ResizeObserver(() => this.resize());
    for (const id of ["stage", "slider"]) sizes.observe(this.part(id));
    sizes.observe(this.part("lanes").parentElement);
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  paint(theme) {
    this.#root.dataset.theme = theme;
    const style = getComputedStyle(this.#root);
    const tone = (name) => [name, style.getPropertyValue(`--${name}`).trim()];
    this.theme = Object.fromEntries(TONES.map(tone));
    this.theme.name = theme;
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const box = (id) => this.part(id).getBoundingClientRect();
    const stage = box("stage");
    this.stage.resize(stage.width, stage.height, ratio);
    const slider = box("slider");
    this.scrubber.resize(slider.width, slider.height, ratio);
    const lanes = this.part("lanes").parentElement.getBoundingClientRect();
    this.timeline.resize(lanes.width, ratio);
    this.#redraw();
  }

  /** Another scan, other classes or another theme. */
  show(scan, view, names, thumbnail, why = "") {
    this.classes = new Classes(names, this.theme.name);
    this.timeline.show(scan, view, this.classes, this.theme);
    this.scrubber.show(scan, this.classes, this.theme, thumbnail);
    fillPalette(this.part("classes"), this.classes, this.does.label);
    this.part("similar").hidden = !scan.similar;
    this.part("overlay").hidden = !scan.saliency;
    this.fillLanes(why);
  }

  /** No scan: nothing to draw and nothing to press. */
  empty() {
    const { timeline, notices } = this;
    Object.assign(timeline, { scan: null, planes: null, stretches: [], selection: null });
    this.scrubber.scan = null;
    this.stage.clear();
    notices.clear();
    notices.hush();
    for (const id of ["classes", "chips", "names"]) this.part(id).replaceChildren();
    delete this.part("chips").dataset.key;
    for (const id of ["tip", "span", "preview", "why"]) this.part(id).hidden = true;
    for (const id of ["lanes", "scrub"]) {
      const { width, height } = this.part(id);
      this.part(id).getContext("2d").clearRect(0, 0, width, height);
    }
    this.waiting(false);
  }

  /** Lanes of the classes the model knows; in their place, why there are none. */
  fillLanes(why) {
    this.why = why;
    const { timeline, classes, does } = this;
    const best = timeline.planes?.best ?? new Map();
    fillNames(this.part("names"), timeline.lanes, classes, best, does.seek);
    this.#root.style.setProperty("--lane", `${timeline.layout.tall}px`);
    this.part("why").textContent = why;
    this.part("why").hidden = !why;
    this.resize();
  }

  /** Stretches as they are now: sure ones and those not answered yet. */
  fillStretches(stretches) {
    this.timeline.stretches = stretches;
    this.timeline.touch();
    this.scrubber.touch();
    const n = stretches.filter((each) => each.label !== null).length;
    const words = n === 1 ? "1 labelled stretch" : `${n} labelled stretches`;
    this.part("lanes").setAttribute("aria-label", `Timeline with ${words}`);
  }

  /** Draw all but the picture, with the playhead at a frame. */
  draw(i, motion, labels) {
    const { timeline, scrubber, classes } = this;
    const { scan, view, planes } = timeline;
    timeline.draw(i);
    scrubber.draw(i, timeline.stretches, view);
    this.#put("time", clock(scan.times[i]));
    const [place, count] = [i + 1, scan.count].map((n) => n.toLocaleString("en-GB"));
    this.#put("place", `frame ${place} of ${count}`);
    if (planes) readShares(this.part("names"), planes.rows, i);
    fillChips(this.part("chips"), classes, timeline.stretchAt(i)?.label, this.#guess(i));
    this.#drawTarget(i);
    this.#drawTrack(view);
    this.#drawBar(motion, labels);
  }

  #drawBar(motion, labels) {
    this.playing(motion.playing);
    this.part("speed").value = String(motion.speed);
    this.part("repeat").setAttribute("aria-pressed", String(motion.loop));
    this.part("undo").disabled = !labels.can_undo;
    this.part("redo").disabled = !labels.can_redo;
  }

  /** The picture shown is not the one asked for yet. */
  waiting(now) {
    this.part("stage").classList.toggle("waiting", now);
  }

  #guess(i) {
    const { planes } = this.timeline;
    if (!planes) return "";
    const shares = planes.rows.map((row) => row[i]);
    const n = shares.indexOf(Math.max(...shares));
    return n < 0 ? "" : `${planes.classes[n]} ${shares[n].toFixed(2)}`;
  }

  #drawTarget(i) {
    const { scan, selection } = this.timeline;
    const label = this.timeline.stretchAt(i)?.label ?? null;
    const { first, last } = selection ?? { first: i, last: i };
    this.#put("what", selection ? `Label ${frameCount(last - first + 1)}` : "Label this frame");
    this.#put("when", scan.span(first, last));
    for (const button of this.part("classes").children)
      button.setAttribute("aria-pressed", String(label === (button.dataset.label ?? null)));
  }

  #drawTrack(view) {
    const all = view.scan.end - view.scan.start;
    const thumb = this.part("thumb");
    this.part("track").classList.toggle("on", !view.whole);
    thumb.style.left = `${((view.start - view.scan.start) / all) * 100}%`;
    thumb.style.width = `${(view.span / all) * 100}%`;
  }

  /** What is under the mouse on the timeline. */
  hover(x, y) {
    const tip = this.part("tip");
    tip.hidden = x === null || !this.timeline.scan;
    if (tip.hidden) return;
    this.#put("tip", hoverText(this.timeline, x, y));
    this.#float(tip, x, y);
    const hit = this.timeline.hit(x, y);
    const pointer = hit.best !== undefined || hit.stretch;
    const edge = hit.edge ? "ew-resize" : pointer ? "pointer" : "";
    this.part("lanes").style.cursor = edge || (hit.row === "labels" ? "crosshair" : "");
  }

  /** Times and length of the interval while it is dragged. */
  measure(selection) {
    const chip = this.part("span");
    chip.hidden = !selection;
    if (!selection) return;
    this.part("tip").hidden = true;
    const { timeline } = this;
    const { first, last } = selection;
    const middle = (timeline.scan.times[first] + timeline.scan.until(last)) / 2;
    this.#put("span", intervalText(timeline.scan, first, last));
    this.#float(chip, timeline.view.x(middle, timeline.width), timeline.layout.labels.y);
  }

  #float(chip, x, y) {
    const half = chip.offsetWidth / 2 + 2;
    const left = Math.min(this.timeline.width - half, Math.max(half, x));
    chip.style.left = `${left}px`;
    chip.style.top = `${y}px`;
  }

  /** The switch and the slider of where the model looks. */
  overlay(muted, opacity) {
    this.part("mute").setAttribute("aria-pressed", String(!muted));
    this.part("opacity").disabled = muted;
    this.part("opacity").value = 100 * opacity;
  }

  help(figures) {
    this.#put("figures", figures);
    this.part("panel").showModal();
  }

  playing(now) {
    const button = this.part("toggle");
    if (button.dataset.playing === String(now)) return;
    button.dataset.playing = String(now);
    button.innerHTML = icon(now ? "pause" : "play");
    button.title = now ? "Pause (Space)" : "Play (Space)";
    button.setAttribute("aria-label", button.title);
  }

  #put(id, text) {
    const element = this.part(id);
    if (element.textContent !== text) element.textContent = text;
  }
}
