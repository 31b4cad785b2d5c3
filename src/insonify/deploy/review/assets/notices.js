/** Telling: what was done (with a way back), and what went wrong (with another try). */

const LIFE_MS = 7000;

export class Notices {
  #toast;
  #strip;
  #timer = 0;
  #onstrip = null;
  #ontoast = null;

  constructor(toast, strip) {
    this.#toast = toast;
    this.#strip = strip;
    toast.querySelector("button").addEventListener("click", () => {
      const act = this.#ontoast;
      this.hush();
      act?.();
    });
    const [again, dismiss] = strip.querySelectorAll("button");
    again.addEventListener("click", () => {
      const act = this.#onstrip;
      this.clear();
      act?.();
    });
    dismiss.addEventListener("click", () => this.clear());
  }

  /** Say what was done; `word` on a button does `act`. */
  say(text, word = "", act = null) {
    clearTimeout(this.#timer);
    this.#toast.querySelector("span").textContent = text;
    const button = this.#toast.querySelector("button");
    button.textContent = word;
    button.hidden = !word;
    this.#ontoast = act;
    this.#toast.classList.add("on");
    this.#timer = setTimeout(() => this.hush(), LIFE_MS);
  }

  hush() {
    this.#toast.classList.remove("on");
  }

  /** What the strip is about: a failure that ends by itself can take it away again. */
  about = "";

  /** Say what failed, until it works or is dismissed; `act` tries again, if that may help. */
  fail(about, text, act) {
    this.about = about;
    this.#onstrip = act;
    this.#strip.querySelector("button").hidden = !act;
    this.#strip.querySelector("span").textContent = text;
    this.#strip.hidden = false;
  }

  clear(about = this.about) {
    if (about !== this.about) return;
    this.about = "";
    this.#strip.hidden = true;
  }
}
