// Which key does what? One table: what is shown on `?` is what works.

// Keys belong to whoever types, and to whatever is open above the page.
function isTyping(event) {
  const node = event.composedPath()[0];
  if (!(node instanceof Element)) return false;
  return node.matches("input, textarea, select, [contenteditable], [role=textbox], [role=combobox]");
}

// A button that was reached by the Tab key is pressed by space and Enter, as everywhere.
function isPressing(event) {
  const node = event.composedPath()[0];
  return node instanceof Element && node.matches("button:focus-visible, a:focus-visible, summary:focus-visible, [role=tab]:focus-visible")
    && [" ", "Enter"].includes(event.key);
}

class Keys {
  // `groups()` gives what works now: [{title, keys: [{keys, words, run}]}]. `keys` are names as in KeyboardEvent.key.
  constructor(groups) {
    this.groups = groups;
    this.onKey = (event) => this.pressed(event);
    // First of all, as the page around has keys of its own: `r` would run it again.
    window.addEventListener("keydown", this.onKey, true);
    this.button = el("button", { type: "button", class: "keys-button", title: "All keys (?)", "aria-label": "All keys",
      onclick: () => this.toggle() }, "?");
    this.sheet = el("div", { class: "sheet", hidden: true, role: "dialog", "aria-label": "Keys" });
    this.sheet.onclick = (event) => { if (event.target === this.sheet) this.toggle(); };
  }

  close() {
    window.removeEventListener("keydown", this.onKey, true);
  }

  pressed(event) {
    if (isTyping(event) || isPressing(event) || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("[data-testid=stDialog], [role=dialog][aria-modal=true]")) return;
    let key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.shiftKey && key !== event.key.toLowerCase()) key = event.key;
    const name = event.shiftKey && /^[a-z]$/.test(key) ? `Shift+${key}` : key;
    if (!this.sheet.hidden && name === "Escape") { this.taken(event); this.toggle(); return; }
    if (name === "?") { this.taken(event); this.toggle(); return; }
    const entry = this.groups().flatMap((group) => group.keys).find((one) => one.keys.includes(name));
    if (!entry) return;
    this.taken(event);
    entry.run(name);
  }

  taken(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  toggle() {
    this.sheet.hidden = !this.sheet.hidden;
    if (this.sheet.hidden) return;
    const name = (key) => ({ " ": "space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc",
      "-": "−" })[key] ?? key.replace(/^Shift\+(.)$/, (_, letter) => `Shift ${letter}`);
    this.sheet.replaceChildren(el("div", { class: "sheet-body" },
      el("header", {}, el("h3", {}, "Keys"), el("button", { type: "button", onclick: () => this.toggle() }, "Close (Esc)")),
      el("div", { class: "sheet-groups" }, this.groups().map((group) => el("section", {},
        el("h4", {}, group.title),
        el("dl", {}, group.keys.map((one) => [
          el("dt", {}, (one.shown ?? one.keys).map((key) => el("kbd", {}, name(key)))), el("dd", {}, one.words)]))))),
      el("p", { class: "small quiet" }, "Keys do nothing while you type in a field. Esc leaves the field.")));
  }
}
