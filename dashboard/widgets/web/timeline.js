// The call at a glance: how loud each side was (the agent's sound rises from the middle, the customer's hangs below it),
// who spoke when, and above it what is worth going to. Everything on it is said in words too.

const LANES = ["agent", "customer", "other"];

// Which channel is whose follows from where the turns are loud, so that it holds however the sides were put right.
function channelOf(speaker, wave, turns) {
  if (wave.channels.length === 1) return 0;
  const loudness = wave.channels.map((levels) => turns.reduce((sum, turn) => {
    if (turn.speaker === "other" || turn.start === null) return sum;
    const from = Math.floor(turn.start / wave.step), to = Math.ceil(turn.end / wave.step);
    let heard = 0;
    for (let n = from; n < Math.min(to, levels.length); n += 1) heard += levels[n];
    return sum + (turn.speaker === speaker ? heard : -heard);
  }, 0));
  return loudness[0] >= loudness[1] ? 0 : 1;
}

// On one channel a lane shows the sound of its own turns alone; a sound of nobody's stays out of both.
function levelsOf(speaker, wave, turns) {
  const levels = wave.channels[channelOf(speaker, wave, turns)];
  if (wave.channels.length > 1) return levels;
  const own = new Uint8Array(levels.length);
  for (const turn of turns) {
    if (turn.speaker !== speaker || turn.start === null) continue;
    const from = Math.max(0, Math.floor(turn.start / wave.step)), to = Math.min(levels.length, Math.ceil(turn.end / wave.step));
    own.set(levels.subarray(from, to), from);
  }
  return own;
}

function wavePath(levels, upwards) {
  const at = (level) => (upwards ? 255 - level : level).toString();
  const base = upwards ? 255 : 0;
  const points = Array.from(levels, (level, n) => `L${n} ${at(level)}`);
  return `M0 ${base}${points.join("")}L${levels.length - 1} ${base}Z`;
}

async function fetchWave(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(await answer.text());
  const { step_seconds: step, channels } = await answer.json();
  return { step, channels: channels.map((text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))) };
}

class Timeline {
  // `go(seconds)` is called where somebody clicks; `hear(item)` where they choose a mark.
  constructor(go, hear) {
    this.hear = hear;
    this.marks = el("div", { class: "marks" });
    this.head = el("div", { class: "head" });
    this.lanes = el("div", { class: "lanes" });
    this.names = el("div", { class: "names" });
    this.node = el("div", { class: "timeline" }, this.names, this.lanes);
    this.lanes.onclick = (event) => {
      const box = this.lanes.getBoundingClientRect();
      go(((event.clientX - box.left) / box.width) * this.data.duration);
    };
  }

  percent(seconds) {
    return `${Math.min(100, (100 * seconds) / (this.data.duration || 1))}%`;
  }

  stretch(span, attributes) {
    const width = Math.max(0, span.end - span.start);
    return el("i", { ...attributes, style: `left:${this.percent(span.start)};width:${this.percent(width)}` });
  }

  // Drawn again when somebody corrects who spoke; the place that is being heard stays.
  show(data) {
    const another = this.data?.call !== data.call;
    this.data = data;
    if (another) {
      this.wave = null;
      if (data.waveform) {
        fetchWave(data.waveform).then((wave) => {
          if (this.data.call !== data.call) return;
          this.wave = wave;
          this.draw();
        }).catch(() => {}); // without it the lanes still show who spoke when
      }
    }
    this.head.hidden = !data.audio;
    if (data.audio) {
      Object.entries({ role: "slider", tabindex: 0, "aria-label": "Place in the recording", "aria-valuemin": 0,
        "aria-valuemax": Math.round(data.duration) }).forEach(([name, value]) => this.lanes.setAttribute(name, value));
    }
    this.draw();
  }

  draw() {
    const { data, wave } = this;
    const sides = LANES.filter((speaker) => data.turns.some((turn) => turn.speaker === speaker));
    const lane = (speaker) => el("div", { class: `lane ${speaker}` },
      data.turns.filter((turn) => turn.speaker === speaker).map((turn) => this.stretch(turn)),
      wave && speaker !== "other" && this.drawWave(speaker));
    const line = [
      ...data.silences.map((one) => this.stretch(one, { class: "silence", title: one.words })),
      ...data.sounds.map((one) => this.stretch(one, { class: "sound", title: one.words })),
      ...data.overlaps.map((one) => this.stretch(one, { class: "overlap", title: one.words })),
      ...data.removed.map((one) => this.stretch(one, { class: "removed", title: one.words })),
    ];
    this.clips = el("div", { class: "clips" });
    this.lanes.replaceChildren(this.marks, ...sides.map(lane), el("div", { class: "line" }, line), this.clips, this.head);
    this.names.replaceChildren(el("span"), ...sides.map((speaker) => el("span", { class: speaker }, this.nameOf(speaker))));
    this.drawClips();
  }

  drawWave(speaker) {
    const levels = levelsOf(speaker, this.wave, this.data.turns);
    const svg = document.createElementNS(SVG, "svg");
    // The last step may reach past the end of the call, as the call's length is that of its words and sounds.
    const steps = Math.max(1, this.data.duration / this.wave.step);
    Object.entries({ viewBox: `0 0 ${steps} 255`, preserveAspectRatio: "none", "aria-hidden": "true" })
      .forEach(([name, value]) => svg.setAttribute(name, value));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", wavePath(levels, speaker === "agent"));
    svg.append(path);
    return svg;
  }

  // All that speak on one lane have a name together.
  nameOf(speaker) {
    const names = new Set(this.data.turns.filter((turn) => turn.speaker === speaker).map((turn) => turn.name));
    return names.size === 1 ? [...names][0] : "Others";
  }

  // What leads somewhere: evidence, and what people said of moments.
  showMarks(items) {
    this.marks.replaceChildren(...items.filter((item) => item.start !== null).map((item) => el("button", {
      type: "button", class: `mark tone-${item.tone} ${item.faint ? "faint" : ""}`, style: `left:${this.percent(item.start)}`, tabindex: -1,
      title: item.title, "aria-label": `Listen: ${item.title}`,
      onclick: (event) => { event.stopPropagation(); this.hear(item); },
    }, icon(item.icon))));
  }

  showClips(clips) {
    this.clipped = clips;
    this.drawClips();
  }

  drawClips() {
    this.clips.replaceChildren(...(this.clipped ?? []).map((clip) => this.stretch(clip, {
      class: `clip ${clip.good === null ? "open" : clip.good ? "good" : "bad"}`, title: clip.title })));
  }

  place(seconds) {
    this.head.style.left = this.percent(seconds);
    this.lanes.setAttribute("aria-valuenow", Math.round(seconds));
    this.lanes.setAttribute("aria-valuetext", clock(seconds));
  }
}
