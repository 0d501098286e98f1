// Shared by every widget. Text only ever becomes a text node: what a customer said can never be markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  met: "M4 12.5l5 5L20 6.5",
  partly: "M12 3a9 9 0 1 0 .01 0M12 3v18M12.5 3.2A9 9 0 0 1 12.5 20.8M15 5v14M18 7.2v9.6",
  not_met: "M6 6l12 12M18 6L6 18",
  not_applicable: "M5 12h14",
  unsure: "M8.6 8.8a3.5 3.5 0 1 1 5 3.2c-1.1.6-1.6 1.2-1.6 2.6M12 19v.01",
  play: "M8 5.5v13l10-6.5z",
  pause: "M8 5v14M16 5v14",
  alarm: "M12 4l9.5 16h-19zM12 10v4.5M12 17.5v.01",
  person: "M12 11.5a4 4 0 1 0-.01 0M4.5 20.5c.8-4 3.6-6 7.5-6s6.7 2 7.5 6",
  edit: "M5 19l1-4L16.5 4.5l3 3L9 18z",
  mark: "M6 4h12v16.5l-6-4.5-6 4.5z",
  chat: "M4 5h16v11H10l-4.5 4V16H4z",
  flag: "M6 21V4h12l-3 4.5 3 4.5H6",
  good: "M7 11v9H4v-9zM7 11l4-8c1.6 0 2.4 1 2 3l-.6 3H19c1 0 1.700 .8 1.500 2l-1.300 7c-.200 1-.900 2-2 2H7",
  bad: "M7 13V4H4v9zM7 13l4 8c1.600 0 2.400-1 2-3l-.600-3H19c1 0 1.700-.8 1.500-2l-1.300-7c-.200-1-.900-2-2-2H7",
  search: "M10.5 17a6.5 6.5 0 1 0-.01 0M15.5 15.5L21 21",
};

const WORDS = { met: "Met", partly: "Partly", not_met: "Not met", not_applicable: "Does not apply", unsure: "Unsure" };

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function chip(tone, words, title) {
  return el("span", { class: `chip tone-${tone}`, title }, ICONS[tone] && icon(tone), words ?? WORDS[tone]);
}

function score(total, mark) {
  if (total === null || total === undefined) return el("span", { class: "quiet" }, "not scored");
  const passed = mark === null || mark === undefined ? null : total >= mark;
  const tone = passed === null ? "plain" : passed ? "met" : "not_met";
  const words = passed === null ? "" : passed ? `, passed (pass mark ${mark})` : `, below the pass mark of ${mark}`;
  return el(
    "span",
    { class: `score tone-${tone}`, title: `${total} of 100${words}` },
    el("b", {}, Math.round(total), passed !== null && icon(tone), el("span", { class: "sr-only" }, words)),
    el("span", { class: "bar" }, el("i", { style: `width:${total}%` }), mark && el("u", { style: `left:${mark}%` })),
  );
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// A moment as people here write it, in the browser's own time zone.
function momentWords(iso) {
  const at = new Date(iso);
  const today = new Date().toDateString() === at.toDateString();
  const hour = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  return today ? `today, ${hour}` : `${at.getDate()} ${at.toLocaleString("en", { month: "short" })} ${at.getFullYear()}, ${hour}`;
}

// The part of a widget that is redrawn whenever its data changes.
function rootOf(parent) {
  let root = parent.querySelector(".root");
  if (!root) {
    root = el("div", { class: "root" });
    parent.append(root);
  }
  return root;
}

// A plain click on a link stays within the page; with a modifier key the browser opens it as it would any other.
function follow(node, go) {
  node.onclick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go();
  };
  return node;
}

// What is selected within a widget; the browser keeps the selection of a shadow tree with that tree.
function selectionIn(node) {
  const tree = node.getRootNode();
  return tree.getSelection ? tree.getSelection() : document.getSelection();
}

function selectedText(node) {
  return selectionIn(node)?.toString().trim() ?? "";
}
