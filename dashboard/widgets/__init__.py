"""What pages are drawn with: each widget turns values into one element, and knows nothing of the database.

The parts that run in the browser stand in `web/`, one script and one style sheet a widget, with `common.js` and
`common.css` before each. They put text into the page as text nodes only, so that nothing a customer said can act.
"""
