// The moment of a run that is shown: buttons, slider and keys. The browser owns the moment, so that no press is lost and
// no late message of the server takes it back. The browser sends the newest moment as often as the server can answer.
// data: {scope, start, last, answered, interval, amounts, units, stops}. amounts: text of each moment; empty for numbers of events.
// words: what it says in another language than English, by the English text.
// units: names of the lengths of a step. stops: by such a name, the moments at which such steps end; "event" has none.
// scope: what is played; another scope begins at `start` (null: the end, followed).
// last: number of events so far. answered: number of the latest message that the server answered.
// interval: milliseconds between two events of a replay.
// State: `at`, {scope, moment (null: the end, followed), message}.
const ANSWER_MS = 3000;  // without an answer for this time, the newest moment is sent again
const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]";
const OWN_ARROWS = "[role=listbox], [role=menu], [role=menuitem], [role=combobox], [role=grid], [role=slider], input[type=radio], .dvn-underlay, canvas:not(.rlm-tree canvas)";
const ICONS = {
  first: "M6 6h2v12H6zm12.4 10.6L13.8 12l4.6-4.6L17 6l-6 6 6 6z",
  back: "M6 6h2v12H6zm3.5 6 8.5 6V6z", forward: "M6 18l8.5-6L6 6v12zM16 6v12h2V6h-2z",
  play: "M8 5v14l11-7z", pause: "M6 19h4V5H6v14zm8-14v14h4V5h-4z", end: "M5.6 7.4 10.2 12l-4.6 4.6L7 18l6-6-6-6zM16 6h2v12h-2z",
};
const BUTTONS = {
  first: "To the beginning (Home)", back: "One step back (←)", play: "Play or pause (Space)", forward: "One step forward (→)", end: "To the end (End); a live run is followed",
};
const SPEEDS = { 0.5: "½×", 1: "1×", 2: "2×", 4: "4×", 8: "8×" };
const PARTS = Object.entries(BUTTONS).map(([act, words]) => `<button type="button" data-act="${act}" title="${words}" aria-label="${words}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[act]}"/></svg></button>`).join("")
  + '<input type="range" min="1" max="2" step="1" aria-label="Event shown"><output></output>'
  + '<select data-set="unit" aria-label="Length of a step" title="Length of a step of the arrow keys and of the replay"></select>'
  + '<select data-set="speed" aria-label="Speed of the replay" title="Speed of the replay">'
  + Object.keys(SPEEDS).sort((a, b) => a - b).map((speed) => `<option value="${speed}"${speed === "1" ? " selected" : ""}>${SPEEDS[speed]}</option>`).join("") + "</select>";
let live = null;  // the player drawn last, which gets the keys

function paint(player) {
  const { place, data } = player;
  const shown = where(player);
  const slider = place.querySelector("input");
  slider.max = Math.max(2, data.last);
  slider.disabled = data.last < 2;
  slider.value = shown;
  const amount = data.amounts?.[shown - 1];
  slider.setAttribute("aria-valuetext", amount ?? say(data.words, "event {shown} of {last}", { shown, last: data.last }));
  place.querySelector("output").textContent = amount ?? say(data.words, "{shown} of {last}", { shown: shown.toLocaleString("en"), last: data.last.toLocaleString("en") });
  const icon = player.timer ? "pause" : "play";
  place.querySelector("[data-act=play] path").setAttribute("d", ICONS[icon]);
  place.querySelector("[data-act=play]").setAttribute("aria-pressed", Boolean(player.timer));
  document.documentElement.style.setProperty("--rlm-unit", `"${say(data.words, player.unit)}"`);  // for the list of keys
  tell(player);
}

// Tells the page the moment at once; what is drawn in the browser does not wait for the server.
function tell({ data, moment }) {
  const shown = moment === null || moment >= data.last ? null : moment, before = window.rlmMoment;
  if (before?.scope === data.scope && before.moment === shown) return;
  window.rlmMoment = { scope: data.scope, moment: shown };
  window.dispatchEvent(new Event("rlm-moment"));
}

function where(player) {
  const { moment, data } = player;
  return moment === null ? Math.max(1, data.last) : Math.min(Math.max(1, moment), Math.max(1, data.last));
}

function go(player, moment) {
  const to = Math.max(1, moment);
  player.moment = to >= player.data.last ? null : to;
  paint(player);
  send(player);
}

// The moment one step of the chosen unit away. direction: 1 or −1.
function stepped(player, direction) {
  const stops = player.data.stops?.[player.unit], at = where(player);
  if (!stops) return at + direction;
  return (direction > 0 ? stops.find((s) => s > at) : stops.findLast((s) => s < at)) ?? (direction > 0 ? player.data.last : 1);
}

