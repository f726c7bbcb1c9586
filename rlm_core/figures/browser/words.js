// Texts in another language. `words`: the text by its English one; where there is none, or no words at all, it stays English.
// values: what its fields in braces stand for.
const SAID = ["title", "aria-label", "placeholder"];

function say(words, english, values = {}) { return (words?.[english] ?? english).replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field); }

// All that the buttons, fields and choices of a part of the page say.
function sayIn(place, words) {
  for (const part of place.querySelectorAll("[title], [aria-label], [placeholder], option")) {
    part.rlmEnglish ??= { text: part.textContent, ...Object.fromEntries(SAID.map((name) => [name, part.getAttribute(name)])) };
    for (const name of SAID) if (part.rlmEnglish[name]) part.setAttribute(name, say(words, part.rlmEnglish[name]));
    if (part.matches("option")) part.textContent = say(words, part.rlmEnglish.text);
  }
}
