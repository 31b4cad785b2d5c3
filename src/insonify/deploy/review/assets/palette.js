/** Names of classes: buttons that label, rows beside the lanes, chips on the picture. */

const made = (tag, name, text = "") => {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
};

function classButton(classes, name, label) {
  const button = made("button", "class");
  const key = classes.key(name);
  button.type = "button";
  button.title = key ? `Label as ${name} (${key})` : `Label as ${name}`;
  button.dataset.label = name;
  button.append(classes.badge(name), made("span", "", name));
  button.addEventListener("click", () => label(name));
  return button;
}

/** The palette: a button a class and one that removes. */
export function fillPalette(holder, classes, label) {
  const remove = made("button", "class remove");
  remove.type = "button";
  remove.title = "Remove the label (0, Backspace, Delete)";
  remove.append(made("span", "badge none", "0"), made("span", "", "No label"));
  remove.addEventListener("click", () => label(null));
  const buttons = classes.names.map((name) => classButton(classes, name, label));
  holder.replaceChildren(...buttons, remove);
}

/** Rows beside the lanes: badge, name, probability; a click goes to the best frame. */
export function fillNames(holder, lanes, classes, best, seek) {
  const rows = lanes.map((name) => {
    const row = made("button", "name");
    const key = classes.key(name);
    const frame = best.get(name);
    row.type = "button";
    row.disabled = frame === undefined;
    row.title = frame === undefined ? name : `Best frame of ${name}`;
    if (key && frame !== undefined) row.title += ` (Shift+${key})`;
    row.append(classes.badge(name), made("span", "word", name), made("span", "share"));
    row.addEventListener("click", () => seek(frame));
    return row;
  });
  holder.replaceChildren(...rows);
}

/** Probabilities at the playhead; the greatest stands out. */
export function readShares(holder, rows, i) {
  const shares = rows.map((row) => row[i]);
  const most = Math.max(...shares);
  [...holder.children].forEach((row, n) => {
    const text = Number.isFinite(shares[n]) ? shares[n].toFixed(2) : "–";
    const share = row.lastElementChild;
    if (share.textContent !== text) share.textContent = text;
    row.classList.toggle("most", shares[n] === most && most > 0);
  });
}

/** On the picture: what the frame is labelled as, and what the model takes it for. */
export function fillChips(holder, classes, label, guess) {
  const key = JSON.stringify([label, guess, classes.names, classes.theme]);
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  const chips = [];
  if (label) {
    const chip = made("span", "chip given");
    chip.append(classes.badge(label), made("span", "", label));
    chips.push(chip);
  }
  if (guess) chips.push(made("span", "chip guess", `model: ${guess}`));
  holder.replaceChildren(...chips);
}
