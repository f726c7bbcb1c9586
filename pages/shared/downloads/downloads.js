// A row of buttons. Each press is a request that is kept until its file has arrived, also while the page is drawn again.
// data: {name, buttons: [{label, icon, file}], made: [{request, file, mime, text, base64, drawing}], library}. State: `wanted`, [[request, number
// of the button]]. drawing: {format, width, height, scale} of a picture, whose text is a plotly figure; library: the address of plotly.js.
const waiting = new Map();  // by name: requests without an answer; outlives the element, which the page may make anew
let count = 0;
let loading = null;

function plotly(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(address, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = null; reject(new Error("plotly.js could not be loaded")); };
    document.head.append(script);
  });
  return loading;
}

// The content of a file; a picture is drawn here, of its figure.
async function content(file, library) {
  if (!file.drawing) return file.base64 ? Uint8Array.from(atob(file.text), (c) => c.charCodeAt(0)) : file.text;
  const Plotly = await plotly(library);
  const address = await Plotly.toImage({ ...JSON.parse(file.text), config: { locale: "en" } }, file.drawing);
  return (await fetch(address)).blob();
}

async function save(file, library) {
  const address = URL.createObjectURL(new Blob([await content(file, library)], { type: file.mime }));
  const link = document.createElement("a");
  link.href = address;
  link.download = file.file;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function button({ label, icon }, press) {
  const made = document.createElement("button");
  made.type = "button";
  const [symbol, text] = [document.createElement("span"), document.createElement("span")];
  symbol.className = "icon";
  symbol.setAttribute("aria-hidden", "true");
  symbol.textContent = icon;
  text.textContent = label;
  made.append(symbol, text);
  made.addEventListener("click", press);
  return made;
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  const place = parentElement.querySelector(".rlm-downloads");
  const wanted = waiting.get(data.name) ?? [];
  waiting.set(data.name, wanted);
  const send = () => setStateValue("wanted", wanted.slice());
  const answered = data.made.filter((file) => wanted.some(([request]) => request === file.request));
  for (const file of answered) {
    wanted.splice(wanted.findIndex(([request]) => request === file.request), 1);
    save(file, data.library).catch((error) => { place.dataset.failed = `${file.file}: ${error.message}`; });
  }
  if (answered.length) send();
  place.rlmPress = (number) => {
    count += 1;
    wanted.push([`${Date.now()}-${count}`, number]);
    send();
  };
  const labels = JSON.stringify(data.buttons.map(({ label, icon }) => [label, icon]));
  if (place.rlmLabels !== labels) {  // a button made anew between press and release would get no click
    place.rlmLabels = labels;
    place.replaceChildren(...data.buttons.map((described, number) => button(described, () => place.rlmPress(number))));
  }
  data.buttons.forEach(({ file }, number) => { place.children[number].title = file; });
}
