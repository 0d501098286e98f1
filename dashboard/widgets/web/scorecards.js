function listenButton(evidence) {
  if (evidence.turn === null && evidence.start === null) return null;
  const place = evidence.start === null ? "show" : clock(evidence.start);
  return el("button", { type: "button", class: "listen", title: "Hear it, from two seconds before",
    onclick: () => listen(evidence.start, evidence.turn) }, icon("play"), place);
}

function searchedNote(searched) {
  if (!searched) return null;
  const nearest = searched.nearest;
  return [
    el("p", { class: "note small quiet" }, icon("search"), " ", searched.words),
    nearest && nearest.quote && el("blockquote", { class: "small" }, listenButton(nearest),
      el("span", {}, el("span", { class: "quiet" }, "Nearest: "), "“", nearest.quote, "”")),
  ];
}

function history(result) {
  if (!result.overrides.length) return null;
  return el("details", { open: result.overrides.length === 1 },
    el("summary", {}, icon("person"), result.overrides.length === 1 ? " Corrected by a person" : ` Corrected ${result.overrides.length} times`),
    el("ol", {}, result.overrides.map((o) => el("li", { class: "small" },
      el("b", {}, o.author), `, ${o.at}: ${WORDS[o.before]} → `, el("b", {}, WORDS[o.after]), el("br"), o.reason))));
}

function correctButton(result, correct) {
  return el("button", { type: "button", class: "correct", onclick: () => correct(result.id) },
    icon("edit"), result.verdict === "unsure" ? " Decide" : " Correct");
}

function drawResult(result, correct) {
  const quiet = result.verdict === "not_applicable";
  const doubt = result.probability < 0.995 && !result.by_person && result.verdict !== "unsure"
    ? el("span", { class: "small quiet nowrap", title: "How likely this verdict is to be right" },
        `${Math.round(result.probability * 100)} % sure`)
    : null;
  const repeated = (item, n) => n > 0 && item.quote && item.why === result.evidence[n - 1].why;
  const evidence = result.evidence.map((item, n) => [
    item.why && !repeated(item, n) && el("p", { class: "why small" }, item.quote ? null : [listenButton(item), " "], item.why),
    item.quote && el("blockquote", {}, listenButton(item), el("span", {}, "“", item.quote, "”")),
  ]);
  return el("article", { class: `result tone-${result.verdict}`, "data-criterion": result.criterion },
    el("div", { class: "top" },
      el("p", { class: `question ${quiet ? "quiet" : ""}` }, result.question),
      el("div", { class: "side" }, el("span", { class: "answer" }, correct && correctButton(result, correct), chip(result.verdict)), doubt)),
    result.fails_words && el("p", { class: "note small", style: "color:var(--not-met)" }, icon("alarm"), " ", result.fails_words),
    evidence, searchedNote(result.searched),
    result.tip && el("p", { class: "tip small" }, el("b", {}, "To practise: "), result.tip),
    history(result));
}

function drawSection(section, correct) {
  const failed = section.before !== section.score && section.before !== null;
  const figure = section.score === null ? "not scored" : `${Math.round(section.score)} of 100`;
  return el("section", {},
    el("header", {}, el("h4", {}, section.title),
      el("span", { class: "small quiet nowrap" }, failed ? `${Math.round(section.before)} → ` : "", figure)),
    section.results.map((result) => drawResult(result, correct)));
}

function drawTotal(card) {
  const scored = card.total !== null;
  const passed = scored && card.total >= card.pass_mark;
  const tone = scored ? (passed ? "met" : "not_met") : "plain";
  return el("div", { class: `total tone-${tone}` },
    scored
      ? [el("span", { class: "figure" }, Math.round(card.total), el("small", {}, " of 100")),
         el("span", { class: "bar" }, el("i", { style: `width:${card.total}%` }), el("u", { style: `left:${card.pass_mark}%` })),
         el("span", {}, chip(tone, passed ? "Passed" : "Not passed"), el("span", { class: "small quiet" }, ` pass mark ${card.pass_mark}`))]
      : el("span", { class: "quiet" }, "Nothing on this scorecard could be scored for this call."),
    card.changed && el("span", { class: "small quiet" }, card.changed),
    card.failed_by.length > 0 && el("p", { class: "failure" }, icon("alarm"),
      el("span", {}, el("b", {}, `Automatic failure: ${Math.round(card.before)} → ${Math.round(card.total)}. `), card.failed_by.join(" "))),
    card.waiting > 0 && el("p", { class: "waiting small" }, chip("unsure", `${card.waiting} to decide`),
      " left out of the total until a person decides"));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const state = (parentElement.chosen ??= { call: null, card: null });
  if (state.call !== data.call || !data.cards.some((card) => card.id === state.card)) {
    Object.assign(state, { call: data.call, card: data.chosen ?? data.cards[0]?.id });
  }
  const correct = data.may_correct ? (id) => setTriggerValue("correct", String(id)) : null;

  const redraw = (focus) => {
    const card = data.cards.find((one) => one.id === state.card);
    const choose = (id) => {
      state.card = id;
      window.dispatchEvent(new CustomEvent("attune-scorecard", { detail: { scorecard: id } }));
      redraw(true);
    };
    const tabs = data.cards.map((one) => {
      const passed = one.total !== null && one.total >= one.pass_mark;
      const chosen = one.id === state.card;
      return el("button", { type: "button", role: "tab", "aria-selected": String(chosen), tabindex: chosen ? 0 : -1,
        class: `tone-${one.total === null ? "plain" : passed ? "met" : "not_met"}`, onclick: () => choose(one.id) },
        one.title, el("b", {}, one.total === null ? "–" : Math.round(one.total), one.total !== null && icon(passed ? "met" : "not_met")));
    });
    const list = el("div", { class: "tabs", role: "tablist", "aria-label": "Scorecards" }, tabs);
    list.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const n = data.cards.findIndex((one) => one.id === state.card);
      choose(data.cards[(n + step + data.cards.length) % data.cards.length].id);
    };
    root.replaceChildren(list, el("div", { role: "tabpanel" }, drawTotal(card), card.sections.map((s) => drawSection(s, correct))));
    if (focus) root.querySelector('[aria-selected="true"]').focus();
  };
  redraw(false);
}
