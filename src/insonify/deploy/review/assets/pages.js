/* What the pages do without asking the server: messages, the address of a frame,
   and <insonify-glance>, one frame with the second around it. */

import { COLOURS } from "./classes.js";

const STRIP = 9;
const ADDRESS_REST_MS = 250;
const TOAST_MS = 7000;

/* The classes' colours, as the player has them, for chips, dots and bars */

const paints = (theme) => COLOURS[theme].map((one, n) => `--class-${n}: ${one}`).join("; ");
const sheet = new CSSStyleSheet();
sheet.replaceSync(`body { ${paints("dark")} } body.body--light { ${paints("light")} }`);
document.adoptedStyleSheets.push(sheet);

/* Messages */

function toastRoom() {
  let room = document.querySelector(".toasts");
  if (!room) {
    room = Object.assign(document.createElement("div"), { className: "toasts" });
    room.setAttribute("role", "status");
    room.setAttribute("aria-live", "polite");
    document.body.append(room);
  }
  return room;
}

function toast(text, kind = "plain") {
  const room = toastRoom();
  for (const other of room.children) if (other.dataset.text === text) other.remove();
  const card = Object.assign(document.createElement("div"), { className: "toast" });
  card.dataset.kind = kind;
  card.dataset.text = text;
  const words = Object.assign(document.createElement("span"), { textContent: text });
  const close = Object.assign(document.createElement("button"), { textContent: "✕" });
  close.setAttribute("aria-label", "Close this message");
  close.addEventListener("click", () => card.remove());
  card.append(words, close);
  room.append(card);
  if (kind !== "bad") setTimeout(() => card.remove(), TOAST_MS);
}

/* What this browser remembers: who labels, dark or light */

function keep(name, value) {
  const year = 31536000;
  document.cookie =
    `insonify_${name}=${encodeURIComponent(value)};path=/;max-age=${year};samesite=strict`;
}

/* The address says which frame is shown, so that a place can be shared and gone back to */

function address(query) {
  const here = new URL(location.href);
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === "") here.searchParams.delete(name);
    else here.searchParams.set(name, value);
  }
  const page = here.pathname + here.search;
  history.replaceState({ page }, "", page);
}

let resting = 0;
document.addEventListener("frame", (event) => {
  const { video, frame } = event.detail;
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (location.pathname === `/scan/${encodeURIComponent(video)}`) address({ frame });
  }, ADDRESS_REST_MS);
});

document.addEventListener("click", (event) => {
  const seeker = event.target.closest?.("[data-seek]");
  if (!seeker) return;
  seek(Number(seeker.dataset.seek));
});

/* Keys of a page: the element with data-keys hears of those that it names */

const FIELDS = "input, select, textarea, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.defaultPrevented || event.altKey) return;
  const at = event.composedPath()[0];
  if (at.closest?.(FIELDS)) return;
  const name = event.key === " " ? "space" : event.key.toLowerCase();
  // A focused button or link is pressed by these two, and by nothing else.
  if ((name === "space" || name === "enter") && at.closest?.("a, button")) return;
  const key = event.ctrlKey || event.metaKey ? `ctrl+${name}` : name;
  const page = document.querySelector("[data-keys]");
  if (!page?.dataset.keys.split(" ").includes(key)) return;
  event.preventDefault();
  page.dispatchEvent(new CustomEvent("shortcut", { detail: key }));
});

/* What the server asks of the player */

const player = () => document.querySelector("insonify-player");
const seek = (frame) => player()?.seek(frame);

function reload(parts) {
  for (const what of parts) player()?.reload(what);
}

/* One frame, large, with its neighbours in time below */

class Glance extends HTMLElement {
  static observedAttributes = ["video", "frames", "frame"];

  connectedCallback() {
    this.picture = Object.assign(document.createElement("img"), { className: "glance-picture" });
    this.strip = Object.assign(document.createElement("div"), { className: "glance-strip" });
    this.strip.addEventListener("pointerover", (event) => this.#peek(event.target));
    this.strip.addEventListener("focusin", (event) => this.#peek(event.target));
    this.strip.addEventListener("pointerleave", () => this.#show(this.centre));
    this.strip.addEventListener("focusout", () => this.#show(this.centre));
    this.replaceChildren(this.picture, this.strip);
    this.#draw();
  }

  disconnectedCallback() {
    this.stop();
  }

  attributeChangedCallback() {
    if (!this.picture || this.drawing) return;
    this.drawing = true; // All attributes of one change are drawn once.
    queueMicrotask(() => {
      this.drawing = false;
      if (this.isConnected) this.#draw();
    });
  }

  get centre() {
    return Number(this.getAttribute("frame"));
  }

  #around() {
    return (this.getAttribute("frames") ?? "").split(" ").filter(Boolean).map(Number);
  }

  /* Play the second before and the second after, again and again; or stop. */
  toggle() {
    if (this.timer) return this.stop();
    const frames = this.#around();
    if (frames.length < 2) return undefined;
    let at = Math.max(0, frames.indexOf(this.centre));
    this.timer = setInterval(() => {
      at = (at + 1) % frames.length;
      this.#show(frames[at]);
    }, Number(this.getAttribute("interval") || 50));
    return undefined;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.hasAttribute("video")) this.#show(this.centre);
  }

  #url(kind, frame) {
    return `/api/${kind}/${encodeURIComponent(this.getAttribute("video"))}/${frame}`;
  }

  #show(frame) {
    this.picture.src = this.#url("frame", frame);
    this.picture.alt = `Frame ${frame}`;
    for (const button of this.strip.children)
      button.toggleAttribute("aria-current", Number(button.dataset.frame) === frame);
  }

  #peek(target) {
    const button = target.closest("button");
    if (!button || this.timer) return;
    this.#show(Number(button.dataset.frame));
  }

  #draw() {
    clearInterval(this.timer);
    this.timer = 0;
    if (!this.hasAttribute("video")) return;
    const { centre } = this;
    const frames = this.#around();
    const count = Math.min(STRIP, frames.length);
    const chosen = Array.from({ length: count }, (_, k) =>
      frames[Math.round((k * (frames.length - 1)) / Math.max(1, count - 1))]);
    const nearest = chosen.reduce(
      (best, frame, k) =>
        Math.abs(frame - centre) < Math.abs(chosen[best] - centre) ? k : best, 0);
    if (count) chosen[nearest] = centre;
    this.strip.replaceChildren(...chosen.map((frame) => this.#thumbnail(frame, centre)));
    this.#show(centre);
  }

  #thumbnail(frame, centre) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.frame = frame;
    button.classList.toggle("centre", frame === centre);
    button.setAttribute("aria-label", `Look at frame ${frame}`);
    const image = Object.assign(document.createElement("img"), {
      src: this.#url("thumbnail", frame), alt: "",
    });
    button.append(image);
    return button;
  }
}

customElements.define("insonify-glance", Glance);

/* Pictures that will be wanted next, so that they are there at once */

const ahead = [];

function preload(urls) {
  ahead.length = 0;
  for (const url of urls) ahead.push(Object.assign(new Image(), { src: url }));
}

const toggle = () => document.querySelector("insonify-glance")?.toggle();

globalThis.insonify = { toast, keep, address, seek, reload, preload, toggle };
