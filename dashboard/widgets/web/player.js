// The recording and its words: the turn being heard is lit, the word too; a click on a word plays from it.

const BEFORE_SECONDS = 2;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const SIDES = ["agent", "customer"];

// The turn's text in pieces: where words stand with their times, where they were heard with doubt, and where evidence
// stands, all by character.
function pieces(turn, marks) {
  const edges = new Set([0, turn.text.length]);
  for (const { from, to } of [...turn.doubts, ...marks]) edges.add(from).add(to);
  for (const [from, to] of turn.words) edges.add(from).add(to);
  const cuts = [...edges].filter((n) => n >= 0 && n <= turn.text.length).sort((a, b) => a - b);
  let word = 0;
  return cuts.slice(1).map((to, n) => {
    const from = cuts[n];
    const covers = (range) => range.from <= from && range.to >= to;
    while (word < turn.words.length && turn.words[word][1] <= from) word += 1;
    const timed = turn.words[word]?.[0] <= from && turn.words[word];
    const doubt = turn.doubts.find(covers);
    const mark = marks.find((one) => covers(one) && !one.faint) ?? marks.find(covers);
    let piece = document.createTextNode(turn.text.slice(from, to));
    if (timed || doubt) {
      piece = el("span", { class: `${timed ? "word" : ""} ${doubt ? "doubt" : ""}`, "data-start": timed && timed[2],
        title: doubt && `Heard with ${Math.round(doubt.confidence * 100)} % certainty` }, piece);
    }
    if (mark) piece = el("mark", { class: `tone-${mark.tone} ${mark.faint ? "faint" : ""}`, title: mark.title }, piece);
    return piece;
  });
}

function marksOf(turn, evidence) {
  return evidence.flatMap((item) => {
    const from = item.quote ? turn.text.indexOf(item.quote) : -1;
    return from < 0 ? [] : [{ ...item, from, to: from + item.quote.length }];
  });
}

class Player {
  // `ask.speaker(n)` and `ask.mark(n)` open what is asked of a turn; null where the viewer may not.
  constructor(ask, keys) {
    this.ask = ask;
    this.keys = keys;
    this.heard = null;
    this.evidence = [];
    this.notes = [];
    this.until = null;
    this.timeline = new Timeline((seconds) => this.cue(seconds, null), (item) => this.play(item.start, item.turn));
    this.top = el("div", { class: "listen-bar" });
    this.list = el("div", { class: "transcript", tabindex: 0, role: "region", "aria-label": "Transcript" });
    this.list.onclick = (event) => this.clicked(event);
  }

  close() {
    this.audio?.pause();
  }

  show(data) {
    const another = this.data?.call !== data.call;
    this.data = data;
    if (another) this.build();
    if (data.timed) this.timeline.show(data);
    this.drawWords();
    if (this.audio) this.follow();
    const wanted = `${data.at}/${data.turn}`;
    if (another || (this.wanted !== wanted && (data.at !== null || data.turn !== null))) this.cue(data.at, data.turn);
    this.wanted = wanted;
  }

