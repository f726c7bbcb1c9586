// The tree at a moment, from the data that history.py makes. `TreeState.go` applies the events as `SearchTree.apply` does.
class TreeState {
  constructor(data) {
    this.data = data;
    this.nodes = data.nodes;
    this.last = data.events.length;
    this.index = new Map(data.nodes.map((node, i) => [node.id, i]));
    const count = data.nodes.length;
    this.parent = new Int32Array(count).fill(-1);
    this.depth = new Int32Array(count);
    this.children = Array.from({ length: count }, () => []);
    data.nodes.forEach((node, i) => {
      if (node.parent === null) return;
      const above = this.index.get(node.parent);
      this.parent[i] = above;
      this.depth[i] = this.depth[above] + 1;
      this.children[above].push(i);
    });
    this.verdicts = true;  // are finished nodes shown as correct or wrong?
    this.ends = this._wholeVisits();
    this.reset();
  }

  reset() {
    const count = this.nodes.length;
    this.seq = 0;
    this.visits = new Int32Array(count);
    this.total = new Float64Array(count);
    this.score = new Float64Array(count).fill(NaN);
    this.judge = new Array(count).fill("");
    this.samples = new Int32Array(count).fill(1);
    this.pruned = new Array(count).fill("");
    this.links = [];  // {kind, source, target}
    this.copies = new Map();
    this.answer = null;  // {node, answer, correct}
  }

  // Show the tree after event `seq`.
  go(seq) {
    if (seq < this.seq) this.reset();
    while (this.seq < Math.min(seq, this.last)) this._apply(this.data.events[this.seq++]);
    return this;
  }

  _apply({ now, change }) {
    if (!change) return;
    const [kind, ...given] = change;
    const at = (node) => this.index.get(node);
    if (kind === "backup") {
      now.map(at).forEach((i, place) => {
        this.visits[i] += 1;
        this.total[i] = Array.isArray(given[0]) ? given[0][place] * this.visits[i] : this.total[i] + given[0];
      });
    } else if (kind === "score") {
      this.score[at(given[0])] = given[1];
      this.judge[at(given[0])] = given[2];
    } else if (kind === "samples") {
      this.samples[at(given[0])] += given[1];
    } else if (kind === "pruned") {
      for (const node of given[0]) this.pruned[at(node)] = given[1];
    } else if (kind === "copies") {
      this.copies = new Map();
      for (const [node, copies] of given[0]) this.copies.set(at(node), (this.copies.get(at(node)) ?? 0) + copies);
    } else if (kind === "answer") {
      this.answer = { node: given[0] === null ? null : at(given[0]), answer: given[1], correct: given[2] };
    } else {
      this.links.push({ kind, source: at(given[0]), target: at(given[1]) });
    }
  }

  // Visits of every node at the end of the history.
  _wholeVisits() {
    const visits = new Int32Array(this.nodes.length);
    for (const { now, change } of this.data.events) if (change?.[0] === "backup") for (const node of now) visits[this.index.get(node)] += 1;
    return visits;
  }

  there(i) { return this.nodes[i].added <= this.seq; }

  // Q where there were backups, else the latest score; null before both.
  value(i) {
    if (this.visits[i]) return this.total[i] / this.visits[i];
    return Number.isNaN(this.score[i]) ? null : this.score[i];
  }

  // The key of the node's look in the visual language.
  look(i) {
    const state = this.nodes[i].state;
    if (state) return this.verdicts || !["correct", "wrong"].includes(state) ? state : "finished";
    return this.pruned[i] ? "pruned" : this.value(i) === null ? "unscored" : "open";
  }

  path(i) {
    const found = [];
    for (let at = i; at >= 0; at = this.parent[at]) found.push(at);
    return found.reverse();
  }

  // The way to the answer; before there is one, the most visited, then best valued way down.
  best() {
    if (!this.nodes.length || !this.there(0)) return [];
    if (this.answer && this.answer.node !== null) return this.path(this.answer.node);
    const root = this.index.get(this.data.root) ?? 0;
    const found = this.path(this.there(root) ? root : 0);
    for (;;) {
      const ways = this.children[found.at(-1)].filter((c) => this.there(c) && !this.pruned[c] && this.value(c) !== null);
      if (!ways.length) return found;
      found.push(ways.reduce((a, b) => (this.visits[b] - this.visits[a] || this.value(b) - this.value(a)) > 0 ? b : a));
    }
  }

  // Nodes of the present event.
  touched() {
    const event = this.data.events[this.seq - 1];
    return (event?.now ?? []).map((node) => this.index.get(node)).filter((i) => i !== undefined && this.there(i));
  }

  // By node: how many nodes stand below it at this moment, and the best value among them and itself (NaN for none).
  below() {
    const count = new Int32Array(this.nodes.length), best = new Float64Array(this.nodes.length).fill(NaN);
    for (let i = this.nodes.length - 1; i >= 0; i--) {  // children stand behind their parents
      if (!this.there(i)) continue;
      const own = this.value(i);
      if (own !== null && !(best[i] >= own)) best[i] = own;
      const above = this.parent[i];
      if (above < 0) continue;
      count[above] += count[i] + 1;
      if (!(best[above] >= best[i]) && !Number.isNaN(best[i])) best[above] = best[i];
    }
    return { count, best };
  }
}
