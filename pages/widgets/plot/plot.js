// Draws a plotly figure with Plotly.react, so that zoom and pan survive while the figure changes.
// Without a figure it only fetches the library, so that the first figure does not wait for it.
// data: {figure, version, library, height, width, scope}; a new scope gives the zoom up. State: `width`, px, in steps of 40, so that the server can plan labels.
// Trigger: `node`, the id of a clicked marker.
const WIDTH_STEP = 40;
let loading = null;

function library(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  if (!loading) {
    loading = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(address, document.baseURI).href;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => { loading = null; reject(new Error("plotly.js could not be loaded")); };
      document.head.appendChild(script);
    });
  }
  return loading;
}

// `uirevision` gives a person's zoom up as soon as the figure asks for another range, as a growing tree does.
function keepZoom(place, layout) {
  for (const axis of ["xaxis", "yaxis"]) layout[axis].range = place._fullLayout[axis].range.slice();
}

// Back to the ranges the figure asks for now; plotly's own button goes back to those of the first figure.
function home(place) {
  const change = {};
  for (const axis of ["xaxis", "yaxis"]) change[axis + ".range"] = place.rlmAsked[axis].slice();
  return window.Plotly.relayout(place, change).then(() => { place.rlmZoomed = false; });
}

function nodeOf(point) {
  const value = Array.isArray(point.customdata) ? point.customdata[0] : point.customdata;
  return value === undefined || value === null ? null : Number(value);
}

export default function (component) {
  const { parentElement, data, setTriggerValue, setStateValue } = component;
  if (!data.figure) { library(data.library).catch(() => {}); return; }
  const place = parentElement.querySelector(".rlm-plot");
  place.style.height = data.height + "px";
  place.rlmTrigger = setTriggerValue;
  const width = Math.round(place.clientWidth / WIDTH_STEP) * WIDTH_STEP;
  if (width > 0 && width !== data.width) setStateValue("width", width);
  if (place.rlmVersion === data.version) return;
  place.rlmVersion = data.version;
  library(data.library).then((Plotly) => {
    if (place.rlmVersion !== data.version) return;
    const figure = JSON.parse(data.figure);
    if (place.rlmScope !== data.scope) { place.rlmScope = data.scope; place.rlmZoomed = false; }
    place.rlmAsked = { xaxis: figure.layout.xaxis.range.slice(), yaxis: figure.layout.yaxis.range.slice() };  // plotly writes into its own
    if (place.rlmZoomed) keepZoom(place, figure.layout);
    const config = { displaylogo: false, responsive: true, scrollZoom: true, doubleClick: "reset",
                     modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "resetScale2d"],
                     modeBarButtonsToAdd: [{ name: "home", title: "Reset axes", icon: Plotly.Icons.home, click: home }] };
    Plotly.react(place, figure.data, figure.layout, config).then(() => {
      place.dataset.version = data.version;
      if (place.rlmBound) return;
      place.rlmBound = true;
      place.on("plotly_relayout", (change) => { if ("xaxis.range[0]" in change || "yaxis.range[0]" in change) place.rlmZoomed = true; });
      place.on("plotly_doubleclick", () => setTimeout(() => home(place), 0));
      place.on("plotly_click", (event) => {
        const found = event.points.map(nodeOf).find((n) => n !== null && !Number.isNaN(n));
        if (found !== undefined) place.rlmTrigger("node", found);
      });
    });
  }).catch((error) => { place.textContent = error.message; });
}
