// Labels of nodes: which find room, where, in how many lines. Those that matter come first; no label covers another or a node.
const LINE = 1.22;  // height of a line, in multiples of the type size
const CELL = 32;  // px of a cell in which boxes are looked up
const MAX_LINES = 4;

class Boxes {
  constructor() { this.cells = new Map(); }
  _each(box, visit) {
    for (let cx = Math.floor(box.x / CELL); cx <= Math.floor((box.x + box.w) / CELL); cx++)
      for (let cy = Math.floor(box.y / CELL); cy <= Math.floor((box.y + box.h) / CELL); cy++) if (visit(cx * 65536 + cy)) return true;
    return false;
  }
  add(box) { this._each(box, (key) => { this.cells.has(key) ? this.cells.get(key).push(box) : this.cells.set(key, [box]); }); }
  meets(box, own) {
    return this._each(box, (key) => (this.cells.get(key) ?? []).some((b) =>
      b.own !== own && b.x < box.x + box.w && box.x < b.x + b.w && b.y < box.y + box.h && box.y < b.y + b.h));
  }
}

// The text in at most `lines` lines of `width` px; null if not even a few letters of it fit. The answer after an arrow or equals sign survives.
function wrapText(context, text, width, lines) {
  if (context.measureText(text).width <= width) return [text];
  if (lines === 1) return shortened(context, text, width);
  const made = [];
  let line = "";
  const words = text.split(" ");
  for (let w = 0; w < words.length; w++) {
    const longer = line ? `${line} ${words[w]}` : words[w];
    if (context.measureText(longer).width <= width) { line = longer; continue; }
    if (line) made.push(line);
    line = words[w];
    if (made.length === lines - 1) {
      const rest = shortened(context, words.slice(w).join(" "), width);
      return rest && [...made, ...rest];
    }
  }
  const tail = shortened(context, line, width);
  return tail && [...made, ...tail];
}

function shortened(context, text, width) {
  const fits = (t) => context.measureText(t).width <= width;
  if (fits(text)) return [text];
  const cut = (body, tail) => {
    let low = 0, high = body.length;
    while (low < high) { const middle = (low + high + 1) >> 1; fits(body.slice(0, middle).trimEnd() + "…" + tail) ? (low = middle) : (high = middle - 1); }
    return [body.slice(0, low).trimEnd() + "…" + tail, low];
  };
  const arrow = text.lastIndexOf(" → ");
  if (arrow > 0) { const [made, kept] = cut(text.slice(0, arrow), text.slice(arrow)); if (kept >= 2) return [made]; }
  const equals = text.lastIndexOf("=");
  if (arrow < 0 && equals > 0 && fits("…" + text.slice(equals))) return [cut(text.slice(0, equals), text.slice(equals))[0]];
  const [made, kept] = cut(text, "");
  return kept >= 3 ? [made] : null;
}

// The places of a label beside its node, the wanted one first. box: the node's; leaf: has it nothing to its right?
function placesAround(box, leaf, w, h) {
  const cx = box.x + box.w / 2, cy = box.y + box.h / 2;
  const right = { x: box.x + box.w + 4, y: cy - h / 2, align: "left" };
  const above = { x: cx - w / 2, y: box.y - h - 3, align: "center" };
  const under = { x: cx - w / 2, y: box.y + box.h + 3, align: "center" };
  const besides = [above.y, under.y].flatMap((y) => [{ x: box.x + box.w, y, align: "left" }, { x: box.x - w, y, align: "right" }]);
  return leaf ? [right] : [above, under, ...besides];
}
