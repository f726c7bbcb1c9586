// The moment of a run that is shown: buttons, slider and keys. The browser owns the moment, so that no press is lost and
// no late message of the server takes it back. The browser sends the newest moment as often as the server can answer.
// data: {scope, start, last, answered, interval, amounts}. amounts: text of each moment; empty for numbers of events.
// scope: what is played; another scope begins at `start` (null: the end, followed).
// last: number of events so far. answered: number of the latest message that the server answered.
// interval: milliseconds between two events of a replay.
// State: `at`, {scope, moment (null: the end, followed), message}.
const ANSWER_MS = 3000;  // without an answer for this time, the newest moment is sent again
const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]";
const OWN_ARROWS = "[role=listbox], [role=menu], [role=menuitem], [role=combobox], [role=grid], [role=slider], input[type=radio], .dvn-underlay, canvas";
const ICONS = {
  back: "M6 6h2v12H6zm3.5 6 8.5 6V6z", forward: "M6 18l8.5-6L6 6v12zM16 6v12h2V6h-2z",
  play: "M8 5v14l11-7z", pause: "M6 19h4V5H6v14zm8-14v14h4V5h-4z", end: "M5.6 7.4 10.2 12l-4.6 4.6L7 18l6-6-6-6zM16 6h2v12h-2z",
};
let live = null;  // the player drawn last, which gets the keys

function paint(player) {
  const { place, data } = player;
  const shown = where(player);
  const slider = place.querySelector("input");
  slider.max = Math.max(2, data.last);
  slider.disabled = data.last < 2;
  slider.value = shown;
  const amount = data.amounts?.[shown - 1];
  slider.setAttribute("aria-valuetext", amount ?? `event ${shown} of ${data.last}`);
  place.querySelector("output").textContent = amount ?? `${shown.toLocaleString("en")} of ${data.last.toLocaleString("en")}`;
  const icon = player.timer ? "pause" : "play";
  place.querySelector("[data-act=play] path").setAttribute("d", ICONS[icon]);
  place.querySelector("[data-act=play]").setAttribute("aria-pressed", Boolean(player.timer));
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
    go(player, where(player) + 1);
    if (player.moment === null) pause(player);
  }, player.data.interval);
  paint(player);
}

const ACTS = {
  back: (player) => { pause(player); go(player, where(player) - 1); },
  forward: (player) => { pause(player); go(player, where(player) + 1); },
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

function build(place, player) {
  for (const button of place.querySelectorAll("button")) {
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[button.dataset.act]}"/></svg>`;
    button.addEventListener("click", () => ACTS[button.dataset.act](place.rlmPlayer));
  }
  place.querySelector("input").addEventListener("input", (event) => {
    pause(place.rlmPlayer);
    go(place.rlmPlayer, Number(event.target.value));
  });
  if (!window.rlmPlayerKeys) {
    window.rlmPlayerKeys = true;
    document.addEventListener("keydown", pressed, true);
    document.addEventListener("keyup", released, true);
  }
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  const place = parentElement.querySelector(".rlm-player");
  let player = place.rlmPlayer;
  if (!player) {
    player = place.rlmPlayer = { place, data, moment: data.start, sent: data.start, message: data.answered, waitsUntil: 0, timer: null, again: null };
    build(place, player);
  }
  if (player.data.scope !== data.scope) {
    pause(player);
    Object.assign(player, { moment: data.start, sent: data.start, message: data.answered, waitsUntil: 0 });
  }
  player.data = data;
  player.setState = setStateValue;
  live = player;
  if (data.answered >= player.message) player.waitsUntil = 0;
  paint(player);
  send(player);
}
