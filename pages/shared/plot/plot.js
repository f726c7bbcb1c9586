// Draws a plotly figure with Plotly.react, so that zoom and pan survive while the figure changes.
// Without a figure it only fetches the library, so that the first figure does not wait for it.
// data: {figure, version, library, height, width, name, scope, private, paper, file, save}; a new scope gives the zoom up. private: settings that keep plotly to itself.
// paper, file: background and name of a saved picture. State: `width`, px, in steps of 40, so that the server can plan labels; `room`, px,
// the height of the window that is left for the figure, told where `data.room` says that the figure uses it.
// Trigger: `node`, the id of a clicked marker.
const WIDTH_STEP = 40, MIN_ROOM = 300;
const WIDER = 1.2;  // a picture's letters may be wider than the page's, whose font a file cannot use
const zooms = new Map();  // by plot's name: {scope, xaxis, yaxis}, a person's own ranges; outlives the element, which the page may make anew
const AXES = ["xaxis", "yaxis"];
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

// The height of the window that is left above the timeline, and above the tabs at the lower edge, px.
function roomFor(place) {
  const main = document.querySelector("[data-testid=stMain]"), moment = document.querySelector(".st-key-moment");
  const tabs = document.querySelector(".st-key-details [role=tablist]")?.offsetHeight ?? 0;
  return Math.max(MIN_ROOM, window.innerHeight - place.getBoundingClientRect().top - (main?.scrollTop ?? 0) - (moment?.offsetHeight ?? 0) - (tabs && tabs + 12) - 30);
}

// `uirevision` gives a person's zoom up as soon as the figure asks for another range, as a growing tree does.
function keepZoom(place, layout) {
  const zoom = zooms.get(place.rlmName);
  if (zoom && zoom.scope === place.rlmScope) for (const axis in place.rlmAsked) layout[axis].range = zoom[axis].slice();
}

// Whatever way a person moved the view: it shows other ranges than those it was drawn with.
function noteZoom(place) {
  if (!place.rlmDrawn) return;
  const now = ranges(place._fullLayout);
  const moved = Object.keys(place.rlmAsked).some((axis) => now[axis].some((end, i) => Math.abs(end - place.rlmDrawn[axis][i]) > 1e-9));
  if (moved) zooms.set(place.rlmName, { scope: place.rlmScope, ...now });
}

// Of the axes that have a range; those of a figure with nothing in it have none.
function ranges(layout) {
  return Object.fromEntries(AXES.filter((axis) => layout[axis]?.range).map((axis) => [axis, layout[axis].range.slice()]));
}

// Back to the ranges the figure asks for now; plotly's own button goes back to those of the first figure.
function home(place) {
  const change = {};
  for (const axis in place.rlmAsked) change[axis + ".range"] = place.rlmAsked[axis].slice();
  place.rlmDrawn = place.rlmAsked;
  return window.Plotly.relayout(place, change).then(() => zooms.delete(place.rlmName));
}

// The picture as a file: three times as fine as on the screen, on the page's own background, so that it can be read on any slide.
function photograph(place, format = "png") {
  const figure = { data: place.data, layout: { ...place.layout, paper_bgcolor: place.rlmPaper }, config: { locale: "en" } };
  const size = { width: Math.round(place.clientWidth * WIDER), height: place.clientHeight };
  return window.Plotly.downloadImage(figure, { format, scale: format === "png" ? 3 : 1, filename: place.rlmFile, ...size });
}

// The figure as a page that works without the app and loads nothing: plotly itself is in it.
async function page(place) {
  const code = await (await fetch(new URL(place.rlmLibrary, document.baseURI))).text();
  const layout = { ...place.layout, paper_bgcolor: place.rlmPaper, autosize: true, width: undefined };
  const drawn = JSON.stringify([place.data, layout, { ...place.rlmPrivate, responsive: true }]).replaceAll("<", "\\u003c");
  const parts = ["<!doctype html><html lang=", document.documentElement.lang || "en", "><meta charset=utf-8><title>RLM Explorer</title>",
                 "<body style='margin:1rem;background:", place.rlmPaper, "'><div id=figure></div><script>",
                 code.replaceAll("</script", "<\\/script"), "</script><script>Plotly.newPlot('figure', ...", drawn, ")</script></body></html>"];
  const address = URL.createObjectURL(new Blob(parts, { type: "text/html" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: place.rlmFile + ".html" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// The buttons of a figure. words: their titles in the page's language, by the English ones.
function buttons(Plotly, save, words) {
  const picture = { name: "picture", title: words["Save the picture (PNG)"], icon: Plotly.Icons.camera, click: (place) => photograph(place) };
  if (!save) return [picture, { name: "home", title: words["Reset axes"], icon: Plotly.Icons.home, click: home }];
  return [picture, { name: "drawing", title: words["Save the drawing (SVG)"], icon: Plotly.Icons.pencil, click: (place) => photograph(place, "svg") },
          { name: "page", title: words["Save as a page (HTML)"], icon: Plotly.Icons.disk, click: page }];
}

// Says what went wrong in the plot's place; the next figure is drawn anew.
function fail(place, error) {
  if (window.Plotly) window.Plotly.purge(place);
  place.rlmBound = false;
  place.rlmFailed = true;
  place.rlmDrawn = null;
  place.textContent = error.message;
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
  place.rlmPaper = data.paper;
  place.rlmFile = data.file;
  place.rlmLibrary = data.library;
  place.rlmPrivate = data.private;
  const width = Math.round(place.clientWidth / WIDTH_STEP) * WIDTH_STEP;
  if (width > 0 && width !== data.width) setStateValue("width", width);
  const room = Math.round(roomFor(place) / WIDTH_STEP) * WIDTH_STEP;
  if (width > 0 && data.room && room !== data.room) setStateValue("room", room);
  if (place.rlmVersion === data.version) return;
  place.rlmVersion = data.version;
  library(data.library).then((Plotly) => {
    if (place.rlmVersion !== data.version) return;
    if (place.rlmFailed) place.textContent = "";
    place.rlmFailed = false;
    const figure = JSON.parse(data.figure);
    noteZoom(place);
    place.rlmName = data.name;
    place.rlmScope = data.scope;
    place.rlmAsked = ranges(figure.layout);  // copies, for plotly writes into its own
    keepZoom(place, figure.layout);
    place.rlmDrawn = null;
    const config = { ...data.private, responsive: true, scrollZoom: true, doubleClick: "reset",
                     modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "resetScale2d", "toImage"],
                     modeBarButtonsToAdd: buttons(Plotly, false, data.words) };
    if (data.save) Object.assign(config, { modeBarButtons: [buttons(Plotly, true, data.words)], displayModeBar: true, modeBarButtonsToAdd: [] });
    Plotly.react(place, figure.data, figure.layout, config).then(() => {
      place.dataset.version = data.version;
      place.rlmDrawn = ranges(place._fullLayout);
      if (place.rlmBound) return;
      place.rlmBound = true;
      place.on("plotly_relayout", (change) => { if ("xaxis.range[0]" in change || "yaxis.range[0]" in change) noteZoom(place); });
      place.on("plotly_doubleclick", () => setTimeout(() => home(place), 0));
      place.on("plotly_click", (event) => {
        const found = event.points.map(nodeOf).find((n) => n !== null && !Number.isNaN(n));
        if (found !== undefined) place.rlmTrigger("node", found);
      });
    });
  }).catch((error) => fail(place, error));
}
