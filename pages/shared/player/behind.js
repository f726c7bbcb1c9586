// The browser shows a moment at once, the server's texts come later: until they do, they are marked with the event they were drawn for.
// A text says its event itself (data-drawn); a container that ends with an element .rlm-drawn is marked as a whole.
let marking = 0;

function markBehind() {
  marking = 0;
  const playing = live?.place.isConnected && window.rlmMoment?.scope === live.data.scope;
  const marks = new Map();  // by what is marked: the event that it is behind at; null where it is not
  for (const part of document.querySelectorAll("[data-drawn]")) {
    const whole = part.matches(".rlm-drawn") ? part.closest("[class*=st-key-]") : part;
    const late = playing && Number(part.dataset.drawn) !== where(live);
    if (whole) marks.set(whole, late ? part.dataset.drawn : marks.get(whole) ?? null);
  }
  for (const [part, event] of marks) if (event !== (part.dataset.behind ?? null)) event === null ? delete part.dataset.behind : (part.dataset.behind = event);
}

function markSoon() { marking ||= requestAnimationFrame(markBehind); }

if (!window.rlmBehind) {
  window.rlmBehind = true;
  window.addEventListener("rlm-moment", markSoon);
  new MutationObserver(markSoon).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-drawn"] });
}
