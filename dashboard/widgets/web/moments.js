const BEFORE_SECONDS = 2;
const AFTER_SECONDS = 0.6;

// One recording sounds at a time: starting a moment stops the one before.
class Heard {
  constructor() {
    this.audio = el("audio", { preload: "none" });
    this.button = null;
    this.until = null;
    this.audio.addEventListener("timeupdate", () => {
      if (this.until !== null && this.audio.currentTime >= this.until) this.stop();
    });
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.addEventListener("error", () => this.trouble());
  }

  toggle(button, call, start, end) {
    if (this.button === button) { this.stop(); return; }
    this.stop();
    this.button = button;
    this.until = end === null ? null : end + AFTER_SECONDS;
    const from = Math.max(0, start - BEFORE_SECONDS);
    const source = `/audio/${encodeURIComponent(call)}`;
    const begin = () => { this.audio.currentTime = from; this.audio.play().catch(() => {}); };
    if (this.audio.getAttribute("src") !== source) {
      this.audio.setAttribute("src", source);
      this.audio.addEventListener("loadedmetadata", begin, { once: true });
      this.audio.load();
    } else begin();
    mark(button, true);
  }

  stop() {
    this.audio.pause();
    if (this.button) mark(this.button, false);
    this.button = null;
    this.until = null;
  }

  trouble() {
    if (!this.button) return;
    this.button.disabled = true;
    this.button.title = "The recording cannot be played; the words are still here.";
    this.stop();
  }
}

function mark(button, playing) {
  button.replaceChildren(icon(playing ? "pause" : "play"), button.dataset.words);
  button.setAttribute("aria-label", `${playing ? "Stop" : "Play"} ${button.dataset.words}`);
}

function drawPiece(piece, item, heard) {
  const place = [];
  if (piece.start !== null && item.recorded) {
    const button = el("button", { type: "button", class: "play", "data-words": clock(piece.start) });
    button.onclick = () => heard.toggle(button, item.call, piece.start, piece.end);
    mark(button, false);
    place.push(button);
  } else if (piece.start !== null) place.push(el("span", { class: "quiet small at" }, clock(piece.start)));
  return el("li", { class: "piece" }, place,
    el("span", {}, piece.quote && el("q", {}, piece.quote), piece.quote && piece.why && " ",
      piece.why && el("span", { class: piece.quote ? "quiet small" : "" }, piece.why)));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const heard = (parentElement.heard ??= new Heard());
  heard.stop();
  const items = data.items.map((item) => {
    const open = () => setTriggerValue("chosen", item.id);
    return el("li", { class: "item" },
      el("p", { class: "head" }, item.tone && chip(item.tone, item.words), item.title && el("b", {}, item.title),
        item.points && el("span", { class: "quiet small points" }, item.points)),
      item.pieces.length ? el("ul", {}, item.pieces.map((piece) => drawPiece(piece, item, heard))) : null,
      item.notes.map((note) => el("p", { class: "note small" }, note)),
      item.href && el("p", { class: "small" }, follow(el("a", { href: item.href }, item.link), open)));
  });
  root.replaceChildren(heard.audio, el("ul", { class: "items", "aria-label": data.caption }, items));
  return () => heard.stop();
}
