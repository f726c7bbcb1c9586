// A page of the offline pack: one step at a time, predictions with their answers, sliders and curves. data: null on the list of lessons.
function lessons(data) {
  if (!data) return;
  const byId = (id) => document.getElementById(id), steps = data.steps;
  const kept = (key, value) => {  // a browser may forbid a page from disk to keep anything
    try { return value === undefined ? window.localStorage.getItem(key) : window.localStorage.setItem(key, value); } catch { return null; }
  };

  function show() {
    const asked = Number(new URLSearchParams(window.location.hash.slice(1)).get("step")) || 1, now = Math.min(Math.max(1, asked), steps);
    for (let n = 1; n <= steps; n++) byId(`step-${n}`).hidden = n !== now;
    byId("place").textContent = `${now} / ${steps}`;
    byId("back").disabled = now === 1;
    byId("next").disabled = now === steps;
    const step = byId(`step-${now}`), quiet = step.querySelector(".anyway") ? "&quiet=1" : "";  // a prediction's answer is still hidden
    for (const frame of step.querySelectorAll("iframe:not([src])")) frame.src = frame.dataset.src + quiet;
    for (const [key, figure] of Object.entries(data.plots)) {
      const place = byId(key);
      if (!place.closest("[hidden]") && !place.children.length) window.Plotly.newPlot(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    }
    window.scrollTo(0, 0);
    return now;
  }
  const go = (by) => { window.location.hash = `step=${show() + by}`; };
  byId("back").addEventListener("click", () => go(-1));
  byId("next").addEventListener("click", () => go(1));
  window.addEventListener("hashchange", show);
  window.addEventListener("keydown", (event) => {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    if (by && !byId(by > 0 ? "next" : "back").disabled) { event.preventDefault(); go(by); }
  });

  for (const choice of document.querySelectorAll(".choice")) {
    const options = [...choice.querySelectorAll(".option")], key = `rlm-lesson-${choice.id}`;
    const reveal = (taken) => {
      options.forEach((option, o) => {
        option.disabled = true;
        if (option.dataset.right === "1") option.classList.add("right");
        else if (o === taken) option.classList.add("wrong");
        if (o === taken) option.append(` · ${data.words["your answer"]}`);
      });
      choice.querySelector(".anyway")?.remove();
      if (taken !== null) {
        const said = choice.querySelector(".said"), option = options[taken];
        said.textContent = option.dataset.feedback || data.words[option.dataset.right === "1" ? "You predicted right." : "It came out otherwise."];
        said.hidden = false;
      }
      choice.querySelector(".reveal").hidden = false;
      const step = choice.closest("[id^=step-]");
      if (!step.querySelector(".anyway")) for (const frame of step.querySelectorAll("iframe[src]")) frame.contentWindow.postMessage("rlm-tell", "*");
    };
    options.forEach((option, o) => option.addEventListener("click", () => { kept(key, String(o)); reveal(o); }));
    choice.querySelector(".anyway")?.addEventListener("click", () => reveal(null));
    const before = kept(key);
    if (before !== null) reveal(Number(before));
  }

  for (const [key, slider] of Object.entries(data.sliders)) {
    const place = byId(key), input = place.querySelector("input");
    const draw = () => {
      const i = Number(input.value);
      place.querySelector("output").textContent = slider.c[i].toFixed(2);
      place.querySelector("tbody").replaceChildren(...slider.rows[i].map((row, r) => {
        const line = document.createElement("tr");
        if (r === 0) line.className = "chosen";
        line.append(...row.map((cell) => Object.assign(document.createElement("td"), { textContent: cell })));
        return line;
      }));
      place.querySelector("p").textContent = slider.formula[i];
    };
    input.value = String(slider.start);
    input.addEventListener("input", draw);
    draw();
  }
  show();
}
