// Keeps the history of the run that is shown, in the page; the tree reads it there. It is sent once, whatever else of the page changes.
export default function (component) {
  const text = new TextDecoder().decode(component.data);
  if (window.rlmHistory?.text === text) return;
  window.rlmHistory = { text, data: JSON.parse(text) };
  window.dispatchEvent(new Event("rlm-history"));
}
