// A tree in a page: canvas, tools and legend. `TreeView` owns zoom, collapsed subtrees and the search; the page gives history and moment.
const MAX_ZOOM_PITCH = 120;  // px between leaves at the closest
const HINT_MS = 1800;
const EMPTY_STATE = { nodes: [], events: [], root: 0, oracle: null, forced: "" };
const button = (act, words, path) => `<button type="button" data-do="${act}" title="${words}" aria-label="${words}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg></button>`;
const TOOLS = `
  <div class="rlm-tree-bar" role="toolbar" aria-label="Tree">
    <input type="search" data-do="find" placeholder="Find text or number" aria-label="Find a node by its text or number" title="Find a node by its text or number (F); Enter goes to the next one">
    <output data-do="found"></output>
    <select data-do="show" aria-label="Nodes shown">
      <option value="all">All nodes</option><option value="best">Best path only</option><option value="path">Path to the selected node</option><option value="visits">Visited more than …</option>
    </select>
    <input type="number" data-do="least" min="0" value="1" hidden aria-label="Visits that a node must exceed">
    <span class="gap"></span>
    ${button("fold", "Collapse or open the selected node (C), or double-click a node", "M4 11h16v2H4z")}
    ${button("unfold", "Open every collapsed node", "M12 5.8 15.2 9l1.4-1.4L12 3 7.4 7.6 8.8 9zm0 12.4L8.8 15l-1.4 1.4L12 21l4.6-4.6-1.4-1.4zM4 11h16v2H4z")}
    ${button("out", "Zoom out (−)", "M15.5 14h-.8l-.3-.3a6.5 6.5 0 1 0-.7.7l.3.3v.8l5 5 1.5-1.5zm-6 0a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zM7 9h5v1H7z")}
    ${button("in", "Zoom in (+), or click the tree and turn the wheel", "M15.5 14h-.8l-.3-.3a6.5 6.5 0 1 0-.7.7l.3.3v.8l5 5 1.5-1.5zm-6 0a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zM9 7h1v2h2v1h-2v2H9v-2H7V9h2z")}
    ${button("fit", "Show the whole tree (0)", "M4 9V4h5v2H6v3zm11-5h5v5h-2V6h-3zM6 15v3h3v2H4v-5zm12 0h2v5h-5v-2h3z")}
    ${button("full", "Full screen; Esc goes back", "M7 14H5v5h5v-2H7zm-2-4h2V7h3V5H5zm12 7h-3v2h5v-5h-2zM14 5v2h3v3h2V5z")}
  </div>
  <div class="rlm-tree-paper"><canvas tabindex="0" role="img"></canvas><div class="rlm-tree-tip" hidden></div><div class="rlm-tree-hint" hidden></div></div>
  <div class="rlm-tree-legend"></div>`;

class TreeView {
  // onSelect: called with the number of a node that a person chose. height: gives the px of the canvas.
  // scrolls: does the page around it scroll? Then the wheel zooms only a tree that was clicked, or with Ctrl.
  constructor(host, { onSelect, height, scrolls = false }) {
    Object.assign(this, { host, onSelect, height, scrolls });
    this.state = new TreeState(EMPTY_STATE);
    this.look = null;
    this.theme = null;
    this.selected = null;
    this.moment = 0;
    this.live = false;
    this.own = false;  // has a person moved the view?
    this.view = { pitch: 1, step: 1, x: 0, y: 0 };
    this.collapsed = new Set();
    this.matches = [];
    this.match = -1;
    this.show = "all";
    host.innerHTML = TOOLS;
    host.classList.add("rlm-tree");
    this.canvas = host.querySelector("canvas");
    this.tip = host.querySelector(".rlm-tree-tip");
    this.hint = host.querySelector(".rlm-tree-hint");
    this._listen();
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(host);
  }

  part(name) { return this.host.querySelector(`[data-do=${name}]`); }

  // Another run, or more of the same one.
  setHistory(data, scope) {
    if (scope !== this.scope) {
      this.collapsed.clear();
      this.own = false;
      this.show = this.part("show").value = "all";
      this.part("least").hidden = true;
      this.part("find").value = "";
    }
    this.scope = scope;
    this.state = new TreeState(data);
    this.placed = null;
    this._find(false);
    this.draw();
  }

