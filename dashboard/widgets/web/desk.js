// One call on one screen: the recording, its words, and what the scorecards say, all of it by the keyboard.

const SAID_MS = 6_000;

class Desk {
  constructor(parent) {
    this.keys = new Keys(() => (this.data ? this.keyGroups() : []));
    this.cards = new Scorecards(this);
    this.state = el("span", { class: "saved small", role: "status" });
    this.player = new Player(null, el("span", { class: "right" }, this.state, this.keys.button));
    this.composer = el("div");
    this.picked = el("p", { class: "picked small", hidden: true });
    this.toast = el("p", { class: "toast", role: "status", hidden: true });
    this.legend = el("p", { class: "legend small quiet" });
    rootOf(parent).replaceChildren(el("div", { class: "desk" }, this.player.top,
      el("div", { class: "words" }, this.player.list, this.picked, this.composer, this.legend), this.cards.node),
      this.keys.sheet, this.toast);
    // Wherever the mouse is let go; a selection that began in the words may end beside them.
    this.onUp = () => setTimeout(() => this.drawPicked(), 0);
    window.addEventListener("mouseup", this.onUp);
  }

  close() {
    this.player.close();
    this.keys.close();
    this.review?.close();
    window.removeEventListener("mouseup", this.onUp);
    clearTimeout(this.silence);
  }

  show(data, ask) {
    this.data = data;
    this.ask = ask;
    if (data.review) {
      this.review ??= new Review(this);
      this.review.show(data);
    }
    const open = data.may_correct && !data.review?.blind;
    this.player.ask = open ? { speaker: (n) => ask("speaker", n), mark: (n) => ask("mark", n) } : null;
    this.player.show(data.player);
    this.cards.show(data);
    this.drawNotes();
    this.drawLegend(data.player);
    this.drawState();
  }

  // What the server says of how the call stands; nothing where it stands as the page has it.
  take(now) {
    if (now) Object.assign(this.data, now);
    // Whoever is writing a reason is not disturbed; the next stroke of a pen shows the rest.
    const typing = this.cards.node.getRootNode().activeElement?.matches?.("input, textarea");
    if (!typing) this.cards.draw();
    if (now) this.drawNotes();
    this.drawState();
  }

  listen(start, turn) {
    this.player.play(start, turn);
  }

  showEvidence(evidence) {
    this.player.showEvidence(evidence);
  }

