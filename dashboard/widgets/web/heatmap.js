// Below the target in orange, above it in the brand's colour, stronger the further away; the number says it in any case.
function shade(rate, target) {
  const away = Math.max(-1, Math.min(1, (rate - target) / (rate < target ? 0.5 : 0.3)));
  const tone = away < 0 ? "var(--partly)" : "var(--brand)";
  return `color-mix(in srgb, ${tone} ${Math.round(6 + 46 * Math.abs(away))}%, transparent)`;
}

function drawCell(cell, choose) {
  const button = el("button", { type: "button", title: cell.title, "aria-label": cell.title, onclick: () => choose(cell.id) },
    el("b", {}, cell.rate === null ? "–" : Math.round(cell.rate * 100)), el("small", {}, cell.count));
  if (cell.enough && cell.rate !== null) button.style.setProperty("--cell", shade(cell.rate, cell.target));
  return el("td", { class: `${cell.gap ? "gap" : ""} ${cell.enough ? "" : "few"}` }, button);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const choose = (id) => setTriggerValue("chosen", id);
  const sample = (label, attributes) => el("span", {}, el("i", attributes), label);
  rootOf(parentElement).replaceChildren(
    el("div", { class: "wrap" }, el("table", { class: data.columns.length <= 5 && "few-columns" }, el("caption", {}, data.caption),
      el("thead", {}, el("tr", {}, el("th", { class: "corner" }, el("span", { class: "small" }, data.corner)),
        data.columns.map((column) => el("th", { scope: "col", title: column.title },
          column.id ? el("button", { type: "button", onclick: () => choose(column.id) }, el("span", {}, column.label))
            : el("span", {}, column.label))))),
      el("tbody", {}, data.rows.map((row) => el("tr", {},
        el("th", { scope: "row" }, row.label, row.below && el("small", {}, row.below)),
        row.cells.map((cell) => drawCell(cell, choose))))))),
    el("p", { class: "legend small quiet" },
      sample("below the target", { style: `background:${shade(0, 0.8)}` }),
      sample("at or above it", { style: `background:${shade(1, 0.7)}` }),
      sample("likely a gap ▾", { style: "box-shadow: inset 0 0 0 2px var(--partly)" }),
      sample("too few calls to judge a person by", { style: "background:repeating-linear-gradient(135deg, var(--off-ground) 0 3px, transparent 3px 7px)" }),
      el("span", {}, "large figure: % of points earned, small figure: calls")));
}
