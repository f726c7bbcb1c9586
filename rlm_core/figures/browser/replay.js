// A whole run in one page without a server: tree, timeline, sentence and inspector, from the narrated data of history.py.
// words: what this script says in another language, by the English text.
// The address: t, the event; node, the selected one; quiet=1 hides what is said, and what is correct, until the page around it posts "rlm-tell".
function replay({ history, look, stops, words }) {
  const byId = (id) => document.getElementById(id), last = history.events.length;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const asked = new URLSearchParams(window.location.hash.slice(1));
  const whole = (name, other) => (/^\d+$/.test(asked.get(name) ?? "") ? Number(asked.get(name)) : other);
  let quiet = asked.get("quiet") === "1";
  let selected = whole("node", history.root), moment = Math.min(whole("t", last) || last, last);

  const room = (view) => Math.max(220, byId("tree").clientHeight - view.canvas.parentElement.previousElementSibling.offsetHeight - view.host.querySelector(".rlm-tree-legend").offsetHeight - 6);
  const view = new TreeView(byId("tree"), { height: room, onSelect: (node) => { selected = node; show(); } });
  view.setHistory(history, history.run);
  const paint = () => view.setLook(look, dark.matches ? "dark" : "light");
  dark.addEventListener("change", paint);
  paint();

  function show() {
    view.state.verdicts = !quiet;
    view.setSelected(selected);
    view.setMoment(moment, false);
    const event = history.events[moment - 1];
    const kind = document.createElement("b");
    kind.textContent = `${event.kind} `;
    byId("sentence").replaceChildren(kind, event.sentence);
    byId("when").textContent = say(words, "Event {event} of {last}, {seconds} s after the start.", { event: moment.toLocaleString("en"), last: last.toLocaleString("en"), seconds: event.time.toFixed(2) });
    byId("inspector").replaceChildren(...inspected(view.state.go(moment), history, look, selected, words));
    document.body.classList.toggle("quiet", quiet);
    window.history.replaceState(null, "", `#t=${moment}&node=${selected}${quiet ? "&quiet=1" : ""}`);
  }

  const data = { scope: history.run, start: moment === last ? null : moment, last, answered: 0, interval: 500, amounts: [], units: ["event", ...Object.keys(stops)], stops, words };
  const player = { parentElement: document, data, setStateValue(_, at) { data.answered = at.message; moment = at.moment ?? last; show(); } };
  window.addEventListener("hashchange", () => window.location.reload());  // a link to another moment of this page
  window.addEventListener("message", (event) => { if (event.data === "rlm-tell") { quiet = false; show(); view.draw(); } });
  window.addEventListener("rlm-moment", () => queueMicrotask(() => drawPlayer(player)));
  drawPlayer(player);
  show();
}

function element(kind, text, ...children) {
  const made = document.createElement(kind);
  if (text !== undefined && text !== null) made.textContent = text;
  made.append(...children);
  return made;
}

// A table of texts; row `chosen` is emphasised.
function tableOf(head, rows, chosen) {
  const table = element("table", null, element("thead", null, element("tr", null, ...head.map((h) => element("th", h)))));
  const body = element("tbody");
  rows.forEach((row, r) => {
    const line = element("tr", null, ...row.map((cell) => element("td", cell)));
    if (r === chosen) line.className = "chosen";
    body.append(line);
  });
  table.append(body);
  return table;
}

// The alternatives of a node: figures in a row, and what became of each and why on a line of its own.
function ranksOf({ head, text, rows }, own, state, words) {
  const ranks = rows.some(([, rank]) => rank), table = element("table"), heads = [...(ranks ? [say(words, "rank")] : []), say(words, "node"), text, ...head];
  table.className = "ranks";
  table.append(element("thead", null, element("tr", null, ...heads.map((h) => element("th", h)))));
  for (const [id, rank, figures, reason, chosen, other] of rows) {
    const cells = [...(ranks ? [rank] : []), `${chosen ? "▶ " : ""}${id}${id === own ? " ◀" : ""}`, other ?? state.nodes[state.index.get(id)].label, ...figures];
    const body = element("tbody", null, element("tr", null, ...cells.map((cell) => element("td", cell))));
    if (reason) { const why = element("td", reason); why.colSpan = heads.length; body.append(element("tr", null, why)); body.lastChild.className = "why"; }
    if (chosen) body.className = "chosen";
    table.append(body);
  }
  return table;
}

const two = (value) => (value === null || Number.isNaN(value) ? "–" : value.toFixed(2));

