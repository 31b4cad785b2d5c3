const axis = { automargin: true, fixedrange: true };
for (const place of document.querySelectorAll(".chart")) {
  const chart = JSON.parse(place.querySelector("script").textContent);
  const own = chart.layout;
  const layout = {
    barmode: "group", dragmode: false, bargap: 0.25,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 10, r: 14, t: 8, b: 30 }, showlegend: true,
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    ...own, xaxis: { ...axis, ...own.xaxis }, yaxis: { ...axis, ticklabelstandoff: 6, ...own.yaxis },
  };
  Plotly.newPlot(place, chart.data, layout, { displayModeBar: false, responsive: true });
}
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
});
