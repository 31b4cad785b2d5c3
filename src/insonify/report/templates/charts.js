const axis = { automargin: true, fixedrange: true };
const PAPER = 690; // pixels of a printed line: A4 less the margins of style.css
const closed = [];
for (const place of document.querySelectorAll(".chart")) {
  const chart = JSON.parse(place.querySelector("script").textContent);
  const own = chart.layout;
  const layout = {
    barmode: "group", dragmode: false, bargap: 0.25,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 10, r: 14, t: 8, b: 30 }, showlegend: true,
    ...own, legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", ...own.legend }, xaxis: { ...axis, ...own.xaxis }, yaxis: { ...axis, ticklabelstandoff: 6, ...own.yaxis },
  };
  Plotly.newPlot(place, chart.data, layout, { displayModeBar: false, responsive: true });
}
function fit(within, width) {
  for (const place of within.querySelectorAll(".js-plotly-plot")) {
    if (width) Plotly.relayout(place, { width: Math.min(width, place.classList.contains("map") ? 420 : width) });
    else if (place.offsetParent) Plotly.relayout(place, { width: null, autosize: true });
  }
}
for (const each of document.querySelectorAll("details")) each.addEventListener("toggle", () => fit(each));
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details:not([open])")) {
    closed.push(each);
    each.open = true;
  }
  fit(document, PAPER);
});
addEventListener("afterprint", () => {
  for (const each of closed.splice(0)) each.open = false;
  fit(document);
});
