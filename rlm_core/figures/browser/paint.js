// The drawing of a tree on a canvas: what each sign means is said by `look`, the visual language of palette.py.
const BUNDLE_PX = 15;  // a subtree whose leaves have less room than this is drawn as one wedge
const BUNDLE_NODES = 4;
const THIN_PX = 2.5;  // leaves nearer to each other than this are drawn once
const HALO_PX = 15, RING_PX = 11;
const DENSE_PX = 9;  // smaller nodes cannot hold a mark
const DOT = 0.28;  // the dot of a node that is not evaluated, as a share of its diameter

function mixed(stops, share) {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
  const part = (colour, k) => parseInt(colour.slice(1 + 2 * k, 3 + 2 * k), 16);
  return "#" + [0, 1, 2].map((k) => Math.round(part(stops[low], k) + (part(stops[low + 1], k) - part(stops[low], k)) * (at - low)).toString(16).padStart(2, "0")).join("");
}

function inkOn(fill) {
  const linear = [1, 3, 5].map((k) => parseInt(fill.slice(k, k + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 ? "#000000" : "#ffffff";
}

function faded(colour, alpha) {
  return `rgba(${[1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)).join(",")},${alpha})`;
}

class Painter {
  // view: {pitch, step, x, y}; scale: of type. The other arguments as TreeView has them.
  constructor(context, { state, placed, view, size, scale, look, theme, selected, now, matches, collapsed }) {
    Object.assign(this, { context, state, placed, view, size, scale, look, theme, selected, now, matches, collapsed });
    this.font = 13 * scale;
    this.below = state.below();
    this.best = state.best();
    this.most = Math.max(16, state.visits[0] ?? 0);
    this.visited = this.most > 16 || state.visits.some((v) => v > 0);
    this.items = [];  // what can be clicked: {i, x, y, r, bundle}
    this.labels = [];
    this._choose();
    this.gap = this._gap();
    this.low = Math.min(Math.max(0.5 * this.gap, 4), 13 * scale);
    this.high = Math.min(Math.max(1.1 * this.gap, 16), 34 * scale);
    this.stroke = Math.min(Math.max(this.gap / 20, 0.5), 1) * scale;
  }

  // Px between neighbours of one level, as far as most of the present nodes have them.
  _gap() {
    const before = new Map(), gaps = [];
    for (const i of this.shown) {  // from top to bottom within each level
      const depth = this.state.depth[i], y = this.xy(i)[1];
      if (before.has(depth)) gaps.push(y - before.get(depth));
      before.set(depth, y);
    }
    gaps.sort((a, b) => a - b);
    return Math.max(this.view.pitch, Math.min(64 * this.scale, gaps[gaps.length >> 2] ?? 64 * this.scale));
  }

  xy(i) { return [this.view.x + this.state.depth[i] * this.view.step, this.view.y + this.placed.slot[i] * this.view.pitch]; }

  diameter(i) {
    const open = this.visited ? this.low : Math.min(Math.max(1.3 * this.low, 5), 0.55 * this.high);
    const least = this.state.look(i) !== "cut" && this.state.nodes[i].state ? Math.max(open, Math.min(0.8 * this.gap, 14 * this.scale)) : open;
    return Math.max(least, Math.min(this.high, this.high * Math.sqrt(this.state.visits[i] / this.most)));
  }

  // Which nodes are drawn by themselves and which subtrees as one wedge; what lies outside the canvas is left out.
  _choose() {
    const { state, placed, view, size } = this;
    this.important = new Set([...this.best, ...this.now, ...this.matches, ...(this.selected === null ? [] : [this.selected])]);
    const kept = new Set();
    for (const i of this.important) for (let at = i; at >= 0 && !kept.has(at); at = state.parent[at]) kept.add(at);
    this.shown = [];
    this.bundles = [];
    this.covered = 0;  // leaves that would lie on the one before them
    const lowest = new Map();  // by level: the y of the leaf drawn last
    const stack = placed.order.length ? [placed.order[0]] : [];
    while (stack.length) {
      const i = stack.pop();
      if (!state.there(i)) continue;
      const [x, y] = this.xy(i), top = view.y + placed.first[i] * view.pitch, bottom = view.y + placed.last[i] * view.pitch;
      if (bottom < -60 || top > size.height + 60) continue;
      const children = placed.children.get(i).filter((c) => state.there(c));
      const span = (placed.last[i] - placed.first[i] + 1) * view.pitch;
      if (children.length && span < BUNDLE_PX && this.below.count[i] >= BUNDLE_NODES && !kept.has(i)) {
        this.bundles.push({ i, x, y, span });
        continue;
      }
      if (!children.length && !kept.has(i) && view.pitch < THIN_PX) {
        if (Math.abs(y - (lowest.get(state.depth[i]) ?? -1e9)) < THIN_PX) { this.covered += 1; continue; }
        lowest.set(state.depth[i], y);
      }
      this.shown.push(i);
      for (let c = children.length - 1; c >= 0; c--) stack.push(children[c]);
    }
    this.drawn = new Set(this.shown);
    for (const b of this.bundles) this.drawn.add(b.i);
  }

  paint() {
    this._edges();
    this._links();
    this._halos();
    this._wedges();
    this._nodes();
    this._labels();
  }

  _curve(path, i) {
    const [x1, y1] = this.xy(i), [x0, y0] = this.xy(this.state.parent[i]), middle = (x0 + x1) / 2;
    path.moveTo(x0, y0);
    path.bezierCurveTo(middle, y0, middle, y1, x1, y1);
  }

  _edges() {
    const { state, look, theme, context } = this;
    const classes = new Map(), onBest = new Set(this.best), nowSet = new Set(this.now), walk = new Path2D(), best = new Path2D();
    for (const i of this.drawn) {
      const above = state.parent[i];
      if (above < 0 || !this.drawn.has(above)) continue;
      if (nowSet.has(i) && nowSet.has(above)) this._curve(walk, i);
      if (onBest.has(i)) { this._curve(best, i); continue; }
      const share = state.visits[above] ? state.visits[i] / state.visits[above] : null;
      const kind = state.pruned[i] ? -1 : share === null ? 1 : Math.min(look.shares.filter((s) => share >= s).length, state.visits[i]);
      if (!classes.has(kind)) classes.set(kind, new Path2D());
      this._curve(classes.get(kind), i);
    }
    context.strokeStyle = faded(theme.accent, 0.45);
    context.lineWidth = Math.max(11 * this.stroke, 9);
    context.stroke(walk);
    const presence = Math.min(1, Math.max(0.6, this.gap / 2));
    for (const [kind, path] of classes) {
      context.strokeStyle = kind < 0 ? theme.pruned : faded(theme.edge, presence);
      context.lineWidth = look.widths[Math.max(kind, 0)] * this.stroke;
      context.setLineDash(kind < 0 ? [2, 4] : []);
      context.stroke(path);
    }
    context.setLineDash([]);
    context.strokeStyle = theme.path;
    context.lineWidth = Math.max(4.5 * this.stroke, 3);
    context.stroke(best);
  }

  // Backtracks to an ancestor and corrections, as arcs with a head.
  _links() {
    const { context, theme, state } = this, seen = new Set();
    for (const { kind, source, target } of state.links) {
      const key = `${kind} ${source} ${target}`;
      if (source === target || seen.has(key) || !this.drawn.has(source) || !this.drawn.has(target)) continue;
      seen.add(key);
      const look = this.look.links[kind], [x0, y0] = this.xy(source), [x1, y1] = this.xy(target);
      const bend = 14 + 10 * Math.min(Math.abs(state.depth[source] - state.depth[target]), 5);
      const [cx, cy] = x0 === x1 ? [x0 - 0.3 * this.view.step, (y0 + y1) / 2] : [(x0 + x1) / 2, Math.min(y0, y1) - bend];
      const point = (t) => [(1 - t) ** 2 * x0 + 2 * t * (1 - t) * cx + t * t * x1, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * cy + t * t * y1];
      context.strokeStyle = context.fillStyle = kind === "correction" ? theme.ink : theme.muted;
      context.lineWidth = Math.max(look.width * this.stroke, 1.3);
      context.setLineDash(look.dash.split(",").map((d) => parseFloat(d)));
      context.beginPath();
      for (let t = 0.04; t <= 0.93; t += 0.0445) context.lineTo(...point(t));
      context.stroke();
      context.setLineDash([]);
      const [hx, hy] = point(0.93), [bx, by] = point(0.86), angle = Math.atan2(hy - by, hx - bx), r = 6 * Math.max(this.stroke, 0.7);
      context.beginPath();
      for (const turn of look.head === "diamond" ? [0, 1.571, 3.142, 4.712] : [0, 2.5, -2.5]) context.lineTo(hx + r * Math.cos(angle + turn), hy + r * Math.sin(angle + turn));
      context.fill();
    }
  }

  _circle(i, wider) {
    const [x, y] = this.xy(i);
    this.context.beginPath();
    this.context.arc(x, y, (this.diameter(i) + wider * Math.max(this.stroke, 0.75)) / 2, 0, 2 * Math.PI);
  }

  _halos() {
    const { context, theme } = this;
    context.fillStyle = faded(theme.accent, 0.55);
    for (const i of this.now) if (this.drawn.has(i)) { this._circle(i, HALO_PX); context.fill(); }
    context.fillStyle = faded("#e8b400", 0.5);
    for (const i of this.matches) if (this.drawn.has(i)) { this._circle(i, HALO_PX); context.fill(); }
  }

  fill(i) {
    if (this.state.pruned[i]) return this.theme.surface;
    const value = this.state.value(i);
    return value === null ? this.theme.unscored : mixed(this.look.value, value);
  }

  _wedges() {
    const { context, theme } = this;
    for (const { i, x, y, span } of this.bundles) {
      const best = this.below.best[i], half = Math.max(span, 7) / 2, wide = Math.min(0.55 * this.view.step, 46 * this.scale);
      context.fillStyle = Number.isNaN(best) ? theme.unscored : mixed(this.look.value, best);
      context.strokeStyle = faded(theme.outline, 0.7);
      context.lineWidth = 0.8;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + wide, y - half);
      context.lineTo(x + wide, y + half);
      context.closePath();
      context.fill();
      context.stroke();
      this.items.push({ i, x: x + wide / 2, y, r: Math.max(wide / 2, half), bundle: true, box: { x, y: y - half, w: wide, h: 2 * half, own: i } });
    }
  }

  _shape(symbol, x, y, r) {
    const { context } = this;
    context.beginPath();
    if (symbol === "circle" || symbol === "circle-dot") context.arc(x, y, r, 0, 2 * Math.PI);
    else if (symbol === "diamond") { r *= 1.1; for (const [dx, dy] of [[0, -r], [r, 0], [0, r], [-r, 0]]) context.lineTo(x + dx, y + dy); context.closePath(); }
    else if (symbol === "x") { context.moveTo(x - r, y - r); context.lineTo(x + r, y + r); context.moveTo(x + r, y - r); context.lineTo(x - r, y + r); }
    else { r *= 0.92; context.rect(x - r, y - r, 2 * r, 2 * r); }
  }

  _nodes() {
    const { context, theme, state, look } = this;
    const byVisits = [...this.shown].sort((a, b) => state.visits[a] - state.visits[b]);
    for (const i of byVisits) {
      const [x, y] = this.xy(i), d = this.diameter(i), key = state.look(i), shape = look.looks[key];
      const symbol = d >= DENSE_PX ? shape.symbol : shape.dense, fill = this.fill(i);
      this.items.push({ i, x, y, r: Math.max(d / 2, 5) });
      if (x < -40 || x > this.size.width + 40) continue;
      context.fillStyle = fill;
      context.strokeStyle = state.pruned[i] ? theme.pruned : theme.outline;
      context.lineWidth = Math.max(0.7, 1.5 * this.stroke) * (key === "correct" ? 1.5 : 1);
      this._shape(symbol, x, y, d / 2);
      if (symbol === "x") { context.strokeStyle = fill === theme.surface ? theme.pruned : theme.outline; context.lineWidth = Math.max(1.4, this.stroke * 1.6); } else context.fill();
      context.stroke();
      if (symbol === "circle-dot") { context.fillStyle = context.strokeStyle; this._shape("circle", x, y, DOT * d / 2); context.fill(); }
      if (shape.mark && d >= DENSE_PX) {
        context.fillStyle = fill.startsWith("#") ? inkOn(fill) : theme.ink;
        context.font = `${0.72 * d}px ${look.font}`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText(shape.mark, x, y + 0.04 * d);
      }
      if (state.nodes[i].forced) {
        context.setLineDash([2, 2]);
        context.strokeStyle = theme.outline;
        context.lineWidth = 1.6;
        this._circle(i, 7);
        context.stroke();
        context.setLineDash([]);
      }
    }
    if (this.selected !== null && this.drawn.has(this.selected)) {
      context.strokeStyle = theme.ink;
      context.lineWidth = Math.max(2.5 * this.stroke, 2);
      this._circle(this.selected, RING_PX + (this.now.includes(this.selected) ? HALO_PX : 0));
      context.stroke();
    }
  }

  _labels() {
    const { state, placed } = this, boxes = new Boxes(), around = new Map();
    const nowSet = new Set(this.now), root = placed.order[0];
    for (const i of this.shown) {
      const [x, y] = this.xy(i);
      const r = (this.diameter(i) + (nowSet.has(i) ? HALO_PX : 0) + (i === this.selected ? RING_PX : 0)) / 2;
      const box = { x: x - r, y: y - r, w: 2 * r, h: 2 * r, own: i };
      around.set(i, box);
      boxes.add(box);
    }
    const rank = (i) => (i === root ? 4e9 : 0) + (i === this.selected ? 3e9 : 0) + (this.best.includes(i) ? 2e9 : 0) + (nowSet.has(i) || this.matches.has(i) ? 1e9 : 0) + state.visits[i] * 1e3 - state.depth[i];
    const wanted = this.shown.filter((i) => this._onCanvas(i)).map((i) => [rank(i), i]).sort((a, b) => b[0] - a[0]);
    let tries = 0;
    let wedged = false;  // what matters is written over wedges, the rest beside them
    for (const [value, i] of wanted) {
      if (!wedged && value < 1e9) {
        wedged = true;
        for (const item of this.items) if (item.bundle) boxes.add(item.box);
      }
      if (!this.important.has(i) && i !== root && tries++ > 700) continue;
      const leaf = !placed.children.get(i).some((c) => state.there(c));
      this._label(boxes, around.get(i), i, leaf, i === root || i === this.selected);
    }
    if (!wedged) for (const item of this.items) if (item.bundle) boxes.add(item.box);
    for (const item of this.items) if (item.bundle) this._count(boxes, item);
  }

  // How many nodes a wedge stands for, where there is room.
  _count(boxes, { i, box }) {
    const { context, theme } = this, text = `+${(this.below.count[i] + 1).toLocaleString("en")}`;
    context.font = `${0.78 * this.font}px ${this.look.font}`;
    const spot = { x: box.x + box.w + 3, y: box.y + box.h / 2 - 0.45 * this.font, w: context.measureText(text).width, h: 0.9 * this.font, own: i };
    if (spot.x + spot.w > this.size.width || boxes.meets(spot, i)) return;
    boxes.add(spot);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = theme.muted;
    context.fillText(text, spot.x, spot.y + spot.h / 2 + 1);
  }

  _onCanvas(i) {
    const [x, y] = this.xy(i);
    return x > -20 && x < this.size.width + 20 && y > -20 && y < this.size.height + 20;
  }

  // Words of a label: number, copies, step; a collapsed node says what is below it.
  _words(i) {
    const { state } = this, node = state.nodes[i], copies = state.copies.get(i) ?? 0;
    const below = this.collapsed.has(i) && this.below.count[i] ? ` ▸ ${say(this.look.say, "{n} nodes", { n: this.below.count[i].toLocaleString("en") })}${Number.isNaN(this.below.best[i]) ? "" : `, ${say(this.look.say, "best {value}", { value: this.below.best[i].toFixed(2) })}`}` : "";
    return { number: node.parent === null ? "" : String(node.id), text: (copies > 1 ? `×${copies} ` : "") + node.label + below, below };
  }

  _label(boxes, box, i, leaf, must) {
    const { context, view, size, scale } = this, { number, text } = this._words(i);
    const small = `${0.78 * this.font}px ${this.look.font}`, type = `${this.best.includes(i) ? 600 : 400} ${this.font}px ${this.look.font}`;
    context.font = small;
    const lead = number ? context.measureText(number).width + 4 * scale : 0;
    context.font = type;
    const high = LINE * this.font, rootLabel = this.state.parent[i] < 0;
    const beside = Math.max(40, view.step - 12), roomy = Math.max(beside, 130 * scale);
    const widest = rootLabel ? Math.min(0.34 * size.width, 340 * scale) : leaf ? Math.min(size.width - box.x - box.w - 10, 330 * scale) : roomy;
    const most = leaf ? Math.max(1, Math.min(MAX_LINES, Math.floor(this.gap / high))) : MAX_LINES;
    const tries = [];  // widths and numbers of lines, the most readable first
    for (let lines = most; lines >= 1; lines--) tries.push([widest, lines]);
    if (!leaf && !rootLabel && beside < roomy) tries.push([beside, 2], [beside, 1]);
    for (let [width, lines] of tries) {
      const found = wrapText(context, text, width - lead, lines);
      if (!found) continue;
      const w = Math.max(...found.map((line) => context.measureText(line).width)) + lead, h = found.length * high;
      for (const place of placesAround(box, leaf && !rootLabel, w, h)) {
        if (place.x < 2) place.x = 2;
        const spot = { x: place.x, y: place.y, w, h, own: i };
        if (spot.y < 0 || spot.y + h > size.height || spot.x + w > size.width + 2) continue;
        if (boxes.meets(spot, i)) continue;
        return this._write(boxes, spot, i, number, lead, found, small, type);
      }
    }
    if (number && !must) return this._numberOnly(boxes, box, i, number, small, leaf);
    if (must) {
      const found = wrapText(context, text, Math.min(widest, 150 * scale) - lead, 1) ?? ["…"];
      const w = Math.max(...found.map((line) => context.measureText(line).width)) + lead;
      const place = placesAround(box, leaf, w, high)[0];
      this._write(boxes, { x: Math.max(2, Math.min(place.x, size.width - w - 2)), y: Math.max(0, Math.min(place.y, size.height - high)), w, h: high, own: i }, i, number, lead, found, small, type);
    }
  }

  _numberOnly(boxes, box, i, number, small, leaf) {
    this.context.font = small;
    const w = this.context.measureText(number).width, h = this.font;
    for (const place of placesAround(box, leaf, w, h)) {
      const spot = { x: place.x, y: place.y, w, h, own: i };
      if (spot.y < 0 || boxes.meets(spot, i)) continue;
      return this._write(boxes, spot, i, number, w, [""], small, small);
    }
  }

  _write(boxes, spot, i, number, lead, lines, small, type) {
    const { context, theme } = this, strong = this.best.includes(i) || i === this.selected || this.state.parent[i] < 0;
    boxes.add(spot);
    this.labels.push({ i, text: lines.join(" ").trim(), ...spot });
    context.fillStyle = faded(theme.surface, 0.86);
    context.fillRect(spot.x - 2, spot.y - 1, spot.w + 4, spot.h + 2);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const high = LINE * this.font;
    if (number) {
      context.font = small;
      context.fillStyle = theme.muted;
      context.fillText(number, spot.x, spot.y + (lines[0] ? high : spot.h) / 2 + 1);
    }
    context.font = type;
    context.fillStyle = strong ? theme.ink : theme.muted;
    lines.forEach((line, l) => context.fillText(line, spot.x + (l === 0 ? lead : 0), spot.y + (l + 0.5) * high));
  }
}