// What a node says, what it is worth, why it was chosen or not, and what is chosen below it; at the state's moment.
function inspected(state, history, look, selected, words) {
  const tr = (english, values) => say(words, english, values);
  const i = state.index.get(selected);
  if (i === undefined || !state.there(i)) return [element("h2", tr("Node {node}", { node: selected })), element("p", tr("It is not in the tree yet at this moment."))];
  const node = state.nodes[i], found = [element("h2", `${node.parent === null ? tr("The root") : tr("Node {node}", { node: node.id })} · ${look.looks[state.look(i)].words}`)];
  const steps = state.path(i).slice(1).map((k) => state.nodes[k]);
  found.push(steps.length ? element("ol", null, ...steps.map((step) => element("li", step.text ?? step.label))) : element("p", node.label));
  if (state.pruned[i]) found.push(element("p", tr("Pruned: {why}.", { why: state.pruned[i] })));
  if (node.state) found.push(element("p", node.answer === undefined ? tr("It finished without stating an answer.") : tr("Answer: {answer}", { answer: node.answer })));
  found.push(...(node.facts ?? []).map((fact) => element("p", fact)));
  const figures = [[tr("Visits N"), state.visits.some((v) => v) ? state.visits[i].toLocaleString("en") : null], [tr("Value Q"), state.visits[i] ? two(state.value(i)) : null],
    [tr("Score by {reward}", { reward: state.judge[i] }), Number.isNaN(state.score[i]) ? null : two(state.score[i])], [tr("Prior P"), node.prior === undefined ? null : two(node.prior)]];
  const known = figures.filter(([, value]) => value !== null);
  if (known.length) found.push(tableOf(["", ""], known));
  const decision = (at) => {
    for (let e = state.seq - 1; e >= 0; e--) {
      const choice = history.events[e].choices?.find((c) => c.at === at);
      if (choice) return { choice, event: e + 1 };
    }
    return null;
  };
  const explain = (title, made, own) => {
    const { choice, event } = made, step = (id) => state.nodes[state.index.get(id)]?.label ?? "";
    const terms = [...choice.terms].sort((a, b) => (b[4] ?? Infinity) - (a[4] ?? Infinity));
    const rows = terms.map(([id, visits, q, bonus, total]) => [`${id === choice.chosen ? "▶ " : ""}${id}${id === own ? " ◀" : ""}`, step(id), visits.toLocaleString("en"), two(q), bonus === null && total === null ? "∞" : two(bonus), total === null ? tr("∞ (first)") : two(total)]);
    found.push(element("h3", title), element("p", tr("At {where}, as event {event} decided: node {node} (▶) was chosen.", { where: choice.where, event: event.toLocaleString("en"), node: choice.chosen })),
      tableOf([tr("node"), tr("step"), "N", "Q", tr("bonus"), tr("total")], rows, terms.findIndex(([id]) => id === choice.chosen)));
    if (choice.filled) found.push(element("p", choice.filled));
  };
  // The latest table up to this moment in which the node, or the candidate that it is a step of, was compared.
  const ranked = (of) => {
    for (let e = state.seq - 1; e >= 0; e--)
      for (const table of history.events[e].ranks ?? []) {
        const own = table.rows.some(([id]) => id === of) ? of : table.steps?.[of];
        if (own !== undefined) return { table, own };
      }
    return null;
  };
  const above = node.parent === null ? null : decision(node.parent), below = decision(node.id);
  if (above) explain(above.choice.chosen === node.id ? tr("Why this one?") : tr("Why not this one?"), above, node.id);
  else if (node.parent !== null && ranked(node.id)) {
    const { table, own } = ranked(node.id), chosen = table.rows.some((row) => row[4]);
    const continued = table.rows.some(([id]) => state.children[state.index.get(id)].some((c) => state.there(c)));
    const nothing = state.seq < state.last ? tr("Nothing was chosen here yet") : tr("Nothing was chosen here");
    const title = !chosen ? (continued ? tr("What became of these steps?") : nothing) : table.rows.some(([id, , , , yes]) => yes && id === own) ? tr("Why this one?") : tr("Why not this one?");
    found.push(element("h3", title), element("p", own === node.id ? table.how : `${tr("Node {node} is a step of candidate {candidate}.", { node: node.id, candidate: own })} ${table.how}`), ranksOf(table, own, state, words));
  } else if (node.parent !== null) {
    const siblings = state.children[state.parent[i]].filter((c) => state.there(c));
    const rank = [...siblings].sort((a, b) => (state.value(b) ?? -1) - (state.value(a) ?? -1) || a - b);
    if (rank.length > 1) found.push(element("h3", tr("Its siblings")), tableOf([tr("node"), tr("step"), tr("value"), ""], rank.map((c) => [`${state.nodes[c].id}${c === i ? " ◀" : ""}`, state.nodes[c].label, two(state.value(c)), look.looks[state.look(c)].words])));
  }
  if (below) explain(tr("What was chosen below it?"), below, null);
  return found;
}
