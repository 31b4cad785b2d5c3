// The map of frames: a mark a frame; the chosen one is shown with what is most alike.
for (const place of document.querySelectorAll(".gallery")) {
  const data = JSON.parse(place.querySelector("script").textContent);
  const map = place.querySelector(".map"), seen = place.querySelector(".seen");
  const groups = place.querySelector(".groups");
  const fine = matchMedia("(pointer: fine)").matches;
  let mode = place.querySelector("input:checked").value;
  let hidden = new Set(), chosen = -1;

  const looks = (group) => {
    const turn = Math.floor(group / data.colours.length);
    const [symbol, glyph] = data.symbols[(group + turn) % data.symbols.length];
    return { colour: data.colours[group % data.colours.length], symbol, glyph };
  };
  const shown = (row) => !hidden.has(data.groups[mode][row]);
  const word = (row) => data.names.class.length ? data.names.class[data.groups.class[row]] : "";
  const subject = (row) => data.names.subject[data.groups.subject[row]];
  const at = (rows) => ({ x: rows.map((row) => data.x[row]), y: rows.map((row) => data.y[row]) });

  function traces() {
    const rows = data.names[mode].map(() => []);
    data.groups[mode].forEach((group, row) => rows[group].push(row));
    const marks = rows.map((mine, group) => {
      const { colour, symbol } = looks(group);
      return {
        type: "scatter", mode: "markers", name: data.names[mode][group], ...at(mine),
        customdata: mine, hoverinfo: "none", visible: !hidden.has(group),
        marker: { color: colour, symbol, size: 7, opacity: 0.85 },
      };
    });
    const ring = (mine, size, width) => ({
      type: "scatter", mode: "markers", ...at(mine), hoverinfo: "skip", showlegend: false,
      marker: { symbol: "circle-open", size, color: getComputedStyle(document.body).color, line: { width } },
    });
    const near = chosen < 0 ? [] : data.near[chosen];
    return [...marks, ring(near, 13, 1), ring(chosen < 0 ? [] : [chosen], 17, 3)];
  }
  function draw() {
    const bare = { visible: false, fixedrange: !fine };
    return Plotly.react(map, traces(), {
      height: map.clientWidth < 500 ? 340 : 520, margin: { l: 4, r: 4, t: 4, b: 4 }, showlegend: false,
      dragmode: fine ? "zoom" : false, hovermode: "closest", hoverdistance: 14,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: bare, yaxis: { ...bare, scaleanchor: "x" }, uirevision: "same",
    }, { displayModeBar: false, responsive: true });
  }
  function figure(row, said, kind) {
    const made = document.createElement("figure"), words = document.createElement("figcaption");
    if (data.pictures[row]) {
      const picture = document.createElement("img");
      picture.src = "data:image/jpeg;base64," + data.pictures[row];
      picture.alt = `frame of ${word(row) || subject(row)}`;
      made.append(picture);
    } else words.append("(picture left out, to keep the file small) ");
    const whose = document.createElement("span");
    whose.className = "small";
    whose.textContent = kind === "asked" ? subject(row) : subject(row).slice(0, 10) + "…";
    made.title = subject(row);
    words.append(said, document.createElement("br"), whose);
    made.append(words);
    made.className = kind;
    return made;
  }
  function choose(row) {
    if (row === chosen) return;
    chosen = row;
    const alike = document.createElement("div");
    alike.className = "frames";
    data.near[row].forEach((other, k) => {
      const same = word(other) === word(row), cosine = data.cosines[row][k].toFixed(2);
      const said = word(row) ? `${same ? "✓" : "✗"} ${word(other)}, ${cosine}` : cosine;
      alike.append(figure(other, said, word(row) ? (same ? "right" : "wrong") : ""));
    });
    const title = document.createElement("p");
    title.className = "small";
    title.textContent = "Most alike, of other subjects:";
    seen.replaceChildren(figure(row, word(row), "asked"), title, alike);
    draw();
  }
  // To the frame that is nearest within the quarter of the plane that an arrow shows.
  function step(right, up) {
    const rows = [...data.x.keys()].filter((row) => shown(row) && row !== chosen);
    if (chosen < 0) return home();
    let best = -1, least = Infinity;
    for (const row of rows) {
      const dx = data.x[row] - data.x[chosen], dy = data.y[row] - data.y[chosen];
      const ahead = dx * right + dy * up, aside = Math.abs(dx * up) + Math.abs(dy * right);
      if (ahead > 0 && aside <= ahead && ahead + aside < least) [best, least] = [row, ahead + aside];
    }
    if (best >= 0) choose(best);
  }
  function home() {
    const first = [...data.x.keys()].find(shown);
    if (first !== undefined) choose(first);
  }
  function legend() {
    groups.replaceChildren(...data.names[mode].map((name, group) => {
      const button = document.createElement("button"), mark = document.createElement("span");
      const { colour, glyph } = looks(group);
      mark.textContent = glyph;
      mark.style.color = colour;
      button.type = "button";
      button.append(mark, " " + name);
      button.setAttribute("aria-pressed", String(!hidden.has(group)));
      button.addEventListener("click", () => {
        if (!hidden.delete(group)) hidden.add(group);
        button.setAttribute("aria-pressed", String(!hidden.has(group)));
        draw();
      });
      return button;
    }), ...["all", "none"].map((name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => {
        hidden = new Set(name === "all" ? [] : data.names[mode].keys());
        legend();
        draw();
      });
      return button;
    }));
  }
  for (const input of place.querySelectorAll("input")) {
    input.addEventListener("change", () => {
      mode = input.value;
      hidden = new Set();
      legend();
      draw();
    });
  }
  const arrows = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  map.addEventListener("keydown", (event) => {
    if (event.key === "Home") home();
    else if (event.key in arrows) step(...arrows[event.key]);
    else return;
    event.preventDefault();
  });
  legend();
  draw().then(() => {
    for (const name of ["plotly_hover", "plotly_click"]) {
      map.on(name, (event) => {
        const [row] = event.points.map((point) => point.customdata).filter((n) => n !== undefined);
        if (row !== undefined) choose(row);
      });
    }
  });
}
