// One call on one screen: the recording, its words, and what the scorecards say, all of it by the keyboard.

class Desk {
  constructor(parent) {
    this.keys = new Keys(() => (this.data ? this.keyGroups() : []));
    this.cards = new Scorecards(this);
    this.player = new Player(null, this.keys.button);
    rootOf(parent).replaceChildren(el("div", { class: "desk" }, this.player.top,
      el("div", { class: "words" }, this.player.list, this.legend = el("p", { class: "legend small quiet" })), this.cards.node),
      this.keys.sheet);
    this.parent = parent;
  }

  close() {
    this.player.close();
    this.keys.close();
  }

  show(data, ask) {
    this.data = data;
    this.correct = data.may_correct ? (id) => ask("correct", id) : null;
    this.player.ask = data.may_correct ? { speaker: (n) => ask("speaker", n), mark: (n) => ask("mark", n) } : null;
    this.player.show(data.player);
    this.cards.show(data);
    this.drawLegend(data.player);
  }

  listen(start, turn) {
    this.player.play(start, turn);
  }

  showEvidence(evidence) {
    this.player.showEvidence(evidence);
  }

  drawLegend(data) {
    this.legend.replaceChildren(...[
      data.turns.some((turn) => turn.doubts.length) && el("span", {}, el("span", { class: "doubt" }, "dotted"), " heard with doubt"),
      data.audio && el("span", {}, "click a word to hear it"),
    ].filter(Boolean));
  }

  keyGroups() {
    const { player, cards } = this;
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
    return [
      ...(this.data.player.audio ? [{ title: "Listening", keys: listening }] : []),
      { title: "Questions", keys: [
        ...(this.data.may_correct ? questions : []),
        { keys: ["e"], words: "Next piece of evidence", run: () => cards.nextEvidence(1) },
        { keys: ["Shift+e"], words: "Piece of evidence before", run: () => cards.nextEvidence(-1) },
        { keys: ["."], words: "Next scorecard", run: () => cards.nextCard(1) },
        { keys: [","], words: "Scorecard before", run: () => cards.nextCard(-1) },
      ] },
    ];
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
