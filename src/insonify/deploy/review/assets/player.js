/**
 * `<insonify-player video="…" author="…" base="/api" frame="0" theme="dark" loop>`:
 * watch a scan, see what the model sees, label it.
 *
 * Methods: `seek(i)`, `reload("planes" | "labels" | "scan")`, `figures()`; property
 * `current`. Events (bubbling): `frame`, `labelled`, `similar`, `failed`. `theme` is
 * that of the system if it is left out; `frame` is where a video starts.
 */

import { Api, reason } from "./api.js";
import { listen, wire } from "./controls.js";
import { labelling } from "./labelling.js";
import { Labels } from "./labels.js";
import { Motion } from "./motion.js";
import { moving } from "./moving.js";
import { Pictures } from "./pictures.js";
import { figuresText } from "./readouts.js";
import { Scan } from "./scan.js";
import { Screen } from "./screen.js";
import { View } from "./view.js";

const EVENT_MS = 100; // between `frame` events

const sheet = new CSSStyleSheet();
const answer = await fetch(new URL("player.css", import.meta.url));
if (answer.ok) sheet.replaceSync(await answer.text());

export class InsonifyPlayer extends HTMLElement {
  static observedAttributes = ["video", "base", "author", "theme", "loop"];

  #desk; // what the parts share
  #actions;
  #here = null; // aborted as the element leaves the page
  #life = new AbortController(); // aborted as another video comes
  #asked = {}; // what is being reloaded → its AbortController
  #ticking = 0;
  #announcing = 0;
  #announced = -1;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet];
    this.#desk = this.#makeDesk(shadow);
    const actions = { ...moving(this.#desk), ...labelling(this.#desk), ...this.#looks() };
    this.#actions = Object.assign(this.#desk, actions);
    this.#desk.pointing = wire(this, this.#desk.screen, this.#actions);
  }

  #makeDesk(shadow) {
    const does = {
      label: (name) => this.#actions.give(name),
      seek: (i) => this.seek(i),
      redraw: () => this.#later(),
    };
    return {
      ...{ api: null, scan: null, view: null, pictures: null, labels: null },
      ...{ index: 0, direction: 1, motion: new Motion(), author: "" },
      screen: new Screen(shadow, does),
      redraw: () => this.#later(),
      moved: () => this.#announce(),
      changed: () => this.#labelsChanged(),
      fail: (about, error, again) => this.#fail(about, error, again),
      tell: (name, detail) => this.#tell(name, detail),
    };
  }

