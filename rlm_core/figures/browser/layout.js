// Where the nodes of a tree stand: leaves at slots 0, 1, 2 …, parents midway between their first and last child, levels to the right.
// hidden: is a node left out? collapsed: set of nodes whose children are left out.
function arrange(state, hidden, collapsed) {
  const count = state.nodes.length;
  const slot = new Float64Array(count).fill(NaN), first = new Float64Array(count), last = new Float64Array(count);
  const order = [], kept = new Map();
  let leaves = 0, levels = 0;
  const stack = count && !hidden(0) ? [0] : [];
  while (stack.length) {
    const i = stack.pop();
    order.push(i);
    const children = collapsed.has(i) ? [] : state.children[i].filter((c) => !hidden(c));
    kept.set(i, children);
    for (let c = children.length - 1; c >= 0; c--) stack.push(children[c]);
    if (!children.length) first[i] = last[i] = slot[i] = leaves++;
    levels = Math.max(levels, state.depth[i]);
  }
  for (let o = order.length - 1; o >= 0; o--) {
    const i = order[o], children = kept.get(i);
    if (!children.length) continue;
    slot[i] = (slot[children[0]] + slot[children.at(-1)]) / 2;
    first[i] = first[children[0]];
    last[i] = last[children.at(-1)];
  }
  return { slot, first, last, order, children: kept, leaves, levels };
}

// A small tree is given room for this many leaves, so that growing rescales the picture only now and then.
const ROOMS = [6, 8, 10, 12, 14, 16, 18, 20, 23, 26, 29, 32, 36, 40, 45, 50, 56, 64];

// The view that shows a whole tree: pitch (px between leaves), step (px between levels), and where the root's corner stands.
// room: {width, height, before, after, above, under}, px; scale: of large type.
function fitted(placed, room, scale) {
  const slots = Math.max(1, placed.leaves);
  const roomy = ROOMS.find((n) => n >= slots) ?? slots;
  const high = room.height - room.above - room.under, wide = room.width - room.before - room.after;
  const pitch = Math.min(high / roomy, 64 * scale), step = Math.min(wide / Math.max(1, placed.levels), 270 * scale);
  const spare = Math.max(0, wide - step * placed.levels) / 2;
  return { pitch, step, x: room.before + spare, y: room.above + (high - (slots - 1) * pitch) / 2 };
}
