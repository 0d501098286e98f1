const BEFORE_SECONDS = 2;
const SPEAKERS = ["agent", "customer", "other"];

// The turn's text in pieces: where words were heard with doubt, and where evidence stands, both by character.
function pieces(text, doubts, marks) {
  const edges = new Set([0, text.length]);
  for (const { from, to } of [...doubts, ...marks]) edges.add(from).add(to);
  const cuts = [...edges].filter((n) => n >= 0 && n <= text.length).sort((a, b) => a - b);
  return cuts.slice(1).map((to, n) => {
    const from = cuts[n];
    const covers = (range) => range.from <= from && range.to >= to;
    const doubt = doubts.find(covers);
    const mark = marks.find(covers);
    let piece = document.createTextNode(text.slice(from, to));
    if (doubt) {
      piece = el("span", { class: "doubt", title: `Heard with ${Math.round(doubt.confidence * 100)} % certainty` }, piece);
    }
    if (mark) piece = el("mark", { class: `tone-${mark.tone}`, title: `${WORDS[mark.tone]}: ${mark.question}` }, piece);
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
  constructor(parent) {
    this.root = rootOf(parent);
    this.heard = null;
    this.onListen = (event) => this.play(event.detail.start, event.detail.turn);
    this.onScorecard = (event) => this.showEvidence(event.detail.scorecard);
    window.addEventListener("attune-listen", this.onListen);
    window.addEventListener("attune-scorecard", this.onScorecard);
  }

  close() {
    this.audio?.pause();
    window.removeEventListener("attune-listen", this.onListen);
    window.removeEventListener("attune-scorecard", this.onScorecard);
  }

  show(data, correct, mark) {
    const another = this.data?.call !== data.call;
    this.data = data;
    this.correct = data.may_correct ? correct : null;
    this.mark = mark;
    if (another) {
      this.scorecard = data.scorecard;
      this.build();
    } else if (this.line) {
      this.drawTimeline();
    }
    this.showEvidence(this.scorecard);
    const wanted = `${data.at}/${data.turn}`;
    if (another || (this.wanted !== wanted && (data.at !== null || data.turn !== null))) this.cue(data.at, data.turn);
    this.wanted = wanted;
  }

  build() {
    this.audio?.pause();
    const { data } = this;
    this.audio = data.audio ? el("audio", { src: data.audio, preload: "metadata" }) : null;
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true },
      "The recording cannot be played. It may have been moved or deleted; the words below are still here.");
    this.marks = el("div", { class: "marks" });
    this.head = el("div", { class: "head", hidden: !this.audio });
    this.line = data.timed ? el("div", { class: "timeline" }) : null;
    this.list = el("div", { class: "transcript", tabindex: 0, role: "region", "aria-label": "Transcript" });
    this.root.replaceChildren(
      ...[this.audio, this.trouble, this.audio && this.controls(), this.line, this.list, this.legend()].filter(Boolean));
    if (this.line) this.drawTimeline();
    if (!this.audio) return;
    this.audio.addEventListener("timeupdate", () => this.follow());
    this.audio.addEventListener("seeked", () => this.follow());
    this.audio.addEventListener("error", () => { this.trouble.hidden = false; });
    for (const change of ["play", "pause", "ended"]) this.audio.addEventListener(change, () => this.drawButton());
    this.drawButton();
    this.follow();
  }

  controls() {
    const jump = (seconds) => () => { this.audio.currentTime = Math.max(0, this.audio.currentTime + seconds); };
    const toggle = () => (this.audio.paused ? this.audio.play() : this.audio.pause());
    this.button = el("button", { type: "button", class: "main", onclick: toggle });
    this.time = el("span", { class: "time small" });
    const speed = el("select", { "aria-label": "Speed" },
      ["0.75", "1", "1.25", "1.5", "2"].map((x) => el("option", { value: x, selected: x === "1" }, `${x}×`)));
    speed.onchange = () => { this.audio.playbackRate = Number(speed.value); };
    return el("div", { class: "controls" }, this.button,
      el("button", { type: "button", onclick: jump(-5), title: "Five seconds back" }, "−5 s"),
      el("button", { type: "button", onclick: jump(5), title: "Five seconds on" }, "+5 s"), this.time, speed);
  }

  drawButton() {
    this.button.replaceChildren(icon(this.audio.paused ? "play" : "pause"));
    this.button.setAttribute("aria-label", this.audio.paused ? "Play" : "Pause");
  }

  // Drawn again when somebody corrects who spoke; the place that is being heard stays.
  drawTimeline() {
    const { data } = this;
    const percent = (seconds) => `${Math.min(100, (100 * seconds) / (data.duration || 1))}%`;
    const lane = (speaker) => el("div", { class: `lane ${speaker}` }, data.turns
      .filter((turn) => turn.speaker === speaker)
      .map((turn) => el("i", { style: `left:${percent(turn.start)};width:${percent(turn.end - turn.start)}` })));
    const silences = data.silences.map(([start, end]) => el("div", {
      class: "silence", style: `left:${percent(start)};width:${percent(end - start)}`,
      title: `Nobody speaks for ${Math.round(end - start)} seconds`,
    }));
    const sides = SPEAKERS.filter((speaker) => data.turns.some((turn) => turn.speaker === speaker));
    const sounds = data.sounds.length > 0 && el("div", { class: "lane sounds" }, data.sounds.map((sound) => el("i", {
      style: `left:${percent(sound.start)};width:${percent(sound.end - sound.start)}`, title: sound.words })));
    this.lanes = el("div", { class: "lanes" }, this.marks, sides.map(lane), sounds, silences, this.head);
    if (this.audio) {
      Object.entries({ role: "slider", tabindex: 0, "aria-label": "Place in the recording", "aria-valuemin": 0,
        "aria-valuemax": Math.round(data.duration) }).forEach(([name, value]) => this.lanes.setAttribute(name, value));
      this.lanes.onkeydown = (event) => {
        const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
        if (!step) return;
        event.preventDefault();
        this.audio.currentTime = Math.max(0, this.audio.currentTime + step);
      };
    }
    this.lanes.onclick = (event) => {
      const box = this.lanes.getBoundingClientRect();
      this.cue(((event.clientX - box.left) / box.width) * data.duration, null);
    };
    this.percent = percent;
    this.line.replaceChildren(
      el("div", { class: "names" }, el("span"), sides.map((speaker) => el("span", {}, this.nameOf(speaker))),
        sounds && el("span", {}, "The line")), this.lanes);
  }

  // All that speak on one lane have a name together.
  nameOf(speaker) {
    const names = new Set(this.data.turns.filter((turn) => turn.speaker === speaker).map((turn) => turn.name));
    return names.size === 1 ? [...names][0] : "Others";
  }

  legend() {
    const { data } = this;
    return el("p", { class: "legend small quiet" },
      data.turns.some((turn) => turn.doubts.length) && el("span", {}, el("span", { class: "doubt" }, "dotted"),
        " heard with doubt"),
      data.sounds.length > 0 && el("span", {}, "striped: on hold, ringing or music"),
      data.silences.length > 0 && el("span", {}, "hatched: nobody speaks"),
      data.audio && el("span", {}, "click a time to listen from there"));
  }

  showEvidence(scorecard) {
    this.scorecard = scorecard;
    const { data } = this;
    const evidence = data.evidence.filter((item) => item.scorecard === scorecard);
    this.turns = data.turns.map((turn, n) => {
      const marks = marksOf(turn, evidence.filter((item) => item.turn === n));
      const at = turn.start !== null && el("button", {
        type: "button", title: "Listen from here", onclick: () => this.play(turn.start, n, 0) }, clock(turn.start));
      return el("article", { class: `turn ${turn.speaker} ${n === this.heard ? "heard" : ""}` },
        el("header", {}, el("b", {}, turn.name), at,
          turn.interrupts && el("span", {}, "cuts in"),
          turn.side_doubt && chip("unsure", "side unsure", "It is not sure that this side said it"),
          this.correct && el("button", { type: "button", class: "who", title: "Correct who spoke",
            "aria-label": `Correct who spoke${turn.start === null ? ` in turn ${n + 1}` : ` at ${clock(turn.start)}`}`,
            onclick: () => this.correct(n) }, icon("edit")),
          this.correct && SPEAKERS.slice(0, 2).includes(turn.speaker) && el("button", { type: "button", class: "mark-turn",
            title: "Mark what this turn shows",
            "aria-label": `Mark what is shown${turn.start === null ? ` in turn ${n + 1}` : ` at ${clock(turn.start)}`}`,
            onclick: () => this.mark(n) }, icon("mark"))),
        el("p", {}, pieces(turn.text, turn.doubts, marks)));
    });
    const place = this.list.scrollTop;
    const notes = data.sounds.map((sound) => ({ start: sound.start, node: el("p", { class: "sound small" },
      el("b", {}, sound.words), el("button", { type: "button", title: "Listen from here",
        onclick: () => this.play(sound.start, null, 0) }, clock(sound.start))) }));
    const turns = this.turns.map((node, n) => ({ start: data.turns[n].start, node }));
    // Without times there are no sounds, and the turns stay as they are.
    this.list.replaceChildren(...[...notes, ...turns].sort((one, other) => one.start - other.start).map((item) => item.node));
    this.list.scrollTop = place;
    if (!data.timed) return;
    this.marks.replaceChildren(...evidence.filter((item) => item.start !== null).map((item) => el("button", {
      type: "button", class: `mark tone-${item.tone}`, style: `left:${this.percent(item.start)}`,
      title: `${WORDS[item.tone]}: ${item.question}`, "aria-label": `Listen: ${item.question}`,
      onclick: (event) => { event.stopPropagation(); this.play(item.start, item.turn); },
    }, icon(item.tone))));
  }

  // Go there without a sound.
  cue(start, turn) {
    const known = this.data.turns[turn];
    start ??= known?.start ?? null;
    if (this.audio && start !== null) this.seek(Math.max(0, start));
    else this.light(turn ?? this.turnAt(start));
  }

  // Go to a little before it, and play.
  play(start, turn, before = BEFORE_SECONDS) {
    start ??= this.data.turns[turn]?.start ?? null;
    if (!this.audio || start === null) { this.light(turn ?? this.turnAt(start)); return; }
    this.seek(Math.max(0, start - before));
    this.audio.play().catch(() => {});
  }

  seek(seconds) {
    if (this.audio.readyState > 0) this.audio.currentTime = seconds;
    else this.audio.addEventListener("loadedmetadata", () => { this.audio.currentTime = seconds; }, { once: true });
  }

  turnAt(seconds) {
    if (seconds === null) return null;
    const inside = this.data.turns.findIndex((turn) => turn.start !== null && turn.start <= seconds && seconds < turn.end);
    return inside < 0 ? null : inside;
  }

  follow() {
    const now = this.audio.currentTime;
    this.time.textContent = `${clock(now)} / ${clock(this.data.duration)}`;
    if (this.lanes) {
      this.head.style.left = this.percent(now);
      this.lanes.setAttribute("aria-valuenow", Math.round(now));
      this.lanes.setAttribute("aria-valuetext", clock(now));
    }
    const turn = this.turnAt(now);
    if (turn !== this.heard && (turn !== null || this.audio.paused)) this.light(turn);
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
}

export default function ({ data, parentElement, setTriggerValue }) {
  const player = (parentElement.player ??= new Player(parentElement));
  player.show(data, (turn) => setTriggerValue("speaker", String(turn)), (turn) => setTriggerValue("mark", String(turn)));
  return () => {
    player.close();
    parentElement.player = undefined;
  };
}
