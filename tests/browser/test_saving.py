"""What a page keeps until the server has it is not thrown away by a page that was closed before."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SAVING = Path(__file__).parents[2] / "dashboard/widgets/web/saving.js"

TWO_PAGES = """async () => {
    const saved = { saved: ["first"], refused: {}, overtaken: {}, others: [], now: null };
    const asked = [];
    window.fetch = (_, request) => new Promise((resolve) => asked.push({ resolve, items: JSON.parse(request.body).items }));
    const review = { user: 3, save: "/desk" };
    const left = { at: Date.now(), items: [{ id: "first", kind: "answer", result: 1 }], drafts: {} };
    localStorage.setItem("attune-desk:3:call", JSON.stringify(left));
    const closed = new Outbox(() => {}, () => {});
    closed.open(review, "call");
    closed.close();
    const open = new Outbox(() => {}, () => {});
    open.open(review, "call");
    open.add({ kind: "answer", result: 2 });
    asked[0].resolve({ ok: true, json: async () => (saved) });
    await new Promise((resolve) => setTimeout(resolve, 0));
    return JSON.parse(localStorage.getItem("attune-desk:3:call") ?? "{}").items?.map((item) => item.result) ?? [];
}"""


def test_a_page_that_was_closed_while_it_was_saving_takes_nothing_from_the_one_that_is_open(browser: Browser) -> None:
    page = browser.new_page()
    script = f"<!doctype html><script>{SAVING.read_text()}</script>"
    page.route("http://desk.test/", lambda route: route.fulfill(body=script, content_type="text/html"))
    page.goto("http://desk.test/")
    assert page.evaluate(TWO_PAGES) == [1, 2]
    page.close()
