// What each scorecard says, question by question: by which words, how sure, and what people have said since.

function totalWords(card) {
  return card.total === null ? "–" : String(Math.round(card.total));
}

class Scorecards {
  // `desk` is asked to listen, to show evidence, and to take what a reviewer does.
  constructor(desk) {
    this.desk = desk;
    this.node = el("section", { class: "cards", "aria-label": "Scorecards" });
    this.call = null;
    this.card = null;
    this.question = 0;
    this.wide = false;
    this.evidence = -1;
  }

  show(data) {
    this.data = data;
    if (this.call !== data.call || !data.cards.some((card) => card.id === this.card)) {
      this.call = data.call;
      this.card = data.chosen ?? data.cards[0]?.id ?? null;
      this.question = 0;
      this.evidence = -1;
    }
    this.draw();
  }

  get chosen() {
    return this.data.cards.find((card) => card.id === this.card);
  }

  get results() {
    return this.chosen?.sections.flatMap((section) => section.results) ?? [];
  }

  get current() {
    return this.results[this.question];
  }

  // All places that the current question rests on, in the order they are shown.
  places(result) {
    if (!result.evidence) return []; // judged blind
    const nearest = result.searched?.nearest;
    return [...result.evidence, ...(nearest?.quote ? [nearest] : [])].filter((one) => one.turn !== null || one.start !== null);
  }

  choose(id, focus = false) {
    this.card = id;
    this.question = 0;
    this.evidence = -1;
    this.draw();
    if (focus) this.node.querySelector('[aria-selected="true"]').focus();
  }

  nextCard(step) {
    const { cards } = this.data;
    if (!cards.length) return;
    const n = cards.findIndex((one) => one.id === this.card);
    this.choose(cards[(n + step + cards.length) % cards.length].id);
  }

  go(question) {
    const last = this.results.length - 1;
    this.question = Math.max(0, Math.min(last, question));
    this.evidence = -1;
    this.draw();
  }

  // After an answer: the question that follows, past those that are not asked; the last one stays.
  next() {
    let question = this.question + 1;
    while (this.results[question]?.not_asked) question += 1;
    this.go(this.results[question] ? question : this.question);
  }

  // Of the question at hand for whoever reviews; of the whole card for whoever reads.
  nextEvidence(step) {
    const places = (this.data.may_correct ? [this.current].filter(Boolean) : this.results).flatMap((one) => this.places(one));
    if (!places.length) return;
    this.evidence = this.evidence < 0 && step < 0 ? places.length - 1 : (this.evidence + step + places.length) % places.length;
    const place = places[this.evidence];
    this.desk.listen(place.start, place.turn);
    this.drawChosenEvidence();
  }

  drawChosenEvidence() {
    const buttons = this.node.querySelectorAll(this.data.may_correct ? ".result.current .listen" : ".result .listen");
    buttons.forEach((button, n) => button.classList.toggle("chosen", n === this.evidence));
    if (buttons[this.evidence]) keepInSight(this.panel, buttons[this.evidence].closest(".result"));
  }

  draw() {
    const card = this.chosen;
    if (!card) {
      this.node.replaceChildren(el("p", { class: "quiet" }, "No scorecard has judged this call."));
      return;
    }
    const place = this.panel?.scrollTop ?? 0;
    this.panel = el("div", { role: "tabpanel", class: "panel", tabindex: -1 },
      this.drawTotal(card) ?? [], card.sections.map((section) => this.drawSection(section)));
    this.node.replaceChildren(...[this.drawTabs(), this.desk.drawTask(), this.panel].filter(Boolean));
    this.panel.scrollTop = place;
    this.drawChosenEvidence();
    const current = this.node.querySelector(".result.current");
    if (current) keepInSight(this.panel, current);
    this.desk.showEvidence(this.marked());
  }

  // Evidence of the whole card on the time line and in the words; of the current question alone where one is gone through.
  marked() {
    if (this.chosen.blind) return [];
    const quoted = (result) => result.history.filter((one) => one.quote).map((one) => one.quote);
    return this.results.flatMap((result) => [...this.places(result), ...quoted(result)].map((one) => ({
      ...one, tone: result.verdict, icon: result.verdict, title: `${WORDS[result.verdict]}: ${result.question}`,
      faint: this.data.may_correct && result !== this.current })));
  }