// At most one message is unanswered, so that a press does not interrupt the server while it draws.
function send(player) {
  if (player.sent === player.moment || performance.now() < player.waitsUntil) return;
  player.sent = player.moment;
  player.message += 1;
  player.waitsUntil = performance.now() + ANSWER_MS;
  player.setState("at", { scope: player.data.scope, moment: player.moment, message: player.message });
  clearTimeout(player.again);
  player.again = setTimeout(() => send(player), ANSWER_MS + 20);
}

function pause(player) {
  clearInterval(player.timer);
  player.timer = null;
  paint(player);
}

function play(player) {
  if (player.data.last < 2) return;
  if (player.moment === null) go(player, 1);
  player.timer = setInterval(() => {
    if (player.place !== live?.place || !player.place.isConnected) return pause(player);
    if (performance.now() < player.waitsUntil) return;  // the last event is still being drawn
    go(player, stepped(player, 1));
    if (player.moment === null) pause(player);
  }, player.data.interval / player.speed);
  paint(player);
}

const ACTS = {
  back: (player) => { pause(player); go(player, stepped(player, -1)); },
  forward: (player) => { pause(player); go(player, stepped(player, 1)); },
  first: (player) => { pause(player); go(player, 1); },
  end: (player) => { pause(player); go(player, player.data.last); },
  play: (player) => (player.timer ? pause(player) : play(player)),
};
const KEYS = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "end", " ": "play" };

// Keys work with any focus, except where they have another meaning: in a text field, a list, a table,
// another slider, and for Space on a checkbox that was reached by keyboard.
function pressed(event) {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !live?.place.isConnected) return;
  if (document.querySelector("[data-testid=stDialog]")) return;
  const at = document.activeElement;
  const own = live.place.contains(at);
  if (!own && at?.matches(TYPING)) return;
  if (!own && act !== "play" && at?.closest(OWN_ARROWS)) return;
  if (act === "play" && (at?.closest("[role=listbox], [role=grid], .dvn-underlay") || at?.matches("input[type=checkbox]:focus-visible, input[type=radio]:focus-visible"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(act === "play" && event.repeat)) ACTS[act](live);
}

function released(event) {  // a button is pressed when Space is released
  if (event.key === " " && live?.place.isConnected && document.activeElement?.closest("button, summary, [role=tab]")) event.preventDefault();
}

// The units in which the moments can be stepped through; one alone needs no choice.
function offer(player) {
  const select = player.place.querySelector("[data-set=unit]"), { units } = player.data;
  const html = units.map((unit) => `<option value="${unit}">${unit}</option>`).join("");
  if (player.offered !== html) { player.offered = select.innerHTML = html; if (!units.includes(player.unit)) player.unit = "event"; select.value = player.unit; }
  select.hidden = units.length < 2;
}

function build(place, player) {
  place.innerHTML = PARTS;
  for (const button of place.querySelectorAll("button")) button.addEventListener("click", () => ACTS[button.dataset.act](place.rlmPlayer));
  place.querySelector("input").addEventListener("input", (event) => {
    pause(place.rlmPlayer);
    go(place.rlmPlayer, Number(event.target.value));
  });
  place.querySelector("[data-set=unit]").addEventListener("change", (event) => { place.rlmPlayer.unit = event.target.value; paint(place.rlmPlayer); });
  place.querySelector("[data-set=speed]").addEventListener("change", (event) => {
    const player = place.rlmPlayer, playing = player.timer;
    player.speed = Number(event.target.value);
    if (playing) { pause(player); play(player); }
  });
  if (!window.rlmPlayerKeys) {
    window.rlmPlayerKeys = true;
    document.addEventListener("keydown", pressed, true);
    document.addEventListener("keyup", released, true);
  }
}

function drawPlayer(component) {
  const { parentElement, data, setStateValue } = component;
  const place = parentElement.querySelector(".rlm-player");
  let player = place.rlmPlayer;
  if (!player) {
    player = place.rlmPlayer = { place, data, moment: data.start, sent: data.start, message: data.answered, waitsUntil: 0, timer: null, again: null, unit: "event", speed: 1 };
    build(place, player);
  }
  if (player.data.scope !== data.scope) {
    pause(player);
    Object.assign(player, { moment: data.start, sent: data.start, message: data.answered, waitsUntil: 0 });
  }
  player.data = data;
  offer(player);
  sayIn(place, data.words);
  player.setState = setStateValue;
  live = player;
  if (data.answered >= player.message) player.waitsUntil = 0;
  paint(player);
  send(player);
}
