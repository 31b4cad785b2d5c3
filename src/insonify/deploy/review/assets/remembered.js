/** What this browser remembers of how somebody likes to look. */

const NAME = "insonify-player";

function all() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? {};
  } catch {
    return {}; // storage is forbidden here, or holds something else
  }
}

export function remembered(what, otherwise) {
  return all()[what] ?? otherwise;
}

export function remember(what, value) {
  try {
    localStorage.setItem(NAME, JSON.stringify({ ...all(), [what]: value }));
  } catch {
    // It holds for this visit.
  }
}