  say(words) {
    this.toast.textContent = words;
    this.toast.hidden = false;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { this.toast.hidden = true; }, SAID_MS);
  }

  // Words of the call: those that are selected, within one turn; and those being heard.

  pickedWords() {
    const selection = selectionIn(this.player.list);
    const text = selection?.toString().trim().replace(/\s+/g, " ");
    const within = (node) => (node instanceof Element ? node : node?.parentElement)?.closest(".turn p");
    const [from, to] = [within(selection?.anchorNode), within(selection?.focusNode)];
    if (!text || !from || from !== to) return null;
    const turn = Number(from.closest("article").dataset.turn);
    const word = [...from.querySelectorAll(".word")].find((one) => selection.containsNode(one, true));
    return { turn, text, start: word ? Number(word.dataset.start) : this.data.player.turns[turn].start };
  }

  heardWords() {
    const turn = this.data.player.turns[this.player.heard];
    return turn ? { turn: this.player.heard, text: turn.text.trim().replace(/\s+/g, " ").slice(0, 1500), start: turn.start } : null;
  }

  drawPicked() {
    const words = this.review && this.pickedWords();
    this.picked.hidden = !words;
    if (!words) return;
    const does = (label, key, run) => el("button", { type: "button", onmousedown: (event) => event.preventDefault(), onclick: run }, label, el("kbd", {}, key));
    this.picked.replaceChildren(el("span", { class: "quiet" }, `“${words.text.length > 60 ? `${words.text.slice(0, 60)}…` : words.text}”`),
      does("Quote it with the answer", "Q", () => this.review.quoteWords()),
      does("Comment", "C", () => this.review.compose("comment")),
      ...(this.data.player.audio ? [does("Good example", "G", () => this.review.compose("clip", true)),
        does("Bad example", "B", () => this.review.compose("clip", false))] : []));
  }

  // What people said of moments, between the turns and on the time line.
  drawNotes() {
    const { comments, clips, coaching } = this.data.notes;
    const back = (kind, one) => one.own && this.review && el("button", { type: "button", title: "Take it back",
      "aria-label": `Take back this ${kind}`, onclick: () => this.review.outbox.add({ kind: "withdraw", of: kind, number: one.id }) }, icon("not_met"));
    const who = (one) => [el("b", {}, one.author), ` ${momentWords(one.at)}`, one.for_agent === false && " · not for the agent"];
    const about = (clip) => clip.title || this.data.cards.flatMap((card) => card.sections.flatMap((section) => section.results
      .map((result) => [`${card.id}/${result.criterion}`, result.question]))).find(([name]) => name === clip.about)?.[1] || "";
    const notes = [
      ...coaching.map((one) => ({ turn: -1, start: null, node: el("aside", { class: "note-of" },
        el("header", { class: "small" }, icon("flag"), " Coaching asked for by ", who(one)), el("p", {}, one.note)) })),
      ...comments.map((one) => ({ turn: one.turn, start: one.start, icon: one.start !== null && "chat", tone: "plain", title: one.text,
        node: el("aside", { class: "note-of" }, el("header", { class: "small" }, icon("chat"), " ", who(one), back("comment", one)),
          el("p", {}, one.text)) })),
      ...clips.map((one) => ({ turn: null, start: one.start, node: el("aside", { class: `note-of ${one.good ? "good" : "bad"}` },
        el("header", { class: "small" }, icon(one.good ? "good" : "bad"), ` ${one.good ? "A good" : "A bad"} example, `, who(one), back("clip", one)),
        el("p", {}, el("button", { type: "button", class: "listen", onclick: () => this.player.play(one.start, null, 0, one.end) },
          icon("play"), `${clock(one.start)}–${clock(one.end)}`), " ", about(one), one.note && `: ${one.note}`)) })),
    ];
    this.player.showNotes(notes);
    if (this.data.player.timed) {
      this.player.timeline.showClips(clips.map((one) => ({ ...one, title: `${one.good ? "Good" : "Bad"} example: ${about(one)}` })));
    }
  }

  // Why this call is here, and how far the review is.
  drawTask() {
    const task = this.data.review?.assignment;
    if (!task) return null;
    const { results } = this.cards;
    const done = results.filter((result) => this.review.answered(result)).length;
    return el("div", { class: "task small" },
      el("details", {}, el("summary", {}, task.blind ? "Judged blind: " : "", `${done} of ${results.length} answered · `, el("span", { class: "why" }, "why am I seeing this call?")),
        el("p", {}, task.why, ` To be done by ${new Date(task.due).toLocaleDateString("en", { day: "numeric", month: "long" })}.`)),
      el("button", { type: "button", onclick: () => this.finish(false) }, "Finish", el("kbd", {}, "F")),
      el("button", { type: "button", onclick: () => this.finish(true) }, "Finish and next call", el("kbd", {}, "⇧F")));
  }

  finish(onwards) {
    const task = this.data.review?.assignment;
    if (!task) { this.say("This call was not given to you to review, so there is nothing to finish. All you do is saved as you do it."); return; }
    if (this.review.outbox.items.length || Object.keys(this.review.outbox.drafts).length) {
      this.say("Something is not saved yet, or waits for a reason; finish when it is.");
      return;
    }
    const open = task.blind ? this.data.cards.flatMap((card) => card.sections.flatMap((one) => one.results)).filter((one) => !one.verdict) : [];
    if (open.length) { this.say(`${open.length} ${open.length === 1 ? "question is" : "questions are"} not answered yet.`); return; }
    this.ask(onwards ? "onwards" : "finish", task.id);
  }

  drawState() {
    if (!this.review) return;
    const { outbox, others } = this.review;
    const words = [];
    if (others?.length) words.push(el("span", { class: "others" }, icon("person"), ` ${others.join(" and ")} ${others.length === 1 ? "has" : "have"} this call open too`));
    if (outbox.waiting) words.push(el("span", { class: outbox.failures ? "wanted" : "" }, outbox.trouble
      || (outbox.failures ? `${outbox.waiting} not saved yet, will try again` : "saving…")));
    else if (outbox.failures) words.push(el("span", { class: "wanted" }, outbox.trouble || "No connection; will try again"));
    else words.push(el("span", { class: "quiet" }, icon("met"), " saved"));
    this.state.replaceChildren(...words);
  }

  drawLegend(data) {
    this.legend.replaceChildren(...[
      data.turns.some((turn) => turn.doubts.length) && el("span", {}, el("span", { class: "doubt" }, "dotted"), " heard with doubt"),
      data.audio && el("span", {}, "click a word to hear it"),
      this.review && el("span", {}, "select words to quote them"),
    ].filter(Boolean));
  }

  keyGroups() {
    const { player, cards, review } = this;
    const listening = [
      { keys: [" ", "k"], words: "Play or pause", run: () => player.toggle() },
      { keys: ["ArrowLeft", "j"], words: "Back five seconds", run: () => player.jump(-5) },
      { keys: ["ArrowRight", "l"], words: "On five seconds", run: () => player.jump(5) },
      { keys: ["-"], words: "Slower", run: () => player.faster(-1) },
      { keys: ["+", "="], shown: ["+"], words: "Faster", run: () => player.faster(1) },
    ];
    const questions = [
      { keys: ["ArrowDown"], words: "Next question", run: () => cards.go(cards.question + 1) },
      { keys: ["ArrowUp"], words: "Question before", run: () => cards.go(cards.question - 1) },
      { keys: ["v"], words: "Show all words at once, or only this question’s", run: () => { cards.wide = !cards.wide; cards.draw(); } },
    ];
    const answer = (name) => { if (cards.current) review.byKey(cards.current, name); };
    const answers = review && [
      ...(review.review.blind ? [] : [{ keys: ["a"], words: "Accept what stands there", run: () => cards.current && review.accept(cards.current) }]),
      { keys: ["y"], words: "Yes, met", run: answer },
      { keys: ["p"], words: "Partly", run: answer },
      { keys: ["n"], words: "No, not met", run: answer },
      { keys: ["x"], words: "Does not apply", run: answer },
      { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], shown: ["1", "…", "9"], words: "A reason, where one is asked for; else an option of the question", run: answer },
      { keys: ["Shift+y", "Shift+p", "Shift+n", "Shift+x"], shown: ["Shift+y", "…"], words: "The same, because of the turn being heard: it is quoted as the reason", run: answer },
      { keys: ["Enter"], words: "Write a reason; save what is ticked", run: () => this.enter() },
      { keys: ["i"], words: "Answer all the same, where somebody else did meanwhile", run: () => cards.current && review.insist(cards.current) },
      { keys: ["Escape"], words: "Leave the answer as it was", run: () => this.escape() },
    ];
    const saying = review && [
      { keys: ["q"], words: "Quote the selected words, or the turn being heard", run: () => review.quoteWords() },
      { keys: ["c"], words: "Comment on this moment", run: () => review.compose("comment") },
      { keys: ["g"], words: "Mark a good example", run: () => review.compose("clip", true) },
      { keys: ["b"], words: "Mark a bad example", run: () => review.compose("clip", false) },
      { keys: ["t"], words: "Ask for coaching", run: () => review.compose("coaching") },
      { keys: ["s"], words: "Save now what is not saved yet", run: () => review.outbox.send() },
      { keys: ["f"], words: "Finish the review", run: () => this.finish(false) },
      { keys: ["Shift+f"], words: "Finish, and open the next call", run: () => this.finish(true) },
    ];
    return [
      ...(this.data.player.audio ? [{ title: "Listening", keys: listening }] : []),
      { title: "Questions", keys: [
        ...(this.data.may_correct ? questions : []),
        { keys: ["e"], words: "Next piece of evidence", run: () => cards.nextEvidence(1) },
        { keys: ["Shift+e"], words: "Piece of evidence before", run: () => cards.nextEvidence(-1) },
        { keys: ["."], words: "Next scorecard", run: () => cards.nextCard(1) },
        { keys: [","], words: "Scorecard before", run: () => cards.nextCard(-1) },
      ] },
      ...(review ? [{ title: "Answers", keys: answers }, { title: "Saying more", keys: saying }] : []),
    ];
  }

  enter() {
    const { current } = this.cards;
    const draft = current && this.review.outbox.drafts[current.id];
    if (draft?.ticking) { this.review.give(current, { ...draft.choice, verdict: "several" }, draft.quote); return; }
    const field = this.cards.node.querySelector(".draft .reason, .choices .number");
    if (field) field.focus();
    else if (current && !current.not_asked) this.review.explain(current);
  }

  escape() {
    const { current } = this.cards;
    if (current && this.review.outbox.drafts[current.id]) this.review.leaveDraft(current);
    this.review.quote = null;
    this.cards.draw();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const desk = (parentElement.desk ??= new Desk(parentElement));
  desk.show(data, (name, number) => setTriggerValue(name, String(number)));
  return () => {
    desk.close();
    parentElement.desk = undefined;
  };
}