  /** Actions on how things look. */
  #looks() {
    const desk = this.#desk;
    return {
      mute: () => this.#mute(!desk.pictures?.muted, true),
      opacity: (share) => {
        if (desk.pictures) desk.pictures.opacity = share;
        this.#later();
      },
      similar: () => desk.scan?.similar && this.#tell("similar", { frame: desk.index }),
      repeat: () => this.toggleAttribute("loop"),
      fullscreen: () =>
        document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen?.(),
      help: () => desk.screen.help(figuresText(this.figures())),
      hover: (x, y) => desk.screen.hover(x, y),
      scrolled: () => {
        desk.screen.timeline.touch();
        this.#later();
      },
    };
  }

  // What pages call.

  /** The frame number of the playhead. */
  get current() {
    return this.#desk.index;
  }

  /** Put the playhead on a frame; playing goes on from there. */
  seek(i) {
    this.#actions.seek(i);
  }

  /** Ask again for "labels", "planes", or "scan" (its classes, and what is offered). */
  async reload(what) {
    const loads = { labels: this.#loadLabels, planes: this.#loadPlanes, scan: this.#loadFacts };
    if (!loads[what]) throw new TypeError(`cannot reload ${what}`);
    if (!this.#desk.scan) return;
    this.#asked[what]?.abort();
    const asked = (this.#asked[what] = new AbortController());
    const signal = AbortSignal.any([asked.signal, this.#life.signal]);
    try {
      await loads[what].call(this, signal);
      if (!signal.aborted) this.#desk.screen.notices.clear(what);
    } catch (error) {
      if (!signal.aborted) this.#fail(what, error, () => this.reload(what));
    }
    this.#later();
  }

  /** Counters and times in ms, for tests and for the help panel. */
  figures() {
    return this.#desk.pictures?.figures() ?? { first_frame_ms: null, seek_ms: [] };
  }

  // The element's life.

  connectedCallback() {
    this.#here = new AbortController();
    const { signal } = this.#here;
    this.#desk.screen.watch(signal);
    this.#desk.motion.loop = this.hasAttribute("loop");
    this.#desk.author = this.getAttribute("author") ?? "";
    this.#paint();
    listen(this, this.#actions, signal);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.#paint(), { signal });
    const hidden = () => document.hidden && this.#actions.pause();
    document.addEventListener("visibilitychange", hidden, { signal });
    this.#load();
  }

  disconnectedCallback() {
    this.#here.abort();
    this.#unload();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || !this.#here || before === now) return;
    if (name === "theme") this.#paint();
    else if (name === "loop") this.#loop(now !== null);
    else if (name === "author") this.#author(now ?? "");
    else this.#loadSoon();
  }

  #loop(now) {
    this.#desk.motion.loop = now;
    this.#later();
  }

  #author(name) {
    this.#desk.author = name;
    if (!this.#desk.api) return;
    this.#desk.labels = new Labels(this.#desk.api, name);
    this.reload("labels");
  }

  /** Once all attributes are set that are being set. */
  #loadSoon() {
    const life = this.#life;
    life.abort();
    queueMicrotask(() => this.isConnected && life === this.#life && this.#load());
  }

  #unload() {
    const desk = this.#desk;
    this.#life.abort();
    desk.pictures?.close();
    desk.motion.stop();
    cancelAnimationFrame(this.#ticking);
    clearTimeout(this.#announcing);
    this.#ticking = this.#announcing = 0;
    this.#announced = -1;
    Object.assign(desk, { api: null, scan: null, view: null, pictures: null, labels: null });
    desk.screen.empty();
  }

  async #load() {
    this.#unload();
    const video = this.getAttribute("video");
    if (!video) return;
    const desk = this.#desk;
    const { signal } = (this.#life = new AbortController());
    desk.api = new Api(this.getAttribute("base") ?? "/api", video);
    desk.labels = new Labels(desk.api, desk.author);
    desk.index = Math.max(0, Math.round(Number(this.getAttribute("frame"))) || 0);
    desk.pictures = new Pictures(desk.api, desk.screen.stage, this.#watching());
    desk.pictures.first(desk.index);
    try {
      const scan = new Scan(await desk.api.get("scan", { signal }));
      if (!scan.count) throw new Error("This scan has no frames.");
      this.#begin(scan);
    } catch (error) {
      if (!signal.aborted) this.#fail("scan", error, () => this.#load());
      return;
    }
    await Promise.all([this.reload("labels"), this.reload("planes")]);
  }

  #begin(scan) {
    const desk = this.#desk;
    Object.assign(desk, { scan, view: new View(scan) });
    desk.pictures.begin(scan);
    this.#show();
    desk.screen.overlay(desk.pictures.muted, desk.pictures.opacity);
    this.#actions.go(scan.clamp(desk.index));
  }

  /** What happens to pictures. */
  #watching() {
    const desk = this.#desk;
    return {
      arrived: (i) => {
        if (i === desk.index) desk.screen.notices.clear("frame");
        this.#later();
      },
      failed: (i, error) => {
        if (desk.scan && i === desk.index)
          this.#fail("frame", error, () => desk.pictures?.retry());
      },
      blind: (error) => {
        if (desk.pictures.muted) return;
        this.#mute(true, false); // the next scan may have one
        desk.screen.notices.say(`Cannot show where the model looks: ${reason(error)}`);
      },
      waiting: (now) => desk.screen.waiting(now),
    };
  }

  async #loadLabels(signal) {
    const { labels } = this.#desk;
    await labels.load(signal);
    if (!signal.aborted && labels === this.#desk.labels) this.#labelsChanged();
  }

  async #loadPlanes(signal) {
    const { classes, probabilities, best, version, why } = await this.#desk.api.get(
      "planes",
      { signal },
    );
    const { timeline } = this.#desk.screen;
    const known = timeline.planes?.version === version;
    if (signal.aborted || (known && probabilities)) return;
    const rows = probabilities?.map((row) => Float32Array.from(row));
    timeline.planes = rows
      ? { classes, rows, version, best: new Map(Object.entries(best ?? {})) }
      : null;
    this.#show(rows ? "" : (why ?? "No probabilities yet."));
  }

  async #loadFacts(signal) {
    const { classes, similar, saliency } = await this.#desk.api.get("scan", { signal });
    if (signal.aborted) return;
    Object.assign(this.#desk.scan, { classes, similar, saliency });
    this.#show(this.#desk.screen.why);
    this.#actions.go(this.#desk.index);
  }

  // Looking.

  /** Classes, theme or scan changed: everything is drawn anew. */
  #show(why = "") {
    const { scan, view, screen, api } = this.#desk;
    const known = screen.timeline.planes?.classes ?? [];
    const names = [...new Set([...(scan.classes ?? []), ...known])];
    screen.show(scan, view, names, (i) => api.url("thumbnail", i), why);
  }

  #paint() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const asked = this.getAttribute("theme");
    const theme = ["dark", "light"].includes(asked) ? asked : dark ? "dark" : "light";
    this.#desk.screen.paint(theme);
    if (this.#desk.scan) this.#show(this.#desk.screen.why);
  }

  #mute(now, for_good) {
    const { scan, pictures, screen } = this.#desk;
    if (!scan?.saliency) return;
    pictures.mute(now, for_good);
    screen.overlay(now, pictures.opacity);
    this.#actions.go(this.#desk.index);
  }

  #labelsChanged() {
    const { stretches, pending } = this.#desk.labels;
    const waiting = pending.map((each) => ({ ...each, pending: true }));
    this.#desk.screen.fillStretches([...stretches, ...waiting]);
    this.#later();
  }

  #later() {
    if (!this.#ticking && this.isConnected)
      this.#ticking = requestAnimationFrame((now_ms) => this.#tick(now_ms));
  }

  #tick(now_ms) {
    const desk = this.#desk;
    const { motion } = desk;
    this.#ticking = 0;
    if (desk.scan && motion.playing) this.#actions.advance(now_ms);
    desk.pictures?.draw(desk.index, motion.playing ? desk.direction : 0);
    if (!desk.scan) return;
    desk.screen.draw(desk.index, motion, desk.labels);
    if (motion.playing) this.#later();
  }

  // Telling.

  #tell(name, detail) {
    const video = this.#desk.api?.video;
    const options = { detail: { video, ...detail }, bubbles: true, composed: true };
    this.dispatchEvent(new CustomEvent(name, options));
  }

  #fail(about, error, again) {
    const why = reason(error);
    this.#desk.screen.notices.fail(about, why, again);
    this.#tell("failed", { why });
  }

  /** Ten `frame` events a second at most; the last one always comes. */
  #announce() {
    if (this.#announcing) return;
    const { index, scan } = this.#desk;
    if (this.#announced !== index)
      this.#tell("frame", { frame: index, time_s: scan.times[index] });
    this.#announced = index;
    this.#announcing = setTimeout(() => {
      this.#announcing = 0;
      if (this.#desk.scan && this.#announced !== this.#desk.index) this.#announce();
    }, EVENT_MS);
  }
}

customElements.define("insonify-player", InsonifyPlayer);