  build() {
    this.audio?.pause();
    const { data } = this;
    this.heard = null;
    this.awaited = null;
    this.audio = data.audio ? el("audio", { src: data.audio, preload: "metadata" }) : null;
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true },
      "The recording cannot be played. It may have been moved or deleted; the words below are still here.");
    const said = el("p", { class: "said small quiet" }, this.saidOfTheLine());
    this.top.replaceChildren(...[this.audio, this.trouble,
      el("div", { class: "controls" }, this.audio ? this.controls() : el("span", { class: "small quiet" }, data.no_audio),
        said, this.keys),
      data.timed && this.timeline.node].filter(Boolean));
    if (!this.audio) return;
    this.audio.addEventListener("timeupdate", () => this.follow());
    this.audio.addEventListener("seeked", () => this.follow());
    this.audio.addEventListener("error", () => { this.trouble.hidden = false; });
    for (const change of ["play", "pause", "ended"]) this.audio.addEventListener(change, () => this.drawButton());
    this.drawButton();
  }

  saidOfTheLine() {
    const { said } = this.data;
    return said.map((one, n) => [n > 0 && " · ", el("span", { class: `of-${one.kind}` }, el("i"), one.words)]);
  }

  controls() {
    this.button = el("button", { type: "button", class: "main", onclick: () => this.toggle() });
    this.time = el("span", { class: "time small" });
    this.speed = el("select", { "aria-label": "Speed", title: "How fast it plays (− and +)" },
      SPEEDS.map((x) => el("option", { value: x, selected: x === 1 }, `${x}×`)));
    this.speed.onchange = () => { this.audio.playbackRate = Number(this.speed.value); this.speed.blur(); };
    return [this.button,
      el("button", { type: "button", onclick: () => this.jump(-5), title: "Five seconds back (←)" }, "−5 s"),
      el("button", { type: "button", onclick: () => this.jump(5), title: "Five seconds on (→)" }, "+5 s"),
      this.time, this.speed];
  }

  drawButton() {
    const words = this.audio.paused ? "Play" : "Pause";
    this.button.replaceChildren(icon(this.audio.paused ? "play" : "pause"));
    this.button.setAttribute("aria-label", words);
    this.button.title = `${words} (space)`;
  }

  toggle() {
    if (!this.audio) return;
    this.until = null;
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  jump(seconds) {
    if (this.audio) this.seek(Math.max(0, this.now + seconds));
  }

  faster(steps) {
    if (!this.audio) return;
    const now = SPEEDS.indexOf(this.audio.playbackRate);
    const speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, now + steps))];
    this.audio.playbackRate = speed;
    this.speed.value = String(speed);
  }

  // Which evidence is marked in the words and on the time line.
  showEvidence(evidence) {
    // The words are drawn again only for a reason: whoever is selecting some would lose them.
    if (JSON.stringify(evidence) === JSON.stringify(this.evidence)) return;
    this.evidence = evidence;
    this.drawWords();
  }

  // What people said of moments: nodes that stand between the turns, each with its place.
  showNotes(notes) {
    this.notes = notes;
    this.drawWords();
  }

  drawWords() {
    const { data, evidence } = this;
    if (!data) return;
    this.turns = data.turns.map((turn, n) => this.drawTurn(turn, n, marksOf(turn, evidence.filter((item) => item.turn === n))));
    const place = this.list.scrollTop;
    const notes = [...data.sounds, ...data.silences].map((one) => ({ start: one.start, node: el("p", { class: "sound small" },
      el("b", {}, one.words), el("button", { type: "button", title: "Listen from here",
        onclick: () => this.play(one.start, null, 0) }, clock(one.start))) }));
    const turns = this.turns.map((node, n) => ({ start: data.turns[n].start, node }));
    // Without times there are no sounds, and the turns stay as they are.
    const items = [...notes, ...turns].sort((one, other) => one.start - other.start).map((item) => item.node);
    this.list.replaceChildren(...items);
    for (const note of this.notes) this.placeNote(note);
    this.list.scrollTop = place;
    if (data.timed) this.timeline.showMarks([...evidence, ...this.notes.filter((note) => note.icon)]);
  }

  // A note stands after the turn that it is about, or at the end.
  placeNote(note) {
    const turn = note.turn ?? this.data.turns.findLastIndex((one) => one.start !== null && one.start <= note.start);
    const after = this.turns[turn];
    if (after) after.after(note.node);
    else this.list.append(note.node);
  }

  drawTurn(turn, n, marks) {
    const place = turn.start === null ? `in turn ${n + 1}` : `at ${clock(turn.start)}`;
    const asks = (name, title, label, mark) => el("button", { type: "button", class: name, title,
      "aria-label": `${label} ${place}`, onclick: () => mark(n) }, icon(name === "who" ? "edit" : "mark"));
    return el("article", { class: `turn ${turn.speaker} ${n === this.heard ? "heard" : ""}`, "data-turn": n },
      el("header", {}, el("b", {}, turn.name),
        turn.start !== null && el("button", { type: "button", title: "Listen from here",
          onclick: () => this.play(turn.start, n, 0) }, clock(turn.start)),
        turn.sent && el("time", { datetime: turn.sent, class: "quiet small" }, momentWords(turn.sent)),
        turn.where && chip("plain", turn.where, "Everybody could read this"),
        turn.after && (turn.after === "not answered" ? chip("unsure", turn.after, "Nobody had answered this when the file ended")
          : el("span", { class: "quiet small" }, turn.after)),
        turn.interrupts && el("span", {}, "cuts in"),
        turn.side_doubt && chip("unsure", "side unsure", "It is not sure that this side said it"),
        this.ask && asks("who", "Correct who spoke", "Correct who spoke", this.ask.speaker),
        this.ask && SIDES.includes(turn.speaker)
          && asks("mark-turn", "Mark what this turn shows", "Mark what is shown", this.ask.mark)),
      el("p", {}, pieces(turn, marks)));
  }

  clicked(event) {
    const word = event.target.closest?.(".word");
    if (!word || selectedText(this.list)) return; // whoever selects words does not mean to hear them
    this.play(Number(word.dataset.start), Number(word.closest("article").dataset.turn), 0);
  }

  // Go there without a sound.
  cue(start, turn) {
    this.until = null;
    const known = this.data.turns[turn];
    start ??= known?.start ?? null;
    if (this.audio && start !== null) this.seek(Math.max(0, start));
    else this.light(turn ?? this.turnAt(start));
  }

  // Go to a little before it, and play; `until` is where it stops by itself.
  play(start, turn, before = BEFORE_SECONDS, until = null) {
    start ??= this.data.turns[turn]?.start ?? null;
    if (!this.audio || start === null) { this.light(turn ?? this.turnAt(start)); return; }
    this.until = until;
    this.seek(Math.max(0, start - before));
    this.audio.play().catch(() => {});
  }

  // A recording that has not come yet goes there as soon as it has; until then that is where it stands.
  seek(seconds) {
    const { audio } = this;
    if (this.awaited === null && audio.readyState > 0) { audio.currentTime = seconds; return; }
    if (this.awaited === null) {
      audio.addEventListener("loadedmetadata", () => {
        if (audio !== this.audio) return;
        audio.currentTime = this.awaited;
        this.awaited = null;
      }, { once: true });
    }
    this.awaited = seconds;
    this.follow();
  }

  get now() {
    return this.audio ? this.awaited ?? this.audio.currentTime : null;
  }

  turnAt(seconds) {
    if (seconds === null) return null;
    const inside = this.data.turns.findIndex((turn) => turn.start !== null && turn.start <= seconds && seconds < turn.end);
    return inside < 0 ? null : inside;
  }

  follow() {
    const { now } = this;
    if (this.until !== null && now >= this.until) {
      this.until = null;
      this.audio.pause();
    }
    this.time.textContent = `${clock(now)} / ${clock(this.data.duration)}`;
    if (this.data.timed) this.timeline.place(now);
    const turn = this.turnAt(now);
    if (turn !== this.heard && (turn !== null || this.audio.paused)) this.light(turn);
    this.lightWord(now);
  }

  light(turn) {
    this.turns[this.heard]?.classList.remove("heard");
    this.heard = turn ?? null;
    const node = this.turns[this.heard];
    if (!node) return;
    node.classList.add("heard");
    const above = node.offsetTop - this.list.offsetTop;
    this.list.scrollTop = above - this.list.clientHeight / 3;
  }

  lightWord(now) {
    this.word?.classList.remove("now");
    this.word = null;
    if (this.audio.paused) return;
    for (const word of this.turns[this.heard]?.querySelectorAll(".word") ?? []) {
      if (Number(word.dataset.start) > now) break;
      this.word = word;
    }
    this.word?.classList.add("now");
  }
}
