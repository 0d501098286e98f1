// Calls with what a draft says of them: an answer with its evidence and a word whether it is right, or a total.

function drawEvidence(item) {
  return [item.quote && el("blockquote", {}, el("q", {}, item.quote)), item.why && el("p", { class: "why quiet small" }, item.why)];
}

function drawMarks(call, mark) {
  const button = (how, words) =>
    el("button", { type: "button", "aria-pressed": String(call.mark === how), title: `This answer is ${how}`,
      onclick: () => mark(`${call.id} ${call.mark === how ? "none" : how}`) }, icon(how === "right" ? "met" : "not_met"), words);
  const differs = call.mark && !call.agrees && el("span", { class: "differs" }, "not as you marked it");
  return [el("span", { class: "marks" }, button("right", "Right"), button("wrong", "Wrong")), differs];
}

function drawCall(call, marks, mark) {
  const [first, ...more] = call.evidence ?? [];
  const sure = call.probability !== undefined && call.probability < 1 && ` ${Math.round(call.probability * 100)} % sure`;
  return el("article", { class: `call tone-${call.verdict ?? "plain"}` },
    el("div", { class: "top" },
      el("span", {},
        el("a", { class: "who", href: call.href, target: "_blank" }, call.title),
        el("span", { class: "quiet small" }, call.when, sure && call.verdict ? ` ·${sure}` : "")),
      el("span", { class: "side" }, call.verdict ? chip(call.verdict, call.answer) : score(call.total), marks && drawMarks(call, mark))),
    first && drawEvidence(first),
    call.why && el("p", { class: "why quiet small" }, call.why),
    call.searched && el("p", { class: "why quiet small" }, call.searched),
    call.nearest && el("p", { class: "why quiet small" }, "Nearest: ", el("q", {}, call.nearest)),
    more.length > 0 && el("details", {}, el("summary", {}, `${more.length} more`), more.map(drawEvidence)));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const mark = (said) => setTriggerValue("mark", said);
  rootOf(parentElement).replaceChildren(...data.calls.map((call) => drawCall(call, data.marks, mark)));
}
