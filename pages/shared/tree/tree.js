// The tree in the page: its history comes from history.js, its moment from the player.
// data: {run, events, live, selected, look, theme}. Trigger: `node`, the number of a node that a person chose.
const LEAST_PX = 240, MARGIN_PX = 10, GAP_PX = 12;

// The room of the window that is left for the tree: what stands above it, its own bars, and the timeline below it.
function roomFor(view) {
  if (document.fullscreenElement) return window.innerHeight - view.canvas.getBoundingClientRect().top - view.host.querySelector(".rlm-tree-legend").offsetHeight - 20;
  const main = document.querySelector("[data-testid=stMain]"), moment = document.querySelector(".st-key-moment");
  const top = view.canvas.parentElement.getBoundingClientRect().top + (main?.scrollTop ?? 0);
  const tabs = document.querySelector(".st-key-details [role=tablist]")?.offsetHeight ?? 0;  // which show at the lower edge what else there is
  const below = (tabs && tabs + GAP_PX) + view.host.querySelector(".rlm-tree-legend").offsetHeight + (moment?.offsetHeight ?? 120) + MARGIN_PX + (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16);
  return Math.max(LEAST_PX, window.innerHeight - top - below);
}

function follow(view) {
  const at = window.rlmMoment, known = window.rlmHistory;
  if (known && known.data.run === view.data.run && view.known !== known.text) {
    view.known = known.text;
    view.setHistory(known.data, view.data.run);
  }
  const own = at && at.scope.split(".")[0] === view.data.run;
  view.setMoment(own && at.moment !== null ? at.moment : view.state.last, view.data.live);
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const host = parentElement.querySelector(".rlm-tree-host");
  let view = host.rlmTree;
  if (!view) {
    view = host.rlmTree = new TreeView(host, { onSelect: (node) => view.choose(node), height: roomFor, scrolls: true });
    const followed = () => {
      if (host.isConnected) return follow(view);
      for (const name of ["rlm-moment", "rlm-history"]) window.removeEventListener(name, followed);
      window.removeEventListener("resize", resized);
      around.disconnect();
    };
    const resized = () => view.draw();
    const around = new ResizeObserver(resized), block = document.querySelector("[data-testid=stMainBlockContainer]");
    if (block) around.observe(block);  // what stands above and below the tree is drawn after it
    for (const name of ["rlm-moment", "rlm-history"]) window.addEventListener(name, followed);
    window.addEventListener("resize", resized);
  }
  view.data = data;
  view.choose = (node) => setTriggerValue("node", node);
  if (view.theme !== data.look.themes[data.theme]) view.setLook(data.look, data.theme);
  if (view.asked !== data.selected) { view.asked = data.selected; view.setSelected(data.selected); }
  follow(view);
}