  drawTabs() {
    const { cards } = this.data;
    const tabs = cards.map((one) => {
      const scored = !one.blind && one.total !== null;
      const passed = scored && one.total >= one.pass_mark;
      const chosen = one.id === this.card;
      return el("button", { type: "button", role: "tab", "aria-selected": String(chosen), tabindex: chosen ? 0 : -1,
        class: `tone-${scored ? (passed ? "met" : "not_met") : "plain"}`, onclick: () => this.choose(one.id) },
        one.title, !one.blind && el("b", {}, totalWords(one), scored && icon(passed ? "met" : "not_met")));
    });
    const list = el("div", { class: "tabs", role: "tablist", "aria-label": "Scorecards" }, tabs);
    list.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const n = cards.findIndex((one) => one.id === this.card);
      this.choose(cards[(n + step + cards.length) % cards.length].id, true);
    };
    return list;
  }

  drawTotal(card) {
    if (card.blind) return null;
    const scored = card.total !== null;
    const passed = scored && card.total >= card.pass_mark;
    const tone = scored ? (passed ? "met" : "not_met") : "plain";
    return el("div", { class: `total tone-${tone}` },
      scored
        ? [el("span", { class: "figure" }, Math.round(card.total), el("small", {}, " of 100")),
           el("span", { class: "bar" }, el("i", { style: `width:${card.total}%` }), el("u", { style: `left:${card.pass_mark}%` })),
           el("span", {}, chip(tone, passed ? "Passed" : "Not passed"), card.band && el("b", { class: "band" }, ` ${card.band}`), el("span", { class: "small quiet" }, ` pass mark ${card.pass_mark}`))]
        : el("span", { class: "quiet" }, "Nothing on this scorecard could be scored for this call."),
      card.changed && el("span", { class: "small quiet" }, card.changed),
      card.failed_by.length > 0 && el("p", { class: "failure" }, icon("alarm"),
        el("span", {}, el("b", {}, `Automatic failure: ${Math.round(card.before)} → ${Math.round(card.total)}. `), card.failed_by.join(" "))),
      card.waiting > 0 && el("p", { class: "waiting small" }, chip("unsure", `${card.waiting} to decide`),
        " left out of the total until a person decides"));
  }

  drawSection(section) {
    const failed = section.before !== section.score && section.before !== null;
    const figure = section.score === null ? "not scored" : `${Math.round(section.score)} of 100`;
    return el("section", {},
      el("header", {}, el("h4", {}, section.title),
        !this.chosen.blind && el("span", { class: "small quiet nowrap" }, failed ? `${Math.round(section.before)} → ` : "", figure)),
      section.results.map((result) => this.drawResult(result)));
  }

  drawResult(result) {
    const n = this.results.indexOf(result);
    const { review } = this.desk;
    const folds = this.data.may_correct && !this.wide;
    const current = this.data.may_correct && n === this.question;
    const open = !folds || current;
    const shown = review?.pending(result)?.choice.verdict ?? result.verdict;
    const doubt = !result.by_person && result.verdict && result.verdict !== "unsure" && result.probability < 0.995
      ? el("span", { class: "small quiet nowrap", title: "How likely this verdict is to be right" },
          `${Math.round(result.probability * 100)} % sure`)
      : null;
    const node = el("article", { class: `result tone-${shown ?? "plain"} ${current ? "current" : ""} ${open ? "" : "folded"}`,
      "data-criterion": result.criterion, "aria-current": current && "true" },
      el("div", { class: "top" },
        el("p", { class: `question ${result.verdict === "not_applicable" && !current ? "quiet" : ""}` }, result.question),
        el("div", { class: "side" },
          el("span", { class: "answer" }, review?.standing(result), this.drawAnswer(result)),
          open && doubt)),
      current && review && !result.not_asked && [review.drawChoices(result), review.drawBelow(result)],
      open && this.drawBody(result));
    if (this.data.may_correct) node.onclick = (event) => { if (!event.target.closest("button, a, summary, input") && n !== this.question) this.go(n); };
    return node;
  }

  drawAnswer(result) {
    const pending = this.desk.review?.pending(result)?.choice;
    if (pending) return chip(pending.verdict in WORDS ? pending.verdict : "plain", pending.label);
    return result.verdict && chip(result.verdict, result.answer);
  }

  drawBody(result) {
    if (!result.evidence) return null; // judged blind
    const repeated = (item, n) => n > 0 && item.quote && item.why === result.evidence[n - 1].why;
    return [
      (result.bonus || result.asked_only)
        && el("p", { class: "note small quiet" }, [result.bonus, result.asked_only].filter(Boolean).join(" · ")),
      result.fails_words && el("p", { class: "note small", style: "color:var(--not-met)" }, icon("alarm"), " ", result.fails_words),
      result.evidence.map((item, n) => [
        item.why && !repeated(item, n) && el("p", { class: "why small" }, item.quote ? null : [this.drawListen(item), " "], item.why),
        item.quote && el("blockquote", {}, this.drawListen(item), el("span", {}, "“", item.quote, "”")),
      ]),
      this.drawSearched(result.searched),
      result.tip && el("p", { class: "tip small" }, el("b", {}, "To practise: "), result.tip),
      this.drawHistory(result),
    ];
  }

  drawListen(place) {
    if (place.turn === null && place.start === null) return null;
    return el("button", { type: "button", class: "listen", title: "Hear it, from two seconds before (E)",
      onclick: () => this.desk.listen(place.start, place.turn) }, icon("play"), place.start === null ? "show" : clock(place.start));
  }

  drawSearched(searched) {
    if (!searched) return null;
    const nearest = searched.nearest;
    return [
      el("p", { class: "note small quiet" }, icon("search"), " ", searched.words),
      nearest && nearest.quote && el("blockquote", { class: "small" }, this.drawListen(nearest),
        el("span", {}, el("span", { class: "quiet" }, "Nearest: "), "“", nearest.quote, "”")),
    ];
  }

  // Everything that was ever answered, the machine's first: who, when, why.
  drawHistory(result) {
    const { history, machine, judged_blind: blind } = result;
    if (!history.length && !blind) return null;
    const sure = machine.verdict === "unsure" || machine.probability > 0.995 ? "" : `, ${Math.round(machine.probability * 100)} % sure`;
    const changes = history.filter((one) => !one.confirms).length;
    const summary = changes ? ` Changed ${changes === 1 ? "once" : `${changes} times`} by people` : history.length ? " Confirmed by a person" : " Judged blind";
    return el("details", { open: history.length + Boolean(blind) <= 3 },
      el("summary", {}, icon("person"), summary),
      el("ol", {},
        el("li", { class: "small" }, el("b", {}, "The machine"), `: ${machine.answer}${sure}`),
        blind && el("li", { class: "small" }, el("b", {}, "You"), `, before you saw that: ${blind.answer}`,
          blind.verdict === machine.verdict ? ", as the machine" : ""),
        history.map((one) => el("li", { class: "small" },
          el("b", {}, one.author), `, ${momentWords(one.at)}: `,
          one.confirms ? ["confirmed ", el("b", {}, one.after)] : [`${one.before} → `, el("b", {}, one.after)],
          one.reason && [el("br"), one.reason],
          one.quote && el("blockquote", {}, this.drawListen(one.quote), el("span", {}, "“", one.quote.quote, "”"))))));
  }
}

// Scrolls a pane only as far as it takes to see a node whole; one that is taller than the pane is seen from its top.
function keepInSight(pane, node) {
  const top = node.offsetTop - pane.offsetTop, bottom = top + node.offsetHeight;
  if (top < pane.scrollTop) pane.scrollTop = top - 8;
  else if (bottom > pane.scrollTop + pane.clientHeight) pane.scrollTop = Math.min(top - 8, bottom - pane.clientHeight + 8);
}
