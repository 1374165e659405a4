/* Draws every .chart from its data-figure with plotly, in the page's own colours.
   Symbolic colours ("ink", "accent", ...) stand for the stylesheet's custom properties and are
   read anew when the colour scheme changes. No eval, no request, no state. */
"use strict";
(() => {
  const NAMES = ["paper", "ink", "soft", "rule", "accent", "tint", "tint2"];
  const COLOUR = /(color|colors|colorscale|colorway)$/i;
  const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false, typesetMath: false };
  const isObject = (v) => v !== null && typeof v === "object" && !Array.isArray(v);

  const read = () => {
    const style = getComputedStyle(document.documentElement);
    const palette = {};
    for (const name of [...NAMES, "sans"]) palette[name] = style.getPropertyValue("--" + name).trim();
    return palette;
  };

  // A colour's name is replaced only under a colour's key: "paper" is also a reference of axes.
  const paint = (value, palette, colour) => {
    if (typeof value === "string") return colour && NAMES.includes(value) ? palette[value] : value;
    if (Array.isArray(value)) return value.map((item) => paint(item, palette, colour));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, paint(v, palette, COLOUR.test(k))]));
  };

  const over = (base, given) => {
    const merged = { ...base };
    for (const [k, v] of Object.entries(given || {}))
      merged[k] = isObject(v) && isObject(merged[k]) ? over(merged[k], v) : v;
    return merged;
  };

  // Every category is named; dates and numbers get few ticks, and days are written as 3 Apr.
  const labels = (values) => {
    const words = values.filter((v) => typeof v === "string" && Number.isNaN(Number(v)));
    const days = words.map((v) => Date.parse(v.replace(" ", "T"))).filter((t) => !Number.isNaN(t));
    if (!words.length) return { nticks: 5 };
    if (days.length < words.length || !words.every((v) => /^\d{4}-\d\d/.test(v))) return {};
    const span = (Math.max(...days) - Math.min(...days)) / 864e5;
    return { nticks: 5, tickformat: span < 2 ? "%H:%M" : span < 300 ? "%-d %b" : span < 1500 ? "%b\n%Y" : "%Y" };
  };

  const axis = (letter, traces) => ({
    ...labels(traces.flatMap((trace) => (Array.isArray(trace[letter]) ? trace[letter] : []))),
    automargin: true, tickangle: 0, ticklabelstandoff: letter === "y" ? 6 : 2, fixedrange: true, zeroline: false, ticks: letter === "x" ? "outside" : "", ticklen: 4,
    showgrid: letter === "y", gridcolor: "rule", zerolinecolor: "soft", linecolor: "soft", tickcolor: "soft",
    showline: letter === "x", tickfont: { size: 12, color: "soft" },
  });

  const figure = (given, palette) => {
    const layout = over({
      margin: { l: 2, r: 12, t: 12, b: 8, pad: 0 }, showlegend: false, dragmode: false, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: ["ink", "accent", "soft", "tint"],
      font: { family: palette.sans, size: 12, color: "soft" }, bargap: 0.35,
      hoverlabel: { bgcolor: "paper", bordercolor: "soft", font: { family: palette.sans, size: 13, color: "ink" }, align: "left" },
    }, given.layout);
    const axes = new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((k) => /^[xy]axis\d*$/.test(k))]);
    for (const name of axes) layout[name] = over(axis(name[0], given.data), layout[name]);
    const data = given.data.map((trace) =>
      trace.type === "heatmap" ? { colorscale: [[0, "tint2"], [1, "accent"]], showscale: false, xgap: 2, ygap: 2, ...trace } : trace);
    return { data: paint(data, palette, false), layout: paint(layout, palette, false) };
  };

  // Paper is narrower than a screen and is measured by nobody: there the drawing is scaled.
  const frame = (box) => {
    for (const svg of box.querySelectorAll(".main-svg"))
      svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
  };
  const framed = (box) => {
    frame(box);
    if (!("framed" in box.dataset)) box.on("plotly_afterplot", () => frame(box));
    box.dataset.framed = "";
  };

  const drawAll = () => {
    const palette = read();
    for (const box of document.querySelectorAll(".chart[data-figure]")) {
      const failed = () => { box.textContent = "This chart could not be drawn here."; };
      try {
        const { data, layout } = figure(JSON.parse(box.dataset.figure), palette);
        Plotly.react(box, data, layout, CONFIG).then(framed, failed);
      } catch {
        failed();
      }
    }
  };

  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  matchMedia("print").addEventListener("change", drawAll);
})();
