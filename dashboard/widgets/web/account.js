export default function ({ data, parentElement }) {
  rootOf(parentElement).replaceChildren(
    el("form", { method: "post", action: "/sign-out" },
      el("span", { class: "who" }, el("b", { title: data.name }, data.name), el("span", { class: "quiet small" }, data.role)),
      el("button", { type: "submit" }, "Sign out")));
}
