// What a reviewer does with a question: accept, answer otherwise with a reason or the words that show it, and go on.

const LETTERS = { y: "met", p: "partly", n: "not_met", x: "not_applicable" };
const LETTER_OF = { met: "Y", partly: "P", not_met: "N", not_applicable: "X" };

// The answers that can be given: value, label, verdict and the key that gives it.
function choicesOf(result) {
  const yesNo = result.type === "yes_no";
  const choices = result.options.map((option, n) => ({ value: option.value, label: option.label, verdict: option.verdict,
    key: yesNo ? LETTER_OF[option.verdict] : n < 9 ? String(n + 1) : "" }));
  return [...choices, { value: null, label: WORDS.not_applicable, verdict: "not_applicable", key: "X" }];
}

function sameAnswer(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

class Review {
  constructor(desk) {
    this.desk = desk;
    this.quote = null;
    this.refusals = {};
    this.outbox = new Outbox((answer, refused) => this.heard(answer, refused), () => desk.drawState());
    this.outbox.mark = () => desk.data?.mark;
  }

  close() {
    this.outbox.close();
  }

  show(data) {
    this.review = data.review;
    this.outbox.open(data.review, data.call);
  }

  heard(answer, refused) {
    for (const { item, why } of refused) {
      if (item.kind !== "answer") { this.desk.say(`Not saved: ${why}`); continue; }
      this.outbox.draft(item.result, { choice: item.choice, reason: item.reason, quote: item.quote, why });
    }
    this.others = answer.others;
    const changed = answer.now || answer.saved.length || refused.length || Object.keys(answer.overtaken).length;
    if (changed) this.desk.take(answer.now);
  }

  // What holds for the page: the pending answer where one waits, else what the server said.
  pending(result) {
    return this.outbox.pending(result.id);
  }

  answered(result) {
    if (this.review.blind) return Boolean(result.verdict || this.pending(result));
    return Boolean(this.pending(result) || result.history.some((one) => one.own));
  }

  changes(result, choice) {
    if (this.review.blind || result.verdict === "unsure") return false;
    if (result.verdict !== choice.verdict) return true;
    return choice.verdict !== "not_applicable" && !sameAnswer(result.value, choice.value);
  }

  needsWords(result, choice) {
    const given = [choice.verdict, ...(Array.isArray(choice.value) ? choice.value : [choice.value])];
    return result.needs_words.some((one) => given.includes(one));
  }

  // One key or one click: saved and on to the next question, or first the reason that a change needs.
  give(result, choice, quote = this.quote) {
    choice = { ...choice, label: choice.label ?? choicesOf(result).find((one) => one.verdict === choice.verdict)?.label };
    if (result.not_asked) { this.desk.say("This question is not asked as long as the other is answered as it is."); return; }
    const bare = this.changes(result, choice) && !quote;
    if (bare || this.needsWords(result, choice)) {
      this.outbox.draft(result.id, { choice, reason: "", quote });
      this.desk.cards.draw();
      return;
    }
    this.send(result, choice, "", quote);
  }

  send(result, choice, reason, quote) {
    const held = this.pending(result)?.held;
    this.outbox.draft(result.id, null);
    this.outbox.add({ kind: "answer", result: result.id, choice, reason, quote,
      ...(choice.value === null || result.type === "yes_no" ? { verdict: choice.verdict } : { answer: choice.value }),
      seen: Math.max(held ?? 0, this.review.blind ? 0 : result.history.at(-1)?.id ?? 0) });
    this.quote = null;
    this.desk.cards.next();
  }

  accept(result) {
    if (this.review.blind) return;
    const held = this.pending(result)?.held;
    if (held) { this.outbox.drop(this.pending(result).id); this.desk.cards.next(); return; }
    if (result.verdict === "unsure") { this.desk.say("The machine was unsure here, so there is nothing to accept: answer it."); return; }
    this.outbox.draft(result.id, null);
    this.give(result, { verdict: result.verdict, value: result.verdict === "not_applicable" ? null : result.value });
  }

  byKey(result, name) {
    const draft = this.outbox.drafts[result.id];
    if (draft && !draft.ticking && /^[1-9]$/.test(name)) {
      const reason = this.review.reasons[draft.choice.verdict]?.[Number(name) - 1];
      if (reason) this.send(result, draft.choice, reason, draft.quote);
      return;
    }
    const letter = name.replace("Shift+", "");
    const choice = choicesOf(result).find((one) => one.key.toLowerCase() === letter);
    if (!choice) return;
    if (result.type === "several" && choice.value !== null) { this.tick(result, choice); return; }
    const quote = name.startsWith("Shift+") ? this.desk.heardWords() : this.quote;
    this.give(result, choice, quote);
  }

  // Of several options each key ticks one; Enter saves them.
  tick(result, choice) {
    const draft = this.outbox.drafts[result.id] ?? { choice: { verdict: "several", value: Array.isArray(result.value) ? [...result.value] : [] } };
    const value = new Set(draft.choice.value);
    if (value.has(choice.value)) value.delete(choice.value);
    else value.add(choice.value);
    const ordered = result.options.map((option) => option.value).filter((one) => value.has(one));
    this.outbox.draft(result.id, { ...draft, ticking: true, choice: { verdict: "several", value: ordered }, reason: draft.reason ?? "", quote: draft.quote ?? this.quote });
    this.desk.cards.draw();
  }

  quoteWords() {
    const words = this.desk.pickedWords() ?? this.desk.heardWords();
    if (!words) { this.desk.say("Choose words in the transcript, or play the call: the turn being heard is quoted."); return; }
    const { current } = this.desk.cards;
    const draft = current && this.outbox.drafts[current.id];
    if (draft) this.outbox.draft(current.id, { ...draft, quote: words });
    else this.quote = words;
    this.desk.cards.draw();
  }

  // Below the question at hand.

  drawChoices(result) {
    const pending = this.pending(result), draft = this.outbox.drafts[result.id];
    const shown = draft?.choice ?? pending?.choice ?? { verdict: result.verdict, value: result.value };
    const isShown = (choice) => (result.type === "several" && choice.value !== null
      ? (shown.value ?? []).includes?.(choice.value) ?? false
      : shown.verdict === choice.verdict && (result.type === "yes_no" || choice.value === null || sameAnswer(shown.value, choice.value)));
    const number = result.type === "number" && el("input", { type: "number", step: "any", class: "number", "aria-label": "The number",
      value: typeof shown.value === "number" ? shown.value : null,
      onkeydown: (event) => {
        if (event.key === "Enter" && event.target.value !== "") this.give(result, { verdict: "number", value: Number(event.target.value) });
        if (event.key === "Escape") event.target.blur();
      } });
    return el("div", { class: "choices", role: "group", "aria-label": "Answer" }, number, choicesOf(result).map((choice) => el("button", {
      type: "button", class: `choice tone-${choice.verdict}`, "aria-pressed": String(Boolean(isShown(choice))),
      onclick: () => (result.type === "several" && choice.value !== null ? this.tick(result, choice) : this.give(result, choice)),
    }, isShown(choice) && icon(choice.verdict), choice.label, choice.key && el("kbd", {}, choice.key))),
    !this.review.blind && result.verdict !== "unsure" && el("button", { type: "button", class: "choice accept",
      onclick: () => this.accept(result) }, icon("met"), "Accept", el("kbd", {}, "A")));
  }

  drawBelow(result) {
    const draft = this.outbox.drafts[result.id], pending = this.pending(result);
    return [
      pending?.held && this.drawOvertaken(result, pending),
      draft && this.drawDraft(result, draft),
      !draft && this.quote && this.drawQuote(this.quote, () => { this.quote = null; this.desk.cards.draw(); }),
    ];
  }

  drawQuote(quote, drop) {
    return el("p", { class: "quoted small" }, "Your answer quotes: “", quote.text, "” ",
      el("button", { type: "button", title: "Without the quote", "aria-label": "Without the quote", onclick: drop }, icon("not_met")));
  }

  drawDraft(result, draft) {
    const send = (reason) => this.send(result, draft.choice, reason, draft.quote);
    const reasons = this.review.blind || draft.ticking ? [] : this.review.reasons[draft.choice.verdict] ?? [];
    const field = el("input", { type: "text", class: "reason", maxlength: 2000, value: draft.reason || null, "aria-label": "Why?",
      placeholder: reasons.length ? "or in your own words, then Enter" : "In a few words, then Enter",
      oninput: (event) => this.outbox.draft(result.id, { ...draft, reason: event.target.value }),
      onkeydown: (event) => {
        if (event.key === "Enter") send(event.target.value.trim());
        if (event.key === "Escape") { event.preventDefault(); event.target.blur(); }
      } });
    const label = choicesOf(result).find((one) => one.verdict === draft.choice.verdict)?.label;
    return el("div", { class: "draft", role: "group", "aria-label": "Why?" },
      draft.why && el("p", { class: "small", role: "alert", style: "color:var(--not-met)" }, `Not saved: ${draft.why}`),
      el("p", { class: "small" }, draft.ticking ? el("b", {}, "Enter saves what is ticked.") : [el("b", {}, `${label ?? "Changed"}: why? `),
        el("span", { class: "quiet" }, "The agent reads it.")]),
      el("div", { class: "reasons" }, reasons.map((reason, n) => el("button", { type: "button", onclick: () => send(reason) },
        el("kbd", {}, n + 1), reason))),
      el("div", { class: "own" }, field,
        el("button", { type: "button", onclick: () => send(field.value.trim()) }, "Save"),
        el("button", { type: "button", onclick: () => this.leaveDraft(result) }, "Leave as it was (Esc)")),
      draft.quote && this.drawQuote(draft.quote, () => { this.outbox.draft(result.id, { ...draft, quote: null }); this.desk.cards.draw(); }));
  }

  // A reason where none is needed: for the answer that waits or holds.
  explain(result) {
    const choice = this.pending(result)?.choice ?? choicesOf(result).find((one) => one.verdict === result.verdict);
    if (!choice) return;
    this.outbox.draft(result.id, { choice, reason: "", quote: this.quote });
    this.desk.cards.draw();
    this.desk.cards.node.querySelector(".draft .reason")?.focus();
  }

  leaveDraft(result) {
    this.outbox.draft(result.id, null);
    this.desk.cards.draw();
  }

  drawOvertaken(result, pending) {
    const theirs = result.history.find((one) => one.id === pending.held) ?? result.history.at(-1);
    if (!theirs) return null;
    const mine = choicesOf(result).find((one) => one.verdict === pending.choice.verdict)?.label ?? "your answer";
    return el("div", { class: "overtaken small", role: "alert" },
      el("p", {}, icon("person"), " ", el("b", {}, theirs.author), ` answered “${theirs.after}” ${momentWords(theirs.at)}`,
        theirs.reason && `: ${theirs.reason}`, ". You had not seen that, so yours is not saved yet."),
      el("button", { type: "button", onclick: () => this.accept(result) }, "Keep theirs", el("kbd", {}, "A")),
      el("button", { type: "button", onclick: () => this.insist(result, pending) }, `Answer “${mine}” all the same`, el("kbd", {}, "I")));
  }

  insist(result, pending = this.pending(result)) {
    if (!pending?.held) return;
    const { choice, reason, quote } = pending;
    this.outbox.drop(pending.id);
    if (this.changes(result, choice) && !reason && !quote) {
      this.outbox.draft(result.id, { choice, reason: "", quote });
      this.desk.cards.draw();
      return;
    }
    this.send(result, choice, reason, quote);
  }

  // A word on where the question stands, for its line.
  standing(result) {
    const pending = this.pending(result);
    if (this.outbox.drafts[result.id]) return el("span", { class: "small state wanted" }, "why?");
    if (pending?.held) return el("span", { class: "small state wanted" }, "answered by two");
    if (pending) return el("span", { class: "small state" }, "saving…");
    if (this.review.blind) return result.verdict ? el("span", { class: "small state" }, icon("met"), " answered") : null;
    const last = result.history.at(-1);
    if (!last) return null;
    return el("span", { class: "small state", title: `${last.author}, ${momentWords(last.at)}` }, icon("person"),
      last.confirms ? " confirmed" : " changed");
  }

  // Comments, clips and requests for coaching are written in a strip below the transcript.
  compose(kind, good = null) {
    const words = this.desk.pickedWords() ?? this.desk.heardWords();
    const now = this.desk.player.now;
    const { player, cards } = this.desk;
    if (kind === "clip" && !this.desk.data.player.audio) { this.desk.say("Clips are of recordings; comment on a turn instead."); return; }
    const text = el("textarea", { rows: 2, maxlength: 2000, "aria-label": { comment: "Comment", clip: "Note", coaching: "What should the coach look at?" }[kind],
      placeholder: { comment: "What is to be said of this moment", clip: "What makes it an example (may stay empty)", coaching: "What should the coach look at?" }[kind] });
    const forAgent = el("input", { type: "checkbox", checked: true });
    const turn = words ? this.desk.data.player.turns[words.turn] : null;
    const place = words?.start ?? turn?.start ?? now;
    const from = el("input", { type: "text", class: "place", "aria-label": "From", value: clock(words?.start ?? turn?.start ?? Math.max(0, (now ?? 0) - 10)) });
    const to = el("input", { type: "text", class: "place", "aria-label": "To", value: clock(Math.ceil(turn?.end ?? (now ?? 0) + 5)) });
    const behaviours = this.review.behaviours;
    const question = cards.current && `${cards.card}/${cards.current.criterion}`;
    const about = el("select", { "aria-label": "An example of" },
      question && el("option", { value: question }, `This question: ${cards.current.question}`),
      behaviours.map((one) => el("option", { value: one.name }, one.title)));
    const seconds = (field) => field.value.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    const close = () => { this.desk.composer.replaceChildren(); this.composing = null; };
    const save = () => {
      const said = text.value.trim();
      if (kind !== "clip" && !said) { text.focus(); return; }
      if (kind === "comment") this.outbox.add({ kind, text: said, turn: words?.turn ?? null, start: place, for_agent: forAgent.checked });
      if (kind === "coaching") this.outbox.add({ kind, text: said });
      if (kind === "clip") {
        const [start, end] = [seconds(from), seconds(to)];
        if (!(start < end)) { this.desk.say("A clip ends after it starts: both are minutes and seconds, such as 1:05."); return; }
        this.outbox.add({ kind, start, end, good, about: about.value, note: said, for_agent: forAgent.checked });
      }
      close();
    };
    const title = { comment: place === null ? "Comment on the call" : `Comment at ${clock(place)}`,
      clip: good ? "A good example" : "A bad example", coaching: "Ask for coaching" }[kind];
    const form = el("form", { class: "composer", "aria-label": title },
      el("p", {}, el("b", {}, title), words && kind === "comment" && el("span", { class: "quiet small" }, ` “${words.text.slice(0, 80)}”`)),
      kind === "clip" && el("p", { class: "small stretch" }, "from ", from, " to ", to, " of ", about),
      text,
      el("p", { class: "buttons small" }, kind !== "coaching" && el("label", {}, forAgent, " the agent reads this"),
        el("button", { type: "submit" }, "Save (Enter)"), el("button", { type: "button", onclick: close }, "Leave (Esc)")));
    form.onsubmit = (event) => { event.preventDefault(); save(); };
    form.onkeydown = (event) => {
      if (event.key === "Escape") { event.preventDefault(); close(); }
      if (event.key === "Enter" && !event.shiftKey && event.target === text) { event.preventDefault(); save(); }
    };
    player.audio?.pause();
    this.composing = form;
    this.desk.composer.replaceChildren(form);
    text.focus();
  }
}
