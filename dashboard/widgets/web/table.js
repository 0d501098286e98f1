function compare(a, b) {
  const [x, y] = [a.sort ?? a.text ?? "", b.sort ?? b.text ?? ""];
  if (typeof x === "number" && typeof y === "number") return x - y;
  return String(x).localeCompare(String(y), undefined, { numeric: true });
}

/* Beside other ranges the words below one break where they must; alone they stand in one line. */
function draw(cell, href, open, alone) {
  const parts = [];
  if (cell.score !== undefined) parts.push(score(cell.score, cell.mark));
  if (cell.range) {
    const { low, high, rate, target } = cell.range;
    const line = el("span", { class: cell.plain ? "range plain" : "range", title: cell.title });
    line.append(
      el("i", { style: `left:${low * 100}%;width:${(high - low) * 100}%` }),
      el("b", { style: `left:${rate * 100}%` }),
      el("u", { style: `left:${target * 100}%` }),
    );
    parts.push(line);
  }
  if (cell.text !== undefined && cell.text !== null) {
    if (cell.link) parts.push(follow(el("a", { href }, cell.text), open));
    else parts.push(cell.quote ? el("q", {}, cell.text) : el("span", {}, cell.text));
  }
  if (cell.chips) parts.push(el("span", { class: "chips" }, cell.chips.map((c) => chip(c.tone, c.words, c.title))));
  if (cell.below) parts.push(el("span", { class: `below quiet small ${cell.range && alone ? "nowrap" : ""}` }, cell.below));
  return parts;
}

const ranges = (row) => row.cells.filter((cell) => cell.range).length;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const order = (parentElement.order ??= { column: null, down: false });

  const redraw = () => {
    const rows = data.rows.map((row, position) => ({ row, position }));
    if (order.column !== null) {
      rows.sort((a, b) => compare(a.row.cells[order.column], b.row.cells[order.column]) || a.position - b.position);
      if (order.down) rows.reverse();
    }
    const head = data.columns.map((column, n) => {
      const sorted = order.column === n ? (order.down ? "descending" : "ascending") : "none";
      const turn = () => {
        if (order.column === n) order.down = !order.down;
        else Object.assign(order, { column: n, down: column.number === true });
        redraw();
      };
      return el(
        "th",
        { scope: "col", class: column.number && "number", "aria-sort": sorted, title: column.help },
        el("button", { onclick: turn, type: "button" }, column.label),
      );
    });
    const body = rows.map(({ row }) => {
      const open = () => setTriggerValue("chosen", row.id);
      const alone = ranges(row) === 1;
      const cells = row.cells.map((cell, n) =>
        el("td", { class: [data.columns[n].number && "number", cell.nowrap && "nowrap"].filter(Boolean).join(" ") },
          draw(cell, row.href, open, alone)),
      );
      const line = el("tr", { class: row.id && "opens" }, cells);
      if (row.id) line.onclick = (event) => event.target.closest("a") || window.getSelection().toString() || open();
      return line;
    });
    root.replaceChildren(
      el("div", { class: "wrap" },
        el("table", { class: data.rows.some((row) => ranges(row) > 2) && "many" },
          el("caption", {}, data.caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, body))),
    );
  };
  redraw();
}
