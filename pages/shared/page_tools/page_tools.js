// Copy link, light or dark, present, language. data: {paths, theme, presenting, words, language, languages, cookie, kept}.
// States: `presenting`, and `language`, which the browser keeps in a cookie, so that a page is drawn in it from the first. kept: values of
// cookies that the browser is to have if it has none of that name.
const ICONS = {
  link: "M3.9 12A3.1 3.1 0 0 1 7 8.9h4V7H7a5 5 0 0 0 0 10h4v-1.9H7A3.1 3.1 0 0 1 3.9 12zM8 13h8v-2H8zm9-6h-4v1.9h4a3.1 3.1 0 0 1 0 6.2h-4V17h4a5 5 0 0 0 0-10z",
  done: "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z",
  theme: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 16V5a7 7 0 0 1 0 14z",
  present: "M21 3H3a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h6v2H7v1h10v-1h-2v-2h6a2 2 0 0 0 2-2V5a2 2 0 0 0-2-2zm0 13H3V5h18z",
};
const TYPING = "input:not([type=range]), textarea, select, [contenteditable=true], [role=dialog]";
const PRESENTING = "rlmPresenting";
let current = null;

function icon(button, name) { button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`; }

async function copy(button) {
  try {
    await navigator.clipboard.writeText(window.location.href);
    icon(button, "done");
    button.title = current.data.words.copied;
    setTimeout(() => { icon(button, "link"); button.title = current.data.words.link; }, 1500);
  } catch {
    window.prompt(current.data.words["by hand"], window.location.href);  // a page that is not served securely may not write to the clipboard
  }
}

// Streamlit reads its theme when a page is loaded, by the path of the first page.
function switchTheme() {
  const name = JSON.stringify(current.data.theme === "dark" ? "Light" : "Dark");
  for (const path of new Set([window.location.pathname, ...current.data.paths])) window.localStorage.setItem(`stActiveTheme-${path}-v2`, name);
  window.sessionStorage.setItem(PRESENTING, String(current.data.presenting));  // a page that is loaded anew has forgotten it
  window.location.reload();
}

function keep(cookie, value) { document.cookie = `${cookie}=${value}; path=/; max-age=31536000; samesite=lax`; }

function present() {
  current.data.presenting = !current.data.presenting;  // at once: a next key need not wait until the page is drawn
  current.setStateValue("presenting", current.data.presenting);
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}

// A select box of the browser's own, so that its keys and its reader's words are those that a person knows.
function languages(place) {
  const box = document.createElement("select");
  for (const [code, name] of Object.entries(current.data.languages)) box.append(new Option(name, code));
  box.addEventListener("change", () => {
    keep(current.data.cookie, box.value);
    current.setStateValue("language", box.value);
  });
  place.append(box);
}

// Streamlit's switch_page gives the parameters of the new page to the address of the old one first, and then goes to the new page: an entry
// of the history that never was. The new page takes its place, so that Back leads to what was left. What a person does comes between others.
function oneEntryAPage() {
  const push = window.history.pushState.bind(window.history);
  let changed = false;  // the page has other parameters since a person did something last
  for (const kind of ["pointerdown", "keydown", "popstate"]) window.addEventListener(kind, () => { changed = false; }, true);
  window.history.pushState = (state, unused, url) => {
    const to = new URL(url ?? "", window.location.href), samePage = to.pathname === window.location.pathname;
    if (!samePage && changed && to.search === window.location.search) window.history.replaceState(state, unused, url);
    else push(state, unused, url);
    changed = samePage;
  };
}

function pressed(event) {
  if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) {
    if (event.key === "Escape" && current.data.presenting && !document.fullscreenElement && !document.querySelector("[role=dialog]")) present();
    return;
  }
  event.preventDefault();
  present();
}

export default function (component) {
  const first = !current, place = component.parentElement.querySelector(".rlm-page-tools");
  current = component;
  if (!place.children.length) {
    for (const [name, act] of Object.entries({ link: copy, theme: switchTheme, present })) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.act = name;
      icon(button, name);
      button.addEventListener("click", () => act(button));
      place.append(button);
    }
    languages(place);
  }
  for (const button of place.querySelectorAll("button")) {
    button.title = component.data.words[button.dataset.act];
    button.setAttribute("aria-label", button.title);
  }
  const box = place.querySelector("select");
  Object.assign(box, { title: component.data.words.language, value: component.data.language });
  box.setAttribute("aria-label", box.title);
  document.documentElement.lang = component.data.language;
  place.querySelector("[data-act=present]").setAttribute("aria-pressed", component.data.presenting);
  if (!first) return;
  for (const [cookie, value] of Object.entries(component.data.kept)) if (!document.cookie.split("; ").some((c) => c.startsWith(`${cookie}=`))) keep(cookie, value);
  oneEntryAPage();
  document.addEventListener("keydown", pressed);
  if (window.sessionStorage.getItem(PRESENTING) === "true" && !component.data.presenting) present();
  window.sessionStorage.removeItem(PRESENTING);
}
