// What a reviewer does is kept here until the server has confirmed it, so that a lost connection, a reload or a session
// that ended loses nothing: it stands in the browser's own store under whose it is, and goes away once it is saved.

const HEARTBEAT_MS = 10_000;
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const KEPT_DAYS = 6; // the server knows for a week what was sent already
const STORE = "attune-desk:";

function newName() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function forgetOld() {
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(STORE))) {
    try {
      const age = Date.now() - JSON.parse(localStorage.getItem(key)).at;
      if (!(age < KEPT_DAYS * 86_400_000)) localStorage.removeItem(key);
    } catch {
      localStorage.removeItem(key);
    }
  }
}

class Outbox {
  // `heard(answer)` is told what the server said, `changed()` that what waits has changed.
  constructor(heard, changed) {
    this.heard = heard;
    this.changed = changed;
    this.items = [];
    this.drafts = {};
    this.failures = 0;
    this.trouble = "";
    this.onOnline = () => this.send();
    this.onLeave = (event) => { if (this.items.some((item) => !item.held)) event.preventDefault(); };
    window.addEventListener("online", this.onOnline);
    window.addEventListener("beforeunload", this.onLeave);
  }

  close() {
    clearTimeout(this.timer);
    this.address = null;
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("beforeunload", this.onLeave);
  }

  // Whose and which call's; what was left from before is taken up and sent.
  open(review, call) {
    const key = `${STORE}${review.user}:${call}`;
    if (this.key === key) return;
    this.key = key;
    this.address = review.save;
    this.failures = 0;
    forgetOld();
    const left = JSON.parse(localStorage.getItem(key) ?? "{}");
    this.items = left.items ?? [];
    this.drafts = left.drafts ?? {};
    this.send();
  }

  keep() {
    try {
      if (this.items.length || Object.keys(this.drafts).length) {
        localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), items: this.items, drafts: this.drafts }));
      } else {
        localStorage.removeItem(this.key);
      }
    } catch { /* a full or forbidden store: what waits is then kept by this page alone */ }
    this.changed();
  }

  add(item) {
    // Of two answers to one question that both wait, only the later is meant.
    if (item.kind === "answer") this.items = this.items.filter((one) => one.result !== item.result || one.sent);
    this.items.push({ id: newName(), ...item });
    this.keep();
    this.send();
  }

  drop(id) {
    this.items = this.items.filter((item) => item.id !== id);
    this.keep();
  }

  draft(result, draft) {
    if (draft) this.drafts[result] = draft;
    else delete this.drafts[result];
    this.keep();
  }

  pending(result) {
    return this.items.findLast((item) => item.kind === "answer" && item.result === result);
  }

  get waiting() {
    return this.items.filter((item) => !item.held).length;
  }

  async send() {
    clearTimeout(this.timer);
    if (!this.address) return;
    if (this.sending) { this.again = true; return; }
    this.sending = true;
    const { key } = this;
    const items = this.items.filter((item) => !item.held).slice(0, 50);
    for (const item of items) item.sent = true;
    let wait = HEARTBEAT_MS;
    try {
      const answer = await fetch(this.address, { method: "POST", credentials: "same-origin",
        headers: { "Content-Type": "application/json" }, body: JSON.stringify({ items, mark: this.mark?.() ?? null }) });
      // A page that was closed meanwhile keeps nothing: what is kept is another one's now, which sends it again.
      if (key !== this.key || !this.address) return;
      if (answer.ok) {
        this.failures = 0;
        this.trouble = "";
        this.took(await answer.json());
      } else {
        this.trouble = answer.status === 401
          ? "You are signed out. What you did is kept in this browser: sign in again in another tab."
          : (answer.status >= 500 ? "" : await answer.text());
        wait = this.failed(items);
      }
    } catch {
      this.trouble = "";
      wait = this.failed(items);
    } finally {
      this.sending = false;
    }
    this.changed();
    if (this.again) { this.again = false; wait = 0; }
    this.timer = setTimeout(() => this.send(), wait);
  }

  failed(items) {
    for (const item of items) delete item.sent;
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
    this.failures += 1;
    return wait;
  }

  took(answer) {
    const gone = new Set([...answer.saved, ...Object.keys(answer.refused)]);
    const refused = this.items.filter((item) => item.id in answer.refused);
    for (const item of this.items) {
      if (item.id in answer.overtaken) { item.held = answer.overtaken[item.id]; delete item.sent; }
    }
    this.items = this.items.filter((item) => !gone.has(item.id));
    if (gone.size || Object.keys(answer.overtaken).length) this.keep();
    this.heard(answer, refused.map((item) => ({ item, why: answer.refused[item.id] })));
  }
}
