export default function ({ data, parentElement }) {
  rootOf(parentElement).replaceChildren(
    el("form", { method: "post", action: "/sign-out" },
      el("span", { class: "who" }, el("b", { title: data.name }, data.name), el("span", { class: "quiet small" }, data.role)),
      el("a", { href: "/my-sign-in", target: "_self", title: "Change your password, or sign out everywhere" }, "My sign-in"),
      el("button", { type: "submit" }, "Sign out")));
}