  // look.say: the words of the tree in the page's language, where it is another one than English.
  setLook(look, theme) { this.look = look; this.theme = look.themes[theme]; sayIn(this.host, look.say); this.draw(); }
  say(english, values) { return say(this.look.say, english, values); }
  setMoment(moment, live) { if (moment === this.moment && live === this.live) return; this.moment = moment; this.live = live; this.draw(); }
  setSelected(node) { if (node === this.selected) return; this.selected = node; if (this.show === "path") this.placed = null; this.draw(); }

  draw() {
    if (this.waiting || !this.look) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; if (this.host.isConnected) this._draw(); });
  }

  _hidden() {
    const { state } = this;
    if (this.show === "visits") { const least = Number(this.part("least").value) || 0; return (i) => i !== 0 && state.ends[i] <= least; }
    if (this.show === "all") return () => false;
    const end = this.show === "path" ? state.index.get(this.selected) : state.go(state.last).best().at(-1);
    const kept = new Set(end === undefined ? [0] : state.path(end));
    return (i) => !kept.has(i);
  }

  _margins(scale) {
    const longest = this.state.nodes.reduce((most, node) => (node.parent !== null && node.label.length > most.length ? node.label : most), "");
    const context = this.canvas.getContext("2d");
    context.font = `600 ${13 * scale}px ${this.look.font}`;
    const beside = Math.min(Math.max(70 * scale, context.measureText(longest).width + 62 * scale), 250 * scale);
    const root = Math.min((this.state.nodes[0]?.label.length ?? 0) * 3.6, 90);
    return { before: (22 + root) * scale, after: beside, above: 34 * scale, under: 16 * scale };
  }

  _draw() {
    const { canvas, state, look, theme } = this;
    const scale = (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16;
    const paper = canvas.parentElement, width = paper.clientWidth, height = Math.round(this.height(this));
    if (width < 40) return;
    const ratio = window.devicePixelRatio || 1;
    if (paper.style.height !== `${height}px`) paper.style.height = `${height}px`;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    if (!this.placed) this.placed = arrange(state, this._hidden(), this.collapsed);
    this.size = { width, height };
    this.scale = scale;
    this.fit = fitted(this.placed, { width, height, ...this._margins(scale) }, scale);
    if (!this.own) this.view = { ...this.fit };
    state.go(this.moment);
    const now = this.moment < state.last || this.live ? state.touched() : [];
    const selected = state.index.get(this.selected);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.painter = new Painter(context, {
      state, placed: this.placed, view: this.view, size: this.size, scale, look, theme, collapsed: this.collapsed,
      selected: selected !== undefined && state.there(selected) ? selected : null,
      now, matches: new Set(this.matches.filter((i) => state.there(i))),
    });
    this.painter.paint();
    this._legend();
    this._say();
    this.host.dataset.moment = state.seq;
    this.host.dataset.nodes = this.painter.shown.length;
  }

  _say() {
    const { state } = this;
    let count = 0;
    for (let i = 0; i < state.nodes.length; i++) count += state.there(i);
    const chosen = this.selected === null ? "" : this.say("; node {node} is selected", { node: this.selected });
    this.canvas.setAttribute("aria-label", this.say("Tree of {n} nodes at event {event}", { n: count.toLocaleString("en"), event: state.seq }) + chosen);
    const at = state.index.get(this.selected), folded = at !== undefined && this.collapsed.has(at);
    this.part("fold").setAttribute("aria-pressed", folded);
    this.part("fold").disabled = at === undefined || !state.children[at].length;
    this.part("unfold").disabled = !this.collapsed.size;
  }

  // The signs that this picture holds, and no others.
  _legend() {
    const { state, look, theme, painter } = this, seen = new Set();
    for (const i of painter.shown) { seen.add(state.look(i)); if (state.pruned[i]) seen.add("pruned"); if (state.value(i) === null) seen.add("unscored"); }
    const sign = (inner) => `<svg viewBox="0 0 18 18" aria-hidden="true">${inner}</svg>`;
    const rows = [];
    for (const [key, of] of Object.entries(look.looks)) {
      if (!seen.has(key) || key === "open") continue;
      const fill = key === "pruned" ? theme.surface : key === "unscored" ? theme.unscored : theme.muted, line = key === "pruned" ? theme.pruned : theme.outline;
      const shape = { circle: '<circle cx="9" cy="9" r="6.5"/>', "circle-dot": `<circle cx="9" cy="9" r="6.5"/><circle cx="9" cy="9" r="1.8" stroke="none" fill="${line}"/>`, square: '<rect x="2.5" y="2.5" width="13" height="13"/>', diamond: '<path d="M9 1.5 16.5 9 9 16.5 1.5 9z"/>' }[of.symbol];
      const mark = of.mark ? `<text x="9" y="13" text-anchor="middle" font-size="11" stroke="none" fill="${inkOn(fill)}">${of.mark}</text>` : "";
      rows.push(sign(`<g fill="${fill}" stroke="${line}" stroke-width="1.5">${shape}${mark}</g>`) + (of.legend || of.words));
    }
    if (painter.best.length > 1) rows.push(sign(`<path d="M1 9H17" stroke="${theme.path}" stroke-width="4"/>`) + this.say("best path"));
    for (const kind of ["backtrack", "correction"]) if (state.links.some((l) => l.kind === kind)) rows.push(sign(`<path d="M1 9H17" stroke="${theme.muted}" stroke-width="2" stroke-dasharray="${look.links[kind].dash.replaceAll("px", "")}"/>`) + look.links[kind].words);
    if (painter.shown.some((i) => state.nodes[i].forced)) rows.push(sign(`<circle cx="9" cy="9" r="7" fill="none" stroke="${theme.outline}" stroke-width="1.6" stroke-dasharray="2 2"/>`) + state.data.forced);
    if (painter.bundles.length) rows.push(sign(`<path d="M1 9 17 3V15z" fill="${theme.muted}" stroke="${theme.outline}"/>`) + this.say("several nodes; click to open"));
    rows.push(sign(`<circle cx="9" cy="9" r="7" fill="${faded(theme.accent, 0.55)}"/>`) + this.say("now"));
    const [low, high] = look.valueWords;
    const bar = `<span class="value"><span>${low}</span><i style="background:linear-gradient(90deg,${look.value.join(",")})"></i><span>${high}</span></span>`;
    const oracle = state.data.oracle !== null && state.seq >= state.data.oracle ? `<b class="oracle" style="background:${look.oracle.paper};color:${look.oracle.ink}">${look.oracle.words}</b>` : "";
    const html = oracle + bar + rows.map((row) => `<span>${row}</span>`).join("") + (painter.visited ? `<span class="sizes">${look.sizeWords}</span>` : "");
    if (html !== this.legendHtml) this.host.querySelector(".rlm-tree-legend").innerHTML = this.legendHtml = html;
  }

  // --- what a person does

  zoom(factor, x, y) {
    const { view, fit, scale, size } = this;
    [x, y] = [x ?? size.width / 2, y ?? size.height / 2];
    const pitch = Math.min(Math.max(view.pitch * factor, 0.6 * fit.pitch), Math.max(MAX_ZOOM_PITCH * scale, fit.pitch));
    const by = pitch / view.pitch, widest = Math.max(fit.step, 300 * scale);
    const step = Math.min(Math.max(view.step * by, 0.6 * fit.step), widest), along = step / view.step;
    this.view = { pitch, step, x: x - (x - view.x) * along, y: y - (y - view.y) * by };
    this.own = true;
    this.draw();
  }

  pan(dx, dy) { this.view = { ...this.view, x: this.view.x + dx, y: this.view.y + dy }; this.own = true; this.draw(); }
  fitAll() { this.own = false; this.draw(); }

  // Bring a node into the middle, near enough to be read.
  reach(i) {
    for (let at = this.state.parent[i]; at >= 0; at = this.state.parent[at]) if (this.collapsed.delete(at)) this.placed = null;
    if (this.show !== "all" && Number.isNaN((this.placed ??= arrange(this.state, this._hidden(), this.collapsed)).slot[i])) { this.show = this.part("show").value = "all"; this.part("least").hidden = true; this.placed = null; }
    this.placed ??= arrange(this.state, this._hidden(), this.collapsed);
    const { scale, size } = this, pitch = Math.max(this.view.pitch, Math.min(16 * scale, MAX_ZOOM_PITCH)), step = Math.max(this.view.step, this.fit.step);
    this.view = { pitch, step, x: size.width / 2 - this.state.depth[i] * step, y: size.height / 2 - this.placed.slot[i] * pitch };
    if (this.fit.pitch >= pitch) this.view = { ...this.fit };
    this.own = this.fit.pitch < pitch;
    this.draw();
  }

  // Fill the canvas with the subtree of a node.
  open(i) {
    const { placed, size, scale } = this, span = placed.last[i] - placed.first[i] + 1;
    const pitch = Math.min((size.height - 60 * scale) / span, 40 * scale), middle = (placed.first[i] + placed.last[i]) / 2;
    this.view = { pitch, step: Math.max(this.view.step, Math.min(260 * scale, this.view.step * 1.6)), x: 0, y: size.height / 2 - middle * pitch };
    this.view.x = Math.min(this.fit.x, 90 * scale - Math.max(0, this.state.depth[i] - 1) * this.view.step);
    this.own = true;
    this.draw();
  }

  fold(i) {
    if (i === undefined || !this.state.children[i].length) return;
    this.collapsed.has(i) ? this.collapsed.delete(i) : this.collapsed.add(i);
    this.placed = null;
    this.draw();
  }

  select(i) { this.selected = this.state.nodes[i].id; if (this.show === "path") this.placed = null; this.draw(); this.onSelect(this.selected); }

  // Nodes whose text or number is looked for; `turn` selects the next one.
  _find(turn) {
    const asked = this.part("find").value.trim().toLowerCase(), { state } = this;
    const number = /^\d+$/.test(asked) ? state.index.get(Number(asked)) : undefined;
    const fits = ({ label, text }) => label.toLowerCase().includes(asked) || (text ?? "").toLowerCase().includes(asked);
    const found = asked ? state.nodes.flatMap((node, i) => (i !== number && state.there(i) && fits(node) ? [i] : [])) : [];
    if (number !== undefined && state.there(number)) found.unshift(number);
    const same = found.length === this.matches.length && found.every((i, k) => i === this.matches[k]);
    this.matches = found;
    if (!same) this.match = -1;
    if (turn && found.length) { this.match = (this.match + 1) % found.length; this.reach(found[this.match]); this.select(found[this.match]); }
    this.part("found").textContent = !asked ? "" : found.length ? this.say("{shown} of {last}", { shown: this.match + 1 || 1, last: found.length.toLocaleString("en") }) : this.say("none");
    this.draw();
  }

  at(x, y) {
    let near = null, least = 1e9;
    for (const item of this.painter?.items ?? []) {
      const away = Math.hypot(item.x - x, item.y - y);
      if (away <= item.r + 4 && away - item.r < least) { least = away - item.r; near = item; }
    }
    if (near) return near;
    const label = this.painter?.labels.find((b) => x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h);
    return label ? { i: label.i } : null;
  }

  _ownsWheel(event) {
    return !this.scrolls || event.ctrlKey || event.metaKey || document.activeElement === this.canvas || document.fullscreenElement === this.host;
  }

  // Says for a while how the wheel zooms.
  _hint() {
    this.hint.textContent = this.say("Click the tree, or hold {key}, to zoom with the wheel", { key: navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl" });
    this.hint.hidden = false;
    clearTimeout(this.hinting);
    this.hinting = setTimeout(() => { this.hint.hidden = true; }, HINT_MS);
  }

  // Where a node stands, in px of the window; null where it is not drawn by itself.
  where(node) {
    const i = this.state.index.get(node), item = this.painter?.items.find((item) => item.i === i && !item.bundle), box = this.canvas.getBoundingClientRect();
    return item ? [box.left + item.x, box.top + item.y] : null;
  }

  _tell(x, y) {
    const item = this.at(x, y);
    this.canvas.style.cursor = item ? "pointer" : this.grabbed ? "grabbing" : "grab";
    this.tip.hidden = !item;
    if (!item) return;
    const { state, look } = this, { i } = item, node = state.nodes[i], line = (text, kind = "div") => { const made = document.createElement(kind); made.textContent = text; return made; };
    const value = state.value(i), counts = [];
    if (state.visits[i]) counts.push(`${this.say("visits")} ${state.visits[i].toLocaleString("en")}`, `Q ${value.toFixed(2)}`);
    if (!Number.isNaN(state.score[i])) counts.push(this.say("score {score} by {reward}", { score: state.score[i].toFixed(2), reward: state.judge[i] }));
    if (node.prior !== undefined) counts.push(`${this.say("prior")} ${node.prior.toFixed(2)}`);
    const parts = [line(`${node.parent === null ? this.say("Root") : `${this.say("Node {node}", { node: node.id })}`}: ${look.looks[state.look(i)].words}${state.pruned[i] ? `, ${state.pruned[i]}` : ""}`, "b"), line(node.text ?? node.label)];
    if (node.answer !== undefined && node.state) parts.push(line(`${this.say("answers")} ${node.answer}`));
    parts.push(...(node.facts ?? []).map((fact) => line(fact, "small")));
    if (counts.length) parts.push(line(counts.join(" · "), "small"));
    if (item.bundle || this.collapsed.has(i)) parts.push(line(`${this.say("{n} nodes below it", { n: this.painter.below.count[i].toLocaleString("en") })}${Number.isNaN(this.painter.below.best[i]) ? "" : `, ${this.say("best value")} ${this.painter.below.best[i].toFixed(2)}`}`, "small"));
    this.tip.replaceChildren(...parts);
    const { width, height } = this.size;
    this.tip.style.left = `${Math.max(4, Math.min(x + 14, width - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${y + 16 + this.tip.offsetHeight > height ? Math.max(4, y - this.tip.offsetHeight - 12) : y + 16}px`;
  }

  _listen() {
    const { canvas, host } = this;
    const place = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    canvas.addEventListener("wheel", (event) => {
      if (!this._ownsWheel(event)) return this._hint();
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...place(event));
    }, { passive: false });
    for (const name of ["pointerdown", "pointerleave", "focus"]) canvas.addEventListener(name, () => { this.hint.hidden = true; });
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); this.grabbed = { from: place(event), at: place(event), moved: false }; });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = place(event), held = this.grabbed;
      if (held) {
        if (!held.moved && Math.hypot(x - held.from[0], y - held.from[1]) < 5) return;
        held.moved = true;
        this.tip.hidden = true;
        this.pan(x - held.at[0], y - held.at[1]);
        held.at = [x, y];
      } else this._tell(x, y);
    });
    canvas.addEventListener("pointerup", (event) => {
      const held = this.grabbed, item = this.at(...place(event));
      this.grabbed = null;
      if (held?.moved || !held || !item) return;
      if (item.bundle) this.open(item.i); else this.select(item.i);
    });
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    canvas.addEventListener("dblclick", (event) => { const item = this.at(...place(event)); if (item && !item.bundle) this.fold(item.i); });
    canvas.addEventListener("keydown", (event) => {
      const at = this.state.index.get(this.selected) ?? 0, { state } = this, siblings = state.parent[at] < 0 ? [at] : state.children[state.parent[at]].filter((c) => state.there(c));
      const to = { a: state.parent[at], d: state.children[at].find((c) => state.there(c)), s: siblings[siblings.indexOf(at) + 1], w: siblings[siblings.indexOf(at) - 1] }[event.altKey || event.ctrlKey || event.metaKey ? "" : event.key];
      if (to !== undefined && to >= 0) { this.select(to); event.preventDefault(); }
    });
    const acts = {
      in: () => this.zoom(1.4), out: () => this.zoom(1 / 1.4), fit: () => this.fitAll(), fold: () => this.fold(this.state.index.get(this.selected)),
      unfold: () => { this.collapsed.clear(); this.placed = null; this.draw(); },
      full: () => (document.fullscreenElement ? document.exitFullscreen() : host.requestFullscreen()),
    };
    for (const [name, act] of Object.entries(acts)) this.part(name).addEventListener("click", act);
    this.part("find").addEventListener("input", () => this._find(false));
    this.part("find").addEventListener("keydown", (event) => {
      if (event.key === "Enter") this._find(true);
      if (event.key === "Escape") { event.target.value = ""; this._find(false); event.target.blur(); }
      event.stopPropagation();
    });
    const filter = () => { this.show = this.part("show").value; this.part("least").hidden = this.show !== "visits"; this.placed = null; this.own = false; this.draw(); };
    this.part("show").addEventListener("change", filter);
    this.part("least").addEventListener("input", filter);
    host.addEventListener("fullscreenchange", () => { this.draw(); });
    const keys = { "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.fit, c: acts.fold, f: () => this.part("find").focus() };
    const pressed = (event) => {
      if (!host.isConnected) return document.removeEventListener("keydown", pressed);
      const typing = event.target.closest?.("input:not([type=range]), textarea, select, [contenteditable=true], [role=dialog]");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    };
    document.addEventListener("keydown", pressed);
  }
}
